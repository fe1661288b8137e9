package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Preconditions.checkArgument;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;

/** The blocks of {@link QuantizedBlocks}, back as float32. */
final class DequantizedBlocks {
  // Shape letters in this file: N = blocks, E = elements of a block, S = bytes of a block.

  private static final int SCALE_BYTES = 2;
  private static final int HALF_BYTE = 16;

  private DequantizedBlocks() {}

  /** Returns the elements of whole blocks, in one dimension, owned by the current scope. */
  static Tensor floats(GgufType type, Tensor bytes) {
    checkArgument(type.isQuantized(), "%s has no blocks", type);
    Tensor blocksNS = bytes.view(-1, type.blockBytes());
    Tensor scaleN1 =
        Tensors.cast(
            blocksNS.narrow(1, 0, SCALE_BYTES).contiguous().view(DType.FLOAT16.scalarType()),
            DType.FLOAT32);
    Tensor codes = blocksNS.narrow(1, SCALE_BYTES, (long) type.blockBytes() - SCALE_BYTES);
    Tensor levelsNE = type == GgufType.Q8_0 ? signed(codes) : nibbles(codes);
    return levelsNE.mul(scaleN1).flatten();
  }

  private static Tensor signed(Tensor codes) {
    return Tensors.cast(codes.contiguous().view(torch.ScalarType.Char), DType.FLOAT32);
  }

  private static Tensor nibbles(Tensor codes) {
    Tensor low = codes.remainder(new Scalar(HALF_BYTE));
    Tensor high = codes.floor_divide(new Scalar(HALF_BYTE));
    return Tensors.cast(torch.cat(new TensorVector(low, high), 1), DType.FLOAT32)
        .sub(new Scalar((double) QuantizedBlocks.MAX_LEVEL));
  }
}
