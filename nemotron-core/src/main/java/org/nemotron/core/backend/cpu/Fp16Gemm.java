package org.nemotron.core.backend.cpu;

import static com.google.common.base.Verify.verify;

import com.google.common.base.Strings;
import com.google.common.math.IntMath;
import java.math.RoundingMode;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Products of float32 rows with half-precision weights by FBGEMM, one core each.
 *
 * <p>FBGEMM takes rows in groups of up to six; groups of one and of two add in another order than
 * larger ones. So that a row's result does not depend on its company, row counts are rounded up to
 * ones that divide without such a remainder: which ones do is found by trying, once per process.
 * Outputs come in blocks of 16, and those of a block that is not full are added up in another order
 * again: weights are padded to full blocks, so that an output does not depend on its neighbors.
 *
 * <p>LibTorch says once per process, on the standard error stream, that its functions for FBGEMM
 * are deprecated; its bindings have no way to silence just these warnings.
 */
final class Fp16Gemm {
  private static final int PERIOD = 120;
  private static final int BLOCK = 16;
  private static final TensorOptional NO_BIAS = NativeScope.keep(new TensorOptional());

  private Fp16Gemm() {}

  /** Safe row counts of this processor, found on first use. */
  private static final class Probe {
    static final Optional<int[]> SAFE_ROWS = safeRows();

    private Probe() {}

    private static Optional<int[]> safeRows() {
      try (NativeScope scope = NativeScope.open()) {
        Optional<Tensor> packed = packed(torch.randn(16, 64));
        return packed.map(Probe::probe);
      }
    }

    /** LibTorch tells by an exception that FBGEMM does not serve this processor. */
    private static Optional<Tensor> packed(Tensor weight) {
      try {
        return Optional.of(torch.fbgemm_pack_gemm_matrix_fp16(weight));
      } catch (RuntimeException e) {
        if (Strings.nullToEmpty(e.getMessage()).contains("FBGEMM")) {
          return Optional.empty();
        }
        throw e;
      }
    }

    private static int[] probe(Tensor packed) {
      Tensor rows = torch.randn(PERIOD, 64);
      Tensor all = torch.fbgemm_linear_fp16_weight_fp32_activation(rows, packed, NO_BIAS);
      int[] safe = new int[PERIOD + 1];
      for (int count = PERIOD; count > 0; count--) {
        try (NativeScope scope = NativeScope.open()) {
          Tensor some =
              torch.fbgemm_linear_fp16_weight_fp32_activation(
                  rows.narrow(0, 0, count), packed, NO_BIAS);
          safe[count] = some.equal(all.narrow(0, 0, count)) ? count : safe[count + 1];
        }
      }
      verify(safe[PERIOD] == PERIOD, "a full group of rows must equal itself");
      return safe;
    }
  }

  /** Returns whether this processor has it. */
  static boolean supported() {
    return Probe.SAFE_ROWS.isPresent();
  }

  /** Returns the least count from {@code rows} on that is multiplied row by row alike. */
  static int safeRows(int rows) {
    int[] safe = Probe.SAFE_ROWS.orElseThrow();
    return rows / PERIOD * PERIOD + safe[rows % PERIOD];
  }

  /** Returns {@code outputs} rounded up to full blocks. */
  static int paddedOutputs(int outputs) {
    return IntMath.divide(outputs, BLOCK, RoundingMode.CEILING) * BLOCK;
  }

  /** Returns {@code weightNK} packed, padded to full blocks; owned by the current scope. */
  static Tensor pack(Tensor weightNK) {
    int outputs = Math.toIntExact(weightNK.size(0));
    long[] padding = {0, 0, 0, paddedOutputs(outputs) - outputs};
    return torch.fbgemm_pack_gemm_matrix_fp16(
        torch
            .constant_pad_nd(Tensors.cast(weightNK.detach(), DType.FLOAT32), padding, new Scalar(0))
            .contiguous());
  }

  /** {@code output[M, N] = input[M, K] transpose(weight[N, K])}; M is a safe count, N padded. */
  static void multiply(Tensor inputMK, Tensor packed, Tensor outputMN) {
    try (Tensor same =
        torch.fbgemm_linear_fp16_weight_fp32_activation(inputMK, packed, NO_BIAS, outputMN)) {
      verify(same.defined(), "the product is missing");
    }
  }
}
