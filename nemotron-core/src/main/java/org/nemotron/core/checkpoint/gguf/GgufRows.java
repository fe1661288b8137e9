package org.nemotron.core.checkpoint.gguf;

import java.io.IOException;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Tensors;

/** Where the rows of a GGUF tensor come from: a tensor as it is, one reordered, or arithmetic. */
public final class GgufRows {
  private GgufRows() {}

  /** Makes a tensor when its rows are wanted. */
  public interface Source {
    /** Returns the tensor, owned by the current scope. */
    Tensor get() throws IOException;
  }

  /** Returns the rows of a tensor as they are. */
  public static GgufTensor.Rows of(Source source) {
    return (from, count) -> asMatrix(source.get()).narrow(0, from, count);
  }

  /**
   * Returns the rows of a projection to heads in another order: row r of the first half of a head
   * becomes row 2r, row r of the second half row 2r + 1. Of a vector, the elements are reordered.
   */
  static GgufTensor.Rows interleaved(Source source, int headDim) {
    return (from, count) -> {
      Tensor tensor = source.get();
      return tensor.dim() == 1
          ? tensor.index_select(0, interleavedRows(0, tensor.size(0), headDim)).unsqueeze(0)
          : tensor.index_select(0, interleavedRows(from, count, headDim));
    };
  }

  private static Tensor interleavedRows(long from, long count, int headDim) {
    long[] sources = new long[Math.toIntExact(count)];
    for (int index = 0; index < sources.length; index++) {
      long head = (from + index) / headDim;
      long within = (from + index) % headDim;
      sources[index] = head * headDim + within % 2 * (headDim / 2) + within / 2;
    }
    return Tensors.of(sources, sources.length);
  }

  /** Returns rows that hold nothing but {@code value}. */
  static GgufTensor.Rows constant(double value, long columns) {
    return (from, count) ->
        torch.full(
            new long[] {count, columns}, new Scalar(value), Device.CPU.options(DType.FLOAT32));
  }

  /** Returns the rows of the identity matrix. */
  static GgufTensor.Rows identity(long columns) {
    return (from, count) -> {
      Tensor rows = Tensors.zeros(Device.CPU, DType.FLOAT32, count, columns);
      rows.narrow(1, from, count).fill_diagonal_(new Scalar(1.0));
      return rows;
    };
  }

  private static Tensor asMatrix(Tensor tensor) {
    return tensor.dim() == 1 ? tensor.unsqueeze(0) : tensor;
  }
}
