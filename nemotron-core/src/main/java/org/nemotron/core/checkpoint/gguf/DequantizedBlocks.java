package org.nemotron.core.checkpoint.gguf;

import com.google.common.primitives.Ints;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** The blocks of a quantized tensor, back as float32: as many at a time as caches hold. */
final class DequantizedBlocks {
  private static final int PIECE_ELEMENTS = 1 << 18;

  private DequantizedBlocks() {}

  /**
   * Returns the elements of whole blocks, in one dimension, owned by the current scope.
   *
   * @throws IllegalArgumentException if {@code type} has no blocks
   */
  static Tensor floats(GgufType type, Tensor bytes) {
    BlockDecoder decoder = BlockDecoder.of(type);
    long blocks = bytes.numel() / type.blockBytes();
    Tensor values = Tensors.uninitialized(Device.CPU, DType.FLOAT32, blocks * type.blockElements());
    int atOnce = Ints.checkedCast(Math.min(blocks, PIECE_ELEMENTS / type.blockElements()));
    byte[] piece = new byte[atOnce * type.blockBytes()];
    float[] decoded = new float[atOnce * type.blockElements()];
    for (long first = 0; first < blocks; first += atOnce) {
      int count = Ints.checkedCast(Math.min(atOnce, blocks - first));
      try (NativeScope scope = NativeScope.open()) {
        int length = count * type.blockBytes();
        new BytePointer(bytes.narrow(0, first * type.blockBytes(), length).data_ptr())
            .get(piece, 0, length);
        decode(decoder, type, piece, decoded, count);
        int elements = count * type.blockElements();
        new FloatPointer(values.narrow(0, first * type.blockElements(), elements).data_ptr())
            .put(decoded, 0, elements);
      }
    }
    return values;
  }

  private static void decode(
      BlockDecoder decoder, GgufType type, byte[] piece, float[] decoded, int count) {
    IntStream.range(0, count)
        .parallel()
        .forEach(
            block ->
                decoder.decode(
                    piece, block * type.blockBytes(), decoded, block * type.blockElements()));
  }
}
