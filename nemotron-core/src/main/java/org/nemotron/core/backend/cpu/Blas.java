package org.nemotron.core.backend.cpu;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemv;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;

/**
 * Products of float32 matrices inside {@link NativeFloats}s, without a tensor per operand: for the
 * many small products of attention over a cache, where LibTorch's cost per operation would rule.
 *
 * <p>Matrices are row-major: first element, then the distance between rows. One object per thread.
 */
public final class Blas {
  private final Cursor first = new Cursor();
  private final Cursor second = new Cursor();
  private final Cursor result = new Cursor();

  /** Makes an object for the use of one thread. */
  public Blas() {}

  /** A pointer that can be set to any address. */
  private static final class Cursor extends FloatPointer {
    Cursor at(NativeFloats area, long index) {
      address = area.address(index);
      return this;
    }
  }

  /**
   * {@code y[columns] = alpha * transpose(A[rows, columns]) x[rows] + beta * y}.
   *
   * @param stride distance between rows of A
   */
  public void multiplyTransposed(
      int rows,
      int columns,
      float alpha,
      NativeFloats a,
      long aFrom,
      int stride,
      NativeFloats x,
      long xFrom,
      float beta,
      NativeFloats y,
      long yFrom) {
    cblas_sgemv(
        CblasRowMajor,
        CblasTrans,
        rows,
        columns,
        alpha,
        first.at(a, aFrom),
        stride,
        second.at(x, xFrom),
        1,
        beta,
        result.at(y, yFrom),
        1);
  }

  /** {@code C[rows, columns] = alpha * A[rows, inner] B[inner, columns] + beta * C}. */
  public void multiplyBy(
      int rows,
      int columns,
      int inner,
      float alpha,
      NativeFloats a,
      long aFrom,
      int aStride,
      NativeFloats b,
      long bFrom,
      int bStride,
      float beta,
      NativeFloats c,
      long cFrom,
      int cStride) {
    cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasNoTrans,
        rows,
        columns,
        inner,
        alpha,
        first.at(a, aFrom),
        aStride,
        second.at(b, bFrom),
        bStride,
        beta,
        result.at(c, cFrom),
        cStride);
  }

  /**
   * {@code out[rows, outputs] = in[rows, inputs] transpose(W[outputs, inputs])}; below {@code
   * fewRows} rows one after the other, since the product of matrices copies W first.
   */
  void multiplyWeights(
      Tensor weights,
      int outputs,
      int inputs,
      NativeFloats in,
      int rows,
      NativeFloats out,
      int fewRows) {
    try (FloatPointer data = weights.data_ptr_float()) {
      if (rows < fewRows) {
        for (int row = 0; row < rows; row++) {
          cblas_sgemv(
              CblasRowMajor,
              CblasNoTrans,
              outputs,
              inputs,
              1f,
              data,
              inputs,
              second.at(in, (long) row * inputs),
              1,
              0f,
              result.at(out, (long) row * outputs),
              1);
        }
      } else {
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasTrans,
            rows,
            outputs,
            inputs,
            1f,
            second.at(in, 0),
            inputs,
            data,
            inputs,
            0f,
            result.at(out, 0),
            outputs);
      }
    }
  }
}
