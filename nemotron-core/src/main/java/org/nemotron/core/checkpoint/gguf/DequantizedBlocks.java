package org.nemotron.core.checkpoint.gguf;

import com.google.common.primitives.Ints;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** The blocks of a quantized tensor, back as float32: a few million elements at a time. */
final class DequantizedBlocks {
  private static final int PIECE_ELEMENTS = 1 << 21;

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
    int atOnce = PIECE_ELEMENTS / type.blockElements();
    for (long first = 0; first < blocks; first += atOnce) {
      int count = Ints.checkedCast(Math.min(atOnce, blocks - first));
      try (NativeScope scope = NativeScope.open()) {
        byte[] piece = piece(bytes, first * type.blockBytes(), count * type.blockBytes());
        float[] decoded = decoded(decoder, type, piece);
        Tensor unused =
            values
                .narrow(0, first * type.blockElements(), decoded.length)
                .copy_(Tensors.of(decoded, decoded.length));
      }
    }
    return values;
  }

  private static byte[] piece(Tensor bytes, long begin, int length) {
    byte[] piece = new byte[length];
    new BytePointer(bytes.narrow(0, begin, length).data_ptr())
        .limit(length)
        .asByteBuffer()
        .get(piece);
    return piece;
  }

  private static float[] decoded(BlockDecoder decoder, GgufType type, byte[] piece) {
    int blocks = piece.length / type.blockBytes();
    float[] values = new float[blocks * type.blockElements()];
    IntStream.range(0, blocks)
        .parallel()
        .forEach(
            block ->
                decoder.decode(
                    piece, block * type.blockBytes(), values, block * type.blockElements()));
    return values;
  }
}
