package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.io.LittleEndianDataOutputStream;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Headers made byte by byte: what they may say, and what they may not. */
final class GgufHeaderTest {
  private static final String HINT = ".\nMaybe the file was not copied or downloaded whole.";
  private static final String OTHER_VERSION =
      ".\nMaybe the model is also published as GGUF of version 3.";
  private static final String OTHER_TYPE =
      " is not supported; F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K,"
          + " Q6_K, Q8_K, IQ4_NL, IQ4_XS are.\n"
          + "Maybe the model is also published as F16, BF16, Q8_0, Q4_K_M or Q4_0.";

  private static final int ALIGNMENT = 32;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final LittleEndianDataOutputStream out = new LittleEndianDataOutputStream(bytes);
  private Path file;

  @BeforeEach
  void name(@TempDir Path directory) {
    file = directory.resolve("model.gguf");
  }

  private void begin(int version, long tensors, long values) throws IOException {
    out.write("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeInt(version);
    out.writeLong(tensors);
    out.writeLong(values);
  }

  private void text(String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeLong(utf8.length);
    out.write(utf8);
  }

  private void key(String name, GgufValue value) throws IOException {
    text(name);
    out.writeInt(value.code());
    value.writeTo(out);
  }

  private void entry(String name, int type, long offset, long... sizes) throws IOException {
    text(name);
    out.writeInt(sizes.length);
    for (long size : sizes) {
      out.writeLong(size);
    }
    out.writeInt(type);
    out.writeLong(offset);
  }

  /** Fills up to where tensors begin, and writes their bytes. */
  private void data(int... data) throws IOException {
    out.write(new byte[-bytes.size() & (ALIGNMENT - 1)]);
    for (int one : data) {
      out.write(one);
    }
  }

  private GgufFile open() throws IOException {
    Files.write(file, bytes.toByteArray());
    bytes.reset();
    return GgufFile.open(file);
  }

  private void assertRefused(String sentence) {
    assertThatThrownBy(this::open)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + ": " + sentence);
  }

  @Test
  void open_versionTwoOrThree_isReadAndNoOther() throws IOException {
    for (int version : new int[] {2, 3}) {
      begin(version, 0, 0);
      try (GgufFile read = open()) {
        assertThat(read.names()).isEmpty();
      }
    }
    begin(1, 0, 0);
    assertRefused("version 1 is not supported; 2 and 3 are" + OTHER_VERSION);
    begin(4, 0, 0);
    assertRefused("version 4 is not supported; 2 and 3 are" + OTHER_VERSION);
  }

  @Test
  void open_bigEndianFile_isNamedWithTheWayOut() throws IOException {
    begin(Integer.reverseBytes(3), 0, 0);
    assertRefused(
        "the file is big-endian (version 3), which is not supported; little-endian files are.\n"
            + "Maybe convert it: pip install gguf, then gguf-convert-endian FILE little.");
  }

  @Test
  void open_whatIsOftenMistakenForAFile_isNamed() throws IOException {
    assertMistaken(
        "version https://git-lfs.github.com/spec/v1\noid sha256:5a5a\nsize 988097824\n",
        "the file is a git-lfs pointer, which stands for the file itself.\n"
            + "Maybe run git lfs pull in its clone, or download the file itself.");
    assertMistaken("", "the file is empty.\nMaybe it was not copied or downloaded whole.");
    assertMistaken(
        "\n<!DOCTYPE html><html>",
        "the file is a page of HTML or XML, not a model.\n"
            + "Maybe the link leads to a page about the file: download the file itself.");
    assertMistaken(
        "tjgg\3\0\0\0",
        "the file is of GGML, the format before GGUF, which is not supported.\n"
            + "Maybe the model is also published as GGUF.");
    assertMistaken(
        "\50\0\0\0\0\0\0\0{\"w\": {}}",
        "the file is a safetensors file, not GGUF.\n"
            + "Maybe name the directory that holds it and config.json.");
    assertMistaken("GG", "the file must begin with GGUF" + HINT);
  }

