package org.nemotron.core.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.VerifyException;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class SafetensorsWriterTest {
  private Path directory;
  private NativeScope scope;

  @BeforeEach
  void openScope(@TempDir Path directory) {
    this.directory = directory;
    scope = NativeScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void write_twoTypes_givesTheBytesOfTheFormat() throws IOException {
    Path file = directory.resolve("x.safetensors");
    Tensor half = Tensors.cast(Tensors.of(new float[] {1, -2}, 2), DType.BFLOAT16);
    new SafetensorsWriter()
        .add("a", half)
        .add("b", Tensors.of(new float[] {0.5f}, 1, 1))
        .write(file);
    String json =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
            + "\"a\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[4,8]}}";
    int padded = (json.length() + 7) / 8 * 8;
    ByteBuffer expected = ByteBuffer.allocate(8 + padded + 8).order(ByteOrder.LITTLE_ENDIAN);
    expected.putLong(padded);
    expected.put((json + " ".repeat(padded - json.length())).getBytes(StandardCharsets.UTF_8));
    expected.putFloat(0.5f).putShort((short) 0x3F80).putShort((short) 0xC000);
    assertThat(Files.readAllBytes(file)).isEqualTo(expected.array());
  }

  @Test
  void write_otherOrder_givesTheSameBytes() throws IOException {
    Tensor one = Tensors.of(new float[] {1, 2, 3}, 3);
    Tensor two = Tensors.of(new long[] {4}, 1);
    new SafetensorsWriter().add("one", one).add("two", two).write(directory.resolve("a"));
    new SafetensorsWriter().add("two", two).add("one", one).write(directory.resolve("b"));
    assertThat(directory.resolve("a")).hasSameBinaryContentAs(directory.resolve("b"));
  }

  @Test
  void write_transposedView_writesRowMajorOrder() throws IOException {
    Path file = directory.resolve("x.safetensors");
    new SafetensorsWriter()
        .add("t", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t())
        .write(file);
    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.shape("t")).containsExactly(3L, 2L);
      assertThat(Tensors.floats(read.tensor("t"))).containsExactly(1, 4, 2, 5, 3, 6);
    }
  }

  @Test
  void write_supplierBreaksItsPromise_leavesTheFormerFile() throws IOException {
    Path file = directory.resolve("x.safetensors");
    Files.writeString(file, "former");
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .add("w", DType.FLOAT32, ImmutableList.of(2L), () -> Tensors.of(new float[3], 3));
    assertThatThrownBy(() -> writer.write(file))
        .isInstanceOf(VerifyException.class)
        .hasMessage("tensor w is not what was announced");
    assertThat(file).hasContent("former");
    assertThat(directory).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void add_sameNameTwice_isRefused() {
    SafetensorsWriter writer = new SafetensorsWriter().add("w", Tensors.of(new float[1], 1));
    assertThatThrownBy(() -> writer.add("w", Tensors.of(new float[1], 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor w is added twice");
  }
}
