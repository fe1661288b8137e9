package org.nemotron.core.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.Checkpoints;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class SafetensorsFileTest {
  private static final String NOT_WHOLE = ".\nMaybe the file was not copied or downloaded whole.";
  private static final int MUTANTS = Integer.getInteger("fuzz.mutants", 1000);

  private Path file;

  @BeforeEach
  void nameFile(@TempDir Path directory) {
    file = directory.resolve("x.safetensors");
  }

  @Test
  void metadata_null_isNone() throws IOException {
    String header =
        "{\"__metadata__\":null,\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}";
    Files.write(file, Checkpoints.safetensors(header, 4));
    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.metadata()).isEmpty();
      assertThat(read.names()).containsExactly("w");
    }
  }

  @Test
  void tensor_valuesOfEveryType_areReadInRowMajorOrder() throws IOException {
    String header =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
            + "\"h\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[16,20]},"
            + "\"s\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[20,22]},"
            + "\"i\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[22,30]}}";
    byte[] bytes = Checkpoints.safetensors(header, 30);
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    data.position(bytes.length - 30);
    data.putFloat(1).putFloat(-2).putFloat(0.5f).putFloat(1e30f);
    data.putShort((short) 0x3F80).putShort((short) 0xC000).putShort((short) 0x3C00);
    data.putLong(1L << 40);
    Files.write(file, bytes);
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(Tensors.floats(read.tensor("w"))).containsExactly(1, -2, 0.5f, 1e30f);
      assertThat(read.tensor("w").shape()).containsExactly(2, 2);
      assertThat(Tensors.floats(read.tensor("h"))).containsExactly(1, -2);
      assertThat(read.tensor("s").item_double()).isEqualTo(1);
      assertThat(read.tensor("s").shape()).isEmpty();
      // This one does not begin at a multiple of its element size.
      assertThat(Tensors.longs(read.tensor("i"))).containsExactly(1L << 40);
      assertThat(read.names()).containsExactly("w", "h", "s", "i");
      assertThat(read.shape("w")).containsExactly(2L, 2L);
      assertThat(read.dtype("h")).isEqualTo(DType.BFLOAT16);
    }
  }

  @Test
  void tensor_beyondTwoGibibytes_isMappedWhole() throws IOException {
    long elements = 600_000_000;
    String header =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":["
            + elements
            + "],\"data_offsets\":[0,"
            + 4 * elements
            + "]}}";
    header += " ".repeat(-header.length() & 7);
    Files.write(file, Checkpoints.safetensors(header, 0));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      // All but the last element is a hole, which takes no space on the disk.
      ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(7).flip();
      int unused = channel.write(last, channel.size() + 4 * (elements - 1));
    }
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.tensor("w").narrow(0, elements - 1, 1).item_double()).isEqualTo(7);
    }
  }

  @Test
  void tensor_fileClosed_isStillReadable() throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      Tensor written = Checkpoints.normal(new SplittableRandom(7), ImmutableList.of(13L, 17L));
      new SafetensorsWriter().add("w", written).write(file);
      SafetensorsFile read = SafetensorsFile.open(file);
      Tensor view = read.tensor("w");
      read.close();
      Files.delete(file);
      assertThat(view.equal(written)).isTrue();
    }
  }

  @Test
  void tensor_noElements_isEmpty() throws IOException {
    Files.write(
        file,
        Checkpoints.safetensors(
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[0,0]}}", 0));
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.tensor("w").shape()).containsExactly(0, 3);
    }
  }

  @Test
  void tensor_closedFile_isRefused() throws IOException {
    Files.write(file, valid());
    SafetensorsFile read = SafetensorsFile.open(file);
    read.close();
    assertThatThrownBy(() -> read.tensor("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(file + " is closed");
  }

  @Test
  void tensor_unknownName_isRefused() throws IOException {
    Files.write(file, valid());
    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThatThrownBy(() -> read.tensor("z"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(file + " has no tensor called z");
    }
  }

  @Test
  void tensor_typeWithoutArithmetic_isRefusedByName() throws IOException {
    Files.write(
        file,
        Checkpoints.safetensors(
            "{\"w\":{\"dtype\":\"F8_E5M2\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3));
    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThatThrownBy(() -> read.tensor("w"))
          .isInstanceOf(CheckpointFormatException.class)
          .hasMessage(
              file
                  + ": tensor w: dtype F8_E5M2 is not supported; F32, F16, BF16, F8_E4M3, I64 and I32 are");
    }
  }

  @Test
  void metadata_textsOfTheWriter_areGiven() throws IOException {
    new SafetensorsWriter().metadata("made by", "a test").write(file);
    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.metadata()).isEqualTo(ImmutableMap.of("format", "pt", "made by", "a test"));
    }
  }

  @Test
  void open_missingFile_isNamed() {
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + " is missing");
  }

  @Test
  void open_fewerThanEightBytes_isRefused() throws IOException {
    Files.write(file, new byte[] {1, 2, 3});
    assertRefused("the file has 3 bytes but a header begins with 8");
  }

  @Test
  void open_truncatedData_isRefused() throws IOException {
    byte[] bytes = valid();
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertRefused("the tensors need 20 bytes but the file has 19 after the header");
  }

  @Test
  void open_truncatedHeader_isRefused() throws IOException {
    byte[] bytes = valid();
    Files.write(file, java.util.Arrays.copyOf(bytes, 40));
    assertRefused(
        "the header is said to have "
            + (bytes.length - 28)
            + " bytes, but the file has 40 and a header at most 100000000");
  }

  @Test
  void open_headerLengthBeyondTheFile_isRefusedBeforeAllocating() throws IOException {
    byte[] bytes = valid();
    System.arraycopy(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}, 0, bytes, 0, 8);
    Files.write(file, bytes);
    assertRefused(
        "the header is said to have 18446744073709551615 bytes, but the file has "
            + bytes.length
            + " and a header at most 100000000");
  }

  @Test
  void open_notJson_isRefused() throws IOException {
    Files.write(file, Checkpoints.safetensors("[1,", 0));
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(file + ": the header is not valid JSON (")
        .hasMessageEndingWith(NOT_WHOLE);
  }

  @Test
  void open_jsonList_isRefused() throws IOException {
    Files.write(file, Checkpoints.safetensors("[]", 0));
    assertRefused("the header must be a JSON object");
  }

  @Test
  void open_notUtf8_isRefused() throws IOException {
    byte[] bytes = "{\"a\":1}".getBytes(StandardCharsets.ISO_8859_1);
    bytes[2] = (byte) 0xFF;
    Files.write(file, com.google.common.primitives.Bytes.concat(length(bytes.length), bytes));
    assertRefused("the header is not valid UTF-8");
  }

  @Test
  void open_sameNameTwice_isRefused() throws IOException {
    String entry = "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}";
    Files.write(file, Checkpoints.safetensors("{" + entry + "," + entry + "}", 1));
    assertRefused("the header is not valid JSON (Duplicate field 'a')");
  }

  @Test
  void open_unknownType_isRefusedByName() throws IOException {
    write("Q3_K", "[1]", "[0,1]", 1);
    assertRefused(
        "tensor a: dtype (Q3_K) must be one of [F64, F32, F16, BF16, F8_E4M3, F8_E5M2, F8_E8M0,"
            + " C64, I64, I32, I16, I8, U64, U32, U16, U8, BOOL]");
  }

  @Test
  void open_shapeAndBytesDisagree_isRefused() throws IOException {
    write("F32", "[2,3]", "[0,20]", 20);
    assertRefused("tensor a: shape [2, 3] of F32 does not fit 20 bytes");
  }

  @Test
  void open_absurdShape_isRefusedBeforeAllocating() throws IOException {
    write("F32", "[4294967296,4294967296]", "[0,0]", 0);
    assertRefused("tensor a: shape [4294967296, 4294967296] is too large");
  }

  /** Found by the millionth part of a fuzz run: LibTorch counts steps even where nothing is. */
  @Test
  void open_absurdShapeOfNoElements_isRefused() throws IOException {
    write("F16", "[0,9223372036854775807,9223372036854775807]", "[0,0]", 0);
    assertRefused("tensor a: shape [0, 9223372036854775807, 9223372036854775807] is too large");
  }

  @Test
  void open_negativeSize_isRefused() throws IOException {
    write("F32", "[-1]", "[0,4]", 4);
    assertRefused("tensor a: shape must hold whole numbers from 0 to 2^63 - 1, not -1");
  }

  @Test
  void open_offsetsInReverse_areRefused() throws IOException {
    write("F32", "[1]", "[4,0]", 4);
    assertRefused("tensor a: data_offsets [4, 0] must be a begin and an end after it");
  }

  @Test
  void open_offsetsMissing_areRefused() throws IOException {
    Files.write(file, Checkpoints.safetensors("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1));
    assertRefused("tensor a: data_offsets must be a list");
  }

  @Test
  void open_hole_isRefused() throws IOException {
    write("F32", "[1]", "[4,8]", 8);
    assertRefused("tensor a: begins at byte 4 but the tensor before it ends at 0");
  }

  @Test
  void open_overlap_isRefused() throws IOException {
    String header =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}";
    Files.write(file, Checkpoints.safetensors(header, 7));
    assertRefused("tensor b: begins at byte 3 but the tensor before it ends at 4");
  }

  @Test
  void open_bytesBehindTheTensors_areRefused() throws IOException {
    write("F32", "[1]", "[0,4]", 5);
    assertRefused("the tensors need 4 bytes but the file has 5 after the header");
  }

  @Test
  void open_metadataNotTexts_isRefused() throws IOException {
    Files.write(file, Checkpoints.safetensors("{\"__metadata__\":{\"a\":1}}", 0));
    assertRefused("__metadata__ a must be a text");
  }

  @Test
  void open_mutants_areReadWithinTheFileOrRefused() throws IOException {
    SplittableRandom random = new SplittableRandom(20261122);
    int refused = 0;
    for (int mutant = 0; mutant < MUTANTS; mutant++) {
      Files.write(file, mutated(valid(), random));
      try (NativeScope scope = NativeScope.open();
          SafetensorsFile read = SafetensorsFile.open(file)) {
        for (String name : read.names()) {
          sum(read, name);
        }
      } catch (CheckpointFormatException e) {
        assertThat(e).hasMessageStartingWith(file.toString());
        refused++;
      }
    }
    // Most damage must be seen; what remains are changed names, texts and elements.
    assertThat(refused).isBetween(MUTANTS / 2, MUTANTS - 1);
  }

  private static void sum(SafetensorsFile file, String name) throws IOException {
    try {
      assertThat(file.tensor(name).sum()).isNotNull();
    } catch (CheckpointFormatException e) {
      assertThat(e)
          .hasMessageContaining("is not supported; F32, F16, BF16, F8_E4M3, I64 and I32 are");
    }
  }

  /** Returns {@code bytes} with one to three changes: most in the header, some in the length. */
  private static byte[] mutated(byte[] bytes, SplittableRandom random) {
    byte[] result = bytes;
    for (int change = random.nextInt(3); change >= 0; change--) {
      int at = random.nextInt(random.nextInt(8) == 0 ? Math.min(8, result.length) : result.length);
      switch (random.nextInt(5)) {
        case 0 -> result[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> result[at] = (byte) "0123456789[]{},:\"-eE.".charAt(random.nextInt(21));
        case 2 -> result = java.util.Arrays.copyOf(result, at + 1);
        case 3 -> result = without(result, at);
        default -> result[at] = (byte) random.nextInt(256);
      }
    }
    return result;
  }

  private static byte[] without(byte[] bytes, int at) {
    byte[] rest = java.util.Arrays.copyOf(bytes, Math.max(1, bytes.length - 1));
    System.arraycopy(bytes, Math.min(at + 1, bytes.length), rest, at, bytes.length - at - 1);
    return rest;
  }

  private static byte[] valid() {
    return Checkpoints.safetensors(
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
            + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[16,20]}}",
        20);
  }

  private static byte[] length(int value) {
    return ByteBuffer.wrap(Longs.toByteArray(Long.reverseBytes(value))).array();
  }

  private void write(String dtype, String shape, String offsets, int dataBytes) throws IOException {
    String header =
        "{\"a\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
            .formatted(dtype, shape, offsets);
    Files.write(file, Checkpoints.safetensors(header, dataBytes));
  }

  private void assertRefused(String what) {
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + ": " + what + NOT_WHOLE);
  }
}
