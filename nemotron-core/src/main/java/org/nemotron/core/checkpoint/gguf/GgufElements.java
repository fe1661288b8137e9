package org.nemotron.core.checkpoint.gguf;

import com.google.common.base.VerifyException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;

/** Elements on their way into a GGUF file: converted, checked to be numbers, written. */
final class GgufElements {
  private GgufElements() {}

  /**
   * Writes some rows of {@code tensor}.
   *
   * @throws IOException if an element is not a number, or too large for the type
   */
  static void write(FileChannel channel, GgufTensor tensor, Tensor rows) throws IOException {
    switch (tensor.type()) {
      case F32 -> writePlain(channel, tensor, rows, DType.FLOAT32);
      case F16 -> writePlain(channel, tensor, rows, DType.FLOAT16);
      case BF16 -> writePlain(channel, tensor, rows, DType.BFLOAT16);
      case Q8_0, Q4_0 -> {
        checkFinite(tensor, rows);
        byte[] blocks = QuantizedBlocks.quantize(tensor.type(), Tensors.floats(rows));
        AtomicFiles.writeFully(channel, ByteBuffer.wrap(blocks));
      }
      case Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K, IQ4_NL, IQ4_XS ->
          throw new VerifyException("tensors of type " + tensor.type() + " are not written");
    }
  }

  private static void writePlain(FileChannel channel, GgufTensor tensor, Tensor rows, DType dtype)
      throws IOException {
    Tensor cast = Tensors.cast(rows.detach().cpu(), dtype).contiguous();
    checkFinite(tensor, cast);
    AtomicFiles.writeFully(
        channel, new BytePointer(cast.data_ptr()).limit(cast.nbytes()).asByteBuffer());
  }

  private static void checkFinite(GgufTensor tensor, Tensor rows) throws IOException {
    T_TensorTensor_T extremes = rows.aminmax();
    double least = extremes.get0().item_double();
    double greatest = extremes.get1().item_double();
    if (!Double.isFinite(least) || !Double.isFinite(greatest)) {
      throw new IOException(
          "tensor "
              + tensor.name()
              + " holds weights that are not finite as "
              + tensor.type()
              + ".\nMaybe bf16 serves: it has the range of float32.");
    }
    double scaled = Math.max(-least, greatest) / QuantizedBlocks.MAX_LEVEL;
    if (tensor.type().isQuantized() && scaled > HalfFloats.MAX_VALUE) {
      throw new IOException(
          "tensor " + tensor.name() + " holds weights that are too large for " + tensor.type());
    }
  }
}
