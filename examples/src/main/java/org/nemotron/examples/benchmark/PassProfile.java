package org.nemotron.examples.benchmark;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.activation.LogitComparison;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.cost.DeviceLimits;

/** How long the parts of a scoring pass take by themselves: where the rest of the time goes. */
record PassProfile(TrainingShape shape, HeterogeneousModel parent) {
  private static final int ROUNDS = 5;

  /** Times attention, FFN and head with the comparison, and prints a line for each. */
  Map<String, Object> measure(DeviceLimits limits) {
    PassFlops flops = new PassFlops(shape.spec(), shape.scoredTokens());
    Block block = parent.block(0);
    long sequences = (long) shape.candidatesPerPass() * shape.scoredBatch();
    long tokens = sequences * shape.scoredTokens();
    long compared = (long) shape.scoredBatch() * shape.scoredTokens();
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor hidden =
          torch.randn(
              new long[] {sequences, shape.scoredTokens(), shape.spec().width()},
              parent.device().options(parent.dtype()));
      Tensor few = hidden.narrow(0, 0, shape.scoredBatch()).flatten(0, 1);
      try (LogitComparison comparison =
          new LogitComparison(parent, few, Tensors.zeros(parent.device(), DType.INT64, compared))) {
        return ImmutableMap.of(
            "attention",
            part(
                "attention",
                () -> block.attention().forward(hidden),
                tokens * flops.attention(block.spec().attention()),
                limits),
            "ffn",
            part(
                "ffn",
                () -> block.ffn().forward(hidden),
                tokens * flops.ffn(block.spec().ffn()),
                limits),
            "head",
            part(
                "head and comparison",
                () -> comparison.compare(few).klR(),
                compared * flops.head(),
                limits));
      }
    }
  }

  /** Work whose result is not looked at. */
  private interface Part {
    Tensor run();
  }

  private Map<String, Object> part(String name, Part work, double flops, DeviceLimits limits) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      DeviceLimits.await(parent.device());
      long start = System.nanoTime();
      try (NativeScope scope = NativeScope.open()) {
        verify(work.run().defined());
        DeviceLimits.await(parent.device());
        best = Math.min(best, (System.nanoTime() - start) / 1e9);
      }
    }
    double share = flops / best / limits.productFlops();
    System.out.printf(
        Locale.ROOT,
        "%s: %.2f ms, %.3g TFLOP/s, %.0f %% of the matrix rate%n",
        name,
        best * 1e3,
        flops / best / 1e12,
        share * 100);
    return ImmutableMap.of("seconds", best, "flops", flops, "shareOfMatrixRate", share);
  }
}
