package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.NativeScope;

/**
 * LibTorch's product of 8-bit floats with a scale for each row of both. The bindings lack the
 * operator, so that a line of TorchScript calls it; there, 15 is bfloat16 and 6 is float32.
 */
final class Float8Matmul {
  private static final CompilationUnit UNIT =
      NativeScope.keep(torch.compile(source("rows", 15) + source("floats", 6)));
  private static final Function ROWS =
      NativeScope.keep(UNIT.find_function(new QualifiedName("rows")));
  private static final Function FLOATS =
      NativeScope.keep(UNIT.find_function(new QualifiedName("floats")));

  private static String source(String name, int dtype) {
    return "def "
        + name
        + "(a: Tensor, b: Tensor, scale_a: Tensor, scale_b: Tensor, out: Tensor) -> Tensor:\n"
        + "  return torch._scaled_mm(a, b, scale_a, scale_b, out_dtype="
        + dtype
        + ", use_fast_accum=True, out=out)\n";
  }

  private Float8Matmul() {}

  /**
   * {@code out = (a * scaleA) (b * scaleB)}. Scales may also be one number each, {@code []}.
   *
   * @param aRK {@code [R, K]} e4m3, row by row
   * @param bKN {@code [K, N]} e4m3, column by column
   * @param scaleA {@code [R, 1]} float32
   * @param scaleB {@code [1, N]} float32
   * @param outRN {@code [R, N]} bfloat16
   */
  static void multiply(Tensor aRK, Tensor bKN, Tensor scaleA, Tensor scaleB, Tensor outRN) {
    apply(ROWS, aRK, bKN, scaleA, scaleB, outRN);
  }

  /** The same to float32, with one number for each scale. */
  static void multiplyToFloat(Tensor aRK, Tensor bKN, Tensor scaleA, Tensor scaleB, Tensor outRN) {
    apply(FLOATS, aRK, bKN, scaleA, scaleB, outRN);
  }

  private static void apply(
      Function function, Tensor aRK, Tensor bKN, Tensor scaleA, Tensor scaleB, Tensor outRN) {
    try (NativeScope scope = NativeScope.open()) {
      IValue unused =
          function.apply(
              new IValueVector(
                  new IValue(aRK),
                  new IValue(bKN),
                  new IValue(scaleA),
                  new IValue(scaleB),
                  new IValue(outRN)));
    }
  }
}