  private void assertMistaken(String content, String sentence) throws IOException {
    bytes.reset();
    out.write(content.getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(sentence);
  }

  @Test
  void open_numbersOfEveryType_areRead() throws IOException {
    GgufValue.WholeType[] types = GgufValue.WholeType.values();
    begin(3, 0, 2L * types.length + 4);
    for (GgufValue.WholeType type : types) {
      key(type.name(), new GgufValue.Whole(type, type == GgufValue.WholeType.BOOL ? 1 : -2));
      key(type + "s", new GgufValue.Wholes(type, ImmutableLongArray.of(1, -1, 3)));
    }
    key("single", new GgufValue.Real(4, 0.5));
    key("double", new GgufValue.Real(8, 0.1));
    key("singles", new GgufValue.Reals(4, ImmutableDoubleArray.of(0.5, -1)));
    key("doubles", new GgufValue.Reals(8, ImmutableDoubleArray.of(0.1, -1)));
    try (GgufFile read = open()) {
      for (GgufValue.WholeType type : types) {
        long unsigned = type.bytes() == 8 ? -1 : (1L << (8 * type.bytes())) - 1;
        long minusOne = type.signed() ? -1 : unsigned;
        assertThat(read.values().get(type.name()))
            .isEqualTo(
                new GgufValue.Whole(type, type == GgufValue.WholeType.BOOL ? 1 : minusOne - 1));
        assertThat(read.values().get(type + "s"))
            .isEqualTo(new GgufValue.Wholes(type, ImmutableLongArray.of(1, minusOne, 3)));
      }
      assertThat(read.values())
          .containsEntry("single", new GgufValue.Real(4, 0.5))
          .containsEntry("double", new GgufValue.Real(8, 0.1))
          .containsEntry("singles", new GgufValue.Reals(4, ImmutableDoubleArray.of(0.5, -1)))
          .containsEntry("doubles", new GgufValue.Reals(8, ImmutableDoubleArray.of(0.1, -1)));
    }
  }

  @Test
  void open_textsLongerThanTheBuffer_areReadWhole() throws IOException {
    String large = "0123456789".repeat(20_000);
    begin(3, 0, 3);
    key("first", GgufValue.of(large));
    key("between", GgufValue.of(7));
    key("last", new GgufValue.Texts(ImmutableList.of(large, "end")));
    try (GgufFile read = open()) {
      assertThat(read.values())
          .containsEntry("first", GgufValue.of(large))
          .containsEntry("between", GgufValue.of(7))
          .containsEntry("last", new GgufValue.Texts(ImmutableList.of(large, "end")));
    }
  }

  @Test
  void open_valuesThatCannotBe_areRefusedByKey() throws IOException {
    begin(3, 0, 1);
    text("k");
    out.writeInt(13);
    out.writeLong(0);
    assertRefused("key k: type 13 is not known" + HINT);
    begin(3, 0, 1);
    text("k");
    out.writeInt(9);
    out.writeInt(4);
    out.writeLong((1L << 24) + 1);
    assertRefused("key k: a list of 16777217 is too long" + HINT);
    begin(3, 0, 1);
    text("k");
    out.writeInt(9);
    out.writeInt(4);
    out.writeLong(-1);
    assertRefused("key k: a list of 18446744073709551615 is too long" + HINT);
    begin(3, 0, 2);
    key("k", GgufValue.of(1));
    key("k", GgufValue.of(1));
    assertRefused("key k is given twice" + HINT);
  }

  @Test
  void open_moreAnnouncedThanFollows_isRefused() throws IOException {
    String[] things = {"numbers", "texts", "numbers", "numbers"};
    int[] codes = {4, 8, 6, 12};
    for (int kind = 0; kind < codes.length; kind++) {
      begin(3, 0, 1);
      text("k");
      out.writeInt(9);
      out.writeInt(codes[kind]);
      out.writeLong(4);
      out.write(new byte[15]);
      assertRefused("4 " + things[kind] + " are announced, but only 15 bytes follow" + HINT);
    }
    begin(3, 0, 1);
    out.writeLong(14);
    out.write(new byte[13]);
    assertRefused("14 bytes of a text are announced, but only 13 bytes follow" + HINT);
    begin(3, 0, 1);
    out.writeLong(1);
    out.write(new byte[] {(byte) 0xFF, 0, 0, 0, 0, 0});
    assertRefused("a text is not valid UTF-8" + HINT);
  }

  @Test
  void open_tensors_areReadWhereTheyLie() throws IOException {
    begin(3, 2, 0);
    entry("second", 0, 32, 2);
    entry("first", 0, 0, 1, 3);
    data(0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40);
    data(0, 0, 0x80, 0xBF, 0, 0, 0, 0xC0);
    try (NativeScope scope = NativeScope.open();
        GgufFile read = open()) {
      assertThat(read.names()).containsExactly("first", "second");
      assertThat(read.shape("first")).containsExactly(3L, 1L);
      assertThat(Tensors.floats(read.tensor("first"))).containsExactly(1, 2, 3);
      assertThat(Tensors.floats(read.tensor("second"))).containsExactly(-1, -2);
      assertThatThrownBy(() -> read.shape("third"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(file + " has no tensor called third");
    }
  }

  @Test
  void tensor_closedFile_isRefused() throws IOException {
    begin(3, 1, 0);
    entry("w", 0, 0, 1);
    data(0, 0, 0x80, 0x3F);
    GgufFile read = open();
    read.close();
    read.close();
    assertThatThrownBy(() -> read.tensor("w"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(file + " is closed");
  }

  @Test
  void open_alignmentOfTheFile_isKeptTo() throws IOException {
    begin(3, 1, 1);
    key("general.alignment", GgufValue.of(8));
    entry("w", 0, 8, 1);
    out.write(new byte[-bytes.size() & 7]);
    out.write(new byte[8]);
    out.writeFloat(7);
    try (NativeScope scope = NativeScope.open();
        GgufFile read = open()) {
      assertThat(Tensors.floats(read.tensor("w"))).containsExactly(7);
    }
    for (long alignment : new long[] {0, 3, 1 << 21}) {
      begin(3, 0, 1);
      key("general.alignment", GgufValue.of(alignment));
      assertRefused(
          "general.alignment (" + alignment + ") must be a power of two up to 1048576" + HINT);
    }
    begin(3, 0, 1);
    key("general.alignment", GgufValue.of("8"));
    assertRefused("general.alignment must be a whole number" + HINT);
  }

  @Test
  void open_entriesThatCannotBe_areRefusedByName() throws IOException {
    begin(3, 1, 0);
    entry("w", 0, 0);
    out.write(new byte[32]);
    assertRefused("tensor w: 0 dimensions are not supported; 1 to 4 are" + HINT);
    begin(3, 1, 0);
    entry("w", 0, 0, 1, 1, 1, 1, 1);
    assertRefused("tensor w: 5 dimensions are not supported; 1 to 4 are" + HINT);
    begin(3, 1, 0);
    entry("w", 0, 0, 0);
    assertRefused("tensor w: size 0 must be positive" + HINT);
    begin(3, 1, 0);
    entry("w", 16, 0, 256);
    assertRefused("tensor w: type IQ2_XXS (16)" + OTHER_TYPE);
    begin(3, 1, 0);
    entry("w", 99, 0, 256);
    assertRefused("tensor w: type 99" + OTHER_TYPE);
    begin(3, 1, 0);
    entry("w", 0, -32, 1);
    assertRefused("tensor w: offset -32 must not be negative" + HINT);
    begin(3, 1, 0);
    entry("w", 8, 0, 33);
    assertRefused("tensor w: rows of 33 elements are no blocks of Q8_0" + HINT);
    begin(3, 1, 0);
    entry("w", 0, 0, 1L << 32, 1L << 31);
    assertRefused("tensor w: shape [2147483648, 4294967296] is too large" + HINT);
  }

  @Test
  void open_tensorsThatOverlapOrReachBeyondTheEnd_areRefused() throws IOException {
    begin(3, 2, 0);
    entry("w", 0, 0, 1);
    entry("w", 0, 32, 1);
    assertRefused("tensor w is given twice" + HINT);
    begin(3, 1, 0);
    entry("w", 0, 4, 1);
    data(new int[64]);
    assertRefused("tensor w: offset 4 must be a multiple of 32" + HINT);
    begin(3, 2, 0);
    entry("a", 0, 0, 9);
    entry("b", 0, 32, 1);
    data(new int[64]);
    assertRefused("tensor b: begins at byte 32 but the tensor before it ends at 36" + HINT);
    begin(3, 1, 0);
    entry("w", 0, 0, 8);
    data(new int[31]);
    assertRefused("tensor w: its 32 bytes at 0 end beyond the file" + HINT);
    begin(3, 1, 0);
    entry("w", 0, 1L << 40, 8);
    data(new int[32]);
    assertRefused("tensor w: its 32 bytes at 1099511627776 end beyond the file" + HINT);
  }

  @Test
  void open_secondTensorCutOff_isRefused() throws IOException {
    begin(3, 2, 0);
    entry("a", 0, 0, 8);
    entry("b", 0, 32, 8);
    data(new int[63]);
    assertRefused("tensor b: its 32 bytes at 32 end beyond the file" + HINT);
  }

  @Test
  void open_endsWithinANumber_isRefused() throws IOException {
    out.write("GGUF\3\0\0".getBytes(StandardCharsets.US_ASCII));
    assertRefused("a value of 4 bytes is due, but only 3 follow" + HINT);
    begin(3, 0, 1);
    text("k");
    out.writeInt(4);
    out.writeShort(1);
    assertRefused("a value of 4 bytes is due, but only 2 follow" + HINT);
  }

  @Test
  void open_textOfMoreThanSixteenMebibytes_isRefused() throws IOException {
    int most = 1 << 24;
    begin(3, 0, 1);
    out.writeLong(most + 1);
    out.write(new byte[most + 1]);
    assertRefused("a text of 16777217 bytes is too long" + HINT);
  }
}
