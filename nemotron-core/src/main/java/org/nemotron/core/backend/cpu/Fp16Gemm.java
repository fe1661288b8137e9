package org.nemotron.core.backend.cpu;

import static com.google.common.base.Verify.verify;

import com.google.common.base.Strings;
import com.google.common.base.VerifyException;
import com.google.common.math.IntMath;
import com.google.common.primitives.ImmutableIntArray;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.SplittableRandom;
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
 * <p>FBGEMM takes rows in groups, whose greatest size depends on the processor's instructions; some
 * groups add in another order than others. So that a row's result does not depend on the other
 * rows, row counts are rounded up to ones that divide into groups that add alike. Outputs come in
 * blocks, of 16 with AVX2 and of 32 with AVX-512; those of a block that is not full are added up in
 * another order again where there are more than 512 inputs: weights are padded to full blocks, so
 * that an output does not depend on its neighbors. Which counts of rows and which blocks do is
 * found by trying, once per process, so that both hold with whatever instructions FBGEMM chooses.
 *
 * <p>LibTorch warns once per process, at the first call, that its functions for FBGEMM are
 * deprecated: which nobody who reads it can change, so the first calls are {@linkplain
 * SilencedWarnings silenced}.
 */
final class Fp16Gemm {
  private static final int PERIOD = 120;
  private static final TensorOptional NO_BIAS = NativeScope.keep(new TensorOptional());

  private Fp16Gemm() {}

  /**
   * What adds up alike on this processor.
   *
   * @param safeRows the least safe count of rows from each count on, to {@link #PERIOD}
   * @param block how many outputs a full block has
   */
  private record Alike(ImmutableIntArray safeRows, int block) {}

  /** Found on first use. */
  private static final class Probe {
    /** More than one of the pieces that FBGEMM divides long sums into, and no whole number. */
    private static final int INPUTS = 1100;

    private static final ImmutableIntArray BLOCKS = ImmutableIntArray.of(16, 32, 64);
    private static final int OUTPUTS = 128;
    static final Optional<Alike> ALIKE = alike();

    private Probe() {}

    private static Optional<Alike> alike() {
      try (NativeScope scope = NativeScope.open()) {
        Tensor weight = numbers(OUTPUTS, 1); // loads LibTorch
        warnOfNothing(weight);
        return packed(weight).map(packed -> alike(weight, packed));
      }
    }

    /** What is called for the first time here warns. */
    private static void warnOfNothing(Tensor weight) {
      try (SilencedWarnings silence = SilencedWarnings.open()) {
        packed(weight).ifPresent(packed -> verify(product(weight, packed).defined()));
      }
    }

    private static Tensor numbers(int rows, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[rows * INPUTS];
      for (int index = 0; index < values.length; index++) {
        values[index] = (float) random.nextDouble(-1, 1);
      }
      return Tensors.of(values, rows, INPUTS);
    }

    /** LibTorch throws where FBGEMM does not support this processor. */
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

    private static Alike alike(Tensor weight, Tensor packed) {
      Tensor rows = numbers(PERIOD, 2);
      Tensor all = product(rows, packed);
      int block =
          BLOCKS.stream()
              .filter(size -> isFull(size, weight, rows, all))
              .findFirst()
              .orElseThrow(
                  () -> new VerifyException("outputs must be alike in blocks of one of " + BLOCKS));
      return new Alike(safeRows(rows, first(block, weight)), block);
    }

    private static Tensor product(Tensor rows, Tensor packed) {
      return torch.fbgemm_linear_fp16_weight_fp32_activation(rows, packed, NO_BIAS);
    }

    /** Returns the weights of the first outputs, packed. */
    private static Tensor first(int outputs, Tensor weight) {
      return torch.fbgemm_pack_gemm_matrix_fp16(weight.narrow(0, 0, outputs).contiguous());
    }

    /** Returns whether {@code block} outputs are the same with and without others behind them. */
    private static boolean isFull(int block, Tensor weight, Tensor rows, Tensor all) {
      try (NativeScope scope = NativeScope.open()) {
        return product(rows, first(block, weight)).equal(all.narrow(1, 0, block));
      }
    }

    private static ImmutableIntArray safeRows(Tensor rows, Tensor packed) {
      Tensor all = product(rows, packed);
      int[] safe = new int[PERIOD + 1];
      for (int count = PERIOD; count > 0; count--) {
        try (NativeScope scope = NativeScope.open()) {
          Tensor some = product(rows.narrow(0, 0, count), packed);
          safe[count] = some.equal(all.narrow(0, 0, count)) ? count : safe[count + 1];
        }
      }
      verify(safe[PERIOD] == PERIOD, "a full group of rows must equal itself");
      return ImmutableIntArray.copyOf(safe);
    }
  }

  /** Returns whether this processor has it. */
  static boolean supported() {
    return Probe.ALIKE.isPresent();
  }

  /** Returns the least count from {@code rows} on that is multiplied row by row alike. */
  static int safeRows(int rows) {
    ImmutableIntArray safe = Probe.ALIKE.orElseThrow().safeRows();
    return rows / PERIOD * PERIOD + safe.get(rows % PERIOD);
  }

  /** Returns {@code outputs} rounded up to full blocks. */
  static int paddedOutputs(int outputs) {
    int block = Probe.ALIKE.orElseThrow().block();
    return IntMath.divide(outputs, block, RoundingMode.CEILING) * block;
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
