package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.checkpoint.file.MappedBytes;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Random blocks of every type, and what the reference implementation makes of them. */
final class BlockDecoderTest {
  private static final Path VECTORS = Path.of("src/test/resources/gguf/blocks");

  static Stream<GgufType> types() {
    return Arrays.stream(GgufType.values()).filter(GgufType::isQuantized);
  }

  @ParameterizedTest
  @MethodSource("types")
  void decode_randomBlocks_areTheValuesOfTheReferenceToTheLastBit(GgufType type)
      throws IOException {
    byte[] blocks = Files.readAllBytes(VECTORS.resolve(type + ".blocks"));
    float[] expected = floats(Files.readAllBytes(VECTORS.resolve(type + ".values")));
    float[] values = new float[expected.length];
    for (int block = 0; block * type.blockBytes() < blocks.length; block++) {
      BlockDecoder.of(type)
          .decode(blocks, block * type.blockBytes(), values, block * type.blockElements());
    }
    assertThat(bits(values)).isEqualTo(bits(expected));
  }

  /** More than one piece of a few million elements: every block in its place. */
  @ParameterizedTest
  @MethodSource("types")
  void floats_manyBlocks_areThoseOfEachBlock(GgufType type, @TempDir Path directory)
      throws IOException {
    byte[] few = Files.readAllBytes(VECTORS.resolve(type + ".blocks"));
    float[] expected = floats(Files.readAllBytes(VECTORS.resolve(type + ".values")));
    int times = (1 << 21) / expected.length + 3;
    Path file = directory.resolve("blocks");
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int time = 0; time < times; time++) {
        out.write(few);
      }
    }
    try (NativeScope scope = NativeScope.open()) {
      Tensor bytes = MappedBytes.of(file, Files.size(file));
      float[] all = Tensors.floats(DequantizedBlocks.floats(type, bytes));
      assertThat(all).hasSize(times * expected.length);
      for (int time : ImmutableIntArray.of(0, times / 2, times - 1).asList()) {
        float[] one = Arrays.copyOfRange(all, time * expected.length, (time + 1) * expected.length);
        assertThat(bits(one)).as("copy %s", time).isEqualTo(bits(expected));
      }
    }
  }

  @Test
  void of_typeWithoutBlocks_isRefused() {
    assertThatThrownBy(() -> BlockDecoder.of(GgufType.BF16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("BF16 has no blocks");
  }

  private static float[] floats(byte[] littleEndian) {
    float[] values = new float[littleEndian.length / Float.BYTES];
    ByteBuffer.wrap(littleEndian).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, index -> Float.floatToRawIntBits(values[index]));
    return bits;
  }
}
