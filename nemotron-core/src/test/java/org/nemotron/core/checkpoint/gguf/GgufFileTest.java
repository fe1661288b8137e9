package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.Fuzzing;
import org.nemotron.core.checkpoint.GgufModelWriter;
import org.nemotron.core.checkpoint.LetterModels;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class GgufFileTest {
  private static final int MUTANTS = Integer.getInteger("fuzz.mutants", 1000);

  /** One mutant of so many is also loaded. */
  private static final int LOADED = 10;

  private static final String HINT = ".\nMaybe the file was not copied or downloaded whole.";

  private Path file;

  @BeforeEach
  void name(@TempDir Path directory) {
    file = directory.resolve("model.gguf");
  }

  private static GgufWriter writer() {
    return new GgufWriter()
        .put("text", GgufValue.of("naïve"))
        .put("flag", GgufValue.of(true))
        .put("count", GgufValue.of(4_000_000_000L))
        .put("number", GgufValue.of(0.1))
        .put("texts", new GgufValue.Texts(ImmutableList.of("", "a")))
        .put(
            "wholes", new GgufValue.Wholes(GgufValue.WholeType.INT32, ImmutableLongArray.of(-1, 7)))
        .put("reals", new GgufValue.Reals(8, ImmutableDoubleArray.of(0.1, -2)));
  }

  private static GgufTensor tensor(String name, GgufType type, float... values) {
    return new GgufTensor(
        name,
        type,
        ImmutableList.of((long) values.length),
        GgufRows.of(() -> Tensors.of(values, values.length)));
  }

  @Test
  void open_valuesOfEveryKind_areReadBack() throws IOException {
    writer().write(file);
    try (GgufFile read = GgufFile.open(file)) {
      assertThat(read.values().get("text")).isEqualTo(GgufValue.of("naïve"));
      assertThat(read.values().get("flag")).isEqualTo(GgufValue.of(true));
      assertThat(read.values().get("count")).isEqualTo(GgufValue.of(4_000_000_000L));
      assertThat(read.values().get("number")).isEqualTo(new GgufValue.Real(4, (double) 0.1f));
      assertThat(read.values().get("texts"))
          .isEqualTo(new GgufValue.Texts(ImmutableList.of("", "a")));
      assertThat(read.values().get("wholes"))
          .isEqualTo(new GgufValue.Wholes(GgufValue.WholeType.INT32, ImmutableLongArray.of(-1, 7)));
      assertThat(read.values().get("reals"))
          .isEqualTo(new GgufValue.Reals(8, ImmutableDoubleArray.of(0.1, -2)));
    }
  }

  @Test
  void write_q8_isOneScaleAndABytePerElement() throws IOException {
    float[] values = new float[32];
    values[0] = 127;
    values[1] = -63.5f;
    values[31] = 0.4f;
    ByteBuffer block =
        ByteBuffer.wrap(QuantizedBlocks.quantize(GgufType.Q8_0, values))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(block.remaining()).isEqualTo(34);
    // The half 1.0.
    assertThat(block.getShort(0)).isEqualTo((short) 0x3C00);
    assertThat(block.get(2)).isEqualTo((byte) 127);
    // Halves are rounded away from zero.
    assertThat(block.get(3)).isEqualTo((byte) -64);
    assertThat(block.get(33)).isEqualTo((byte) 0);
  }

  @Test
  void write_q4_isOneScaleAndHalfABytePerElement() {
    float[] values = new float[32];
    values[0] = 8;
    values[1] = -7;
    values[16] = -2;
    ByteBuffer block =
        ByteBuffer.wrap(QuantizedBlocks.quantize(GgufType.Q4_0, values))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(block.remaining()).isEqualTo(18);
    // The half -1.0: the greatest element is level -8.
    assertThat(block.getShort(0)).isEqualTo((short) 0xBC00);
    // Element 0 in the low half, element 16 in the high one: levels -8 and 2.
    assertThat(block.get(2)).isEqualTo((byte) (0 | 10 << 4));
    assertThat(block.get(3)).isEqualTo((byte) (15 | 8 << 4));
  }

  @Test
  void of_everyHalf_isTheNearest() {
    for (float value : new float[] {0, 1, -2.5f, 65504, 6.1e-5f, 5.96e-8f, 1e-9f, 0.1f, 2049}) {
      try (NativeScope scope = NativeScope.open()) {
        float nearest =
            Tensors.floats(Tensors.cast(Tensors.of(new float[] {value}, 1), DType.FLOAT16))[0];
        short bits = HalfFloats.of(value);
        assertThat(half(bits)).as("%s", value).isEqualTo(nearest);
      }
    }
  }

  /** Reads a half by its definition. */
  private static float half(short bits) {
    int exponent = bits >> 10 & 0x1F;
    int fraction = bits & 0x3FF;
    double magnitude =
        exponent == 0 ? fraction * 0x1p-24 : (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);
    return (float) (bits < 0 ? -magnitude : magnitude);
  }

  @Test
  void write_weightTooLargeForTheType_isRefused() {
    assertThatThrownBy(() -> writer().add(tensor("w", GgufType.F16, 1e9f)).write(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tensor w holds weights that are not finite as F16");
    assertThat(file).doesNotExist();
  }

  @Test
  void open_missingFile_isNamed() {
    assertRefused(file + " is missing");
  }

  @Test
  void open_otherFile_isRefused() throws IOException {
    Files.writeString(file, "PK, and something else");
    assertRefused(file + ": the file must begin with GGUF" + HINT);
  }

  @Test
  void open_truncated_isRefused() throws IOException {
    writer().add(tensor("w", GgufType.F32, 1, 2, 3)).write(file);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 32));
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + ": tensor w: its 12 bytes at 0 end beyond the file" + HINT);
  }

  /** Cut at some byte, as large files were once published. */
  @Test
  void open_pieceOfAFile_isNamedWithTheWayOut(@TempDir Path directory) throws IOException {
    String hint =
        ".\nMaybe the file is a piece of one: join all pieces in order, cat PIECES > model.gguf.";
    writer().add(tensor("w", GgufType.F32, 1, 2, 3)).write(file);
    byte[] bytes = Files.readAllBytes(file);
    for (String name : ImmutableList.of("m.gguf-split-a", "m.gguf.part1of2", "m.gguf.part-aa")) {
      Path first = directory.resolve(name);
      Files.write(first, Arrays.copyOf(bytes, bytes.length - 32));
      assertThatThrownBy(() -> GgufFile.open(first))
          .isInstanceOf(CheckpointFormatException.class)
          .hasMessage(first + ": tensor w: its 12 bytes at 0 end beyond the file" + hint);
    }
    Path second = directory.resolve("m.gguf-split-b");
    Files.write(second, new byte[64]);
    assertThatThrownBy(() -> GgufFile.open(second))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(second + ": the file must begin with GGUF" + hint);
  }

  @Test
  void open_absurdCounts_areRefusedBeforeAnythingIsMade() throws IOException {
    Files.write(file, header(1L << 60, 0));
    assertRefused(
        file + ": 1152921504606846976 tensors are announced, but only 16 bytes follow" + HINT);
    Files.write(file, header(0, -1));
    assertRefused(
        file + ": 18446744073709551615 keys are announced, but only 16 bytes follow" + HINT);
  }

  @Test
  void tensor_afterClose_isRefused() throws IOException {
    writer().add(tensor("w", GgufType.F32, 1)).write(file);
    GgufFile closed = GgufFile.open(file);
    closed.close();
    assertThatThrownBy(() -> closed.tensor("w"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(file + " is closed");
  }

  /** A fuzz run of a million noticed a message per number that nobody would read. */
  @Test
  void open_longListOfNumbers_takesLittleMoreThanTheNumbers() throws IOException {
    int count = 1 << 20;
    ImmutableLongArray numbers = ImmutableLongArray.copyOf(LongStream.range(0, count));
    writer().put("list", new GgufValue.Wholes(GgufValue.WholeType.INT64, numbers)).write(file);
    GgufFile.open(file).close();
    long before = Fuzzing.allocatedBytes();
    GgufFile.open(file).close();
    assertThat(Fuzzing.allocatedBytes() - before)
        .isBetween(8L * count, 8L * count + Fuzzing.OVERHEAD_BYTES);
  }

  private static byte[] header(long tensors, long values) {
    return ByteBuffer.allocate(40)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("GGUF".getBytes(StandardCharsets.US_ASCII))
        .putInt(3)
        .putLong(tensors)
        .putLong(values)
        .array();
  }

  @Test
  void open_mutants_areReadWithinTheFileOrRefused(@TempDir Path directory) throws IOException {
    LetterModels.writeTokenizer(directory);
    try (HeterogeneousModel model =
        LetterModels.model(LetterModels.spec("irregular, tied, llama3 rope"), 1)) {
      GgufModelWriter.write(model, file, GgufType.Q8_0, directory);
    }
    byte[] valid = Files.readAllBytes(file);
    int header = headerBytes(valid);
    SplittableRandom random = new SplittableRandom(20261122);
    int refused = 0;
    for (int mutant = 0; mutant < MUTANTS; mutant++) {
      Files.write(file, mutated(valid, header, random));
      try {
        assertThat(ModelSpecReader.read(file).layers()).isPositive();
        if (mutant % LOADED == 0) {
          ModelReader.read(file, DType.FLOAT32, Device.CPU).close();
        }
      } catch (CheckpointFormatException e) {
        assertThat(e).hasMessageStartingWith(file.toString());
        refused++;
      }
    }
    // What remains are changed texts, tokens and elements.
    assertThat(refused).isBetween(MUTANTS / 5, MUTANTS - 1);
  }

  /** Returns where the elements begin. */
  private static int headerBytes(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    return text.lastIndexOf("blk.5.ffn_down.weight") + 64;
  }

  private static byte[] mutated(byte[] valid, int header, SplittableRandom random) {
    byte[] result = valid.clone();
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      int at = random.nextInt(Math.min(result.length, header));
      switch (random.nextInt(4)) {
        case 0 -> result[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> result = Arrays.copyOf(result, at + 1);
        case 2 -> Arrays.fill(result, at, Math.min(result.length, at + 8), (byte) 0xFF);
        default -> result[at] = (byte) random.nextInt(256);
      }
    }
    return result;
  }

  private void assertRefused(String sentence) {
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(sentence);
  }

  @Test
  void writer_keyOrTensorTwice_isRefused() {
    assertThatThrownBy(() -> writer().put("text", GgufValue.of(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("key text is given twice");
    GgufWriter writer = writer().add(tensor("w", GgufType.F32, 1));
    assertThatThrownBy(() -> writer.add(tensor("w", GgufType.F32, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor w is added twice");
  }

  @Test
  void writer_nameThatLlamaCppCannotKeep_isRefused() throws IOException {
    String longest = "n".repeat(63);
    writer().add(tensor(longest, GgufType.F32, 1)).write(file);
    try (GgufFile read = GgufFile.open(file)) {
      assertThat(read.names()).containsExactly(longest);
    }
    assertThatThrownBy(() -> writer().add(tensor(longest + "n", GgufType.F32, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor name " + longest + "n must not have more than 63 bytes");
  }

  @Test
  void write_weightsBeyondAScaleInHalfPrecision_areRefused() {
    float[] values = new float[32];
    values[3] = -6e5f;
    for (GgufType type : ImmutableList.of(GgufType.Q4_0, GgufType.Q8_0)) {
      assertThatThrownBy(() -> writer().add(tensor("w", type, values)).write(file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("tensor w holds weights that are too large for " + type);
    }
    values[3] = Float.NaN;
    assertThatThrownBy(() -> writer().add(tensor("w", GgufType.Q8_0, values)).write(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tensor w holds weights that are not finite as Q8_0");
  }

  /** Rows go to the file a few million elements at a time. */
  @Test
  void write_tensorOfSeveralPieces_isWrittenWhole() throws IOException {
    long columns = 700_001;
    float[] values = new float[(int) (7 * columns)];
    for (int index = 0; index < values.length; index++) {
      values[index] = index % 8191;
    }
    new GgufWriter()
        .add(
            new GgufTensor(
                "w",
                GgufType.F32,
                ImmutableList.of(7L, columns),
                GgufRows.of(() -> Tensors.of(values, 7, columns))))
        .write(file);
    try (NativeScope scope = NativeScope.open();
        GgufFile read = GgufFile.open(file)) {
      assertThat(read.tensor("w").equal(Tensors.of(values, 7, columns))).isTrue();
    }
  }
}
