package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;

/**
 * Blockwise local distillation of a few candidates of every layer, for a few steps.
 *
 * <p>Useful work is one pass of the parent, and each candidate's forward and backward pass; of a
 * frozen FFN behind an attention that is trained, the gradient of its input only.
 */
record DistillationRun(TrainingShape shape, HeterogeneousModel parent, int threads) {
  /** Attention's backward pass multiplies five times where its forward pass does twice. */
  private static final double BACKWARD_PAIRS = 2.5;

  /** Distils, prints a line, and returns the figures. */
  Map<String, Object> measure(GpuLimits limits) {
    int batch = shape.trainedBatch();
    while (true) {
      try {
        return measure(limits, batch);
      } catch (GpuMemoryException tooLarge) {
        if (batch == 1) {
          throw tooLarge;
        }
        System.out.println(tooLarge.getMessage());
        batch /= 2;
      }
    }
  }

  private Map<String, Object> measure(GpuLimits limits, int batch) {
    TokenBatches data =
        new TokenBatches(
            shape.tokens(2 * batch * shape.trainedTokens()),
            batch,
            shape.trainedTokens(),
            new Seed(1));
    LocalDistillationSettings settings =
        LocalDistillationSettings.DEFAULT
            .withSteps(shape.trainedSteps())
            .withOptimizer(OptimizerSettings.ofRate(1e-4))
            .withDivergenceFactor(100);
    try (BlockLibrary library = ScoringRun.library(shape, parent, shape.trained())) {
      List<Long> marks = new ArrayList<>();
      long start = System.nanoTime();
      new LocalDistiller(settings)
          .withThreads(threads)
          .distill(
              library, library.candidates(), data, done -> marks.add(System.nanoTime() - start))
          .library()
          .close();
      double seconds = (System.nanoTime() - start) / 1e9;
      return figures(limits, library.candidates().asList(), batch, seconds, marks);
    }
  }

  private Map<String, Object> figures(
      GpuLimits limits,
      ImmutableList<Candidate> candidates,
      int batch,
      double seconds,
      List<Long> marks) {
    int tokens = batch * shape.trainedTokens();
    double flops = flopsPerToken(candidates) * tokens * shape.trainedSteps();
    int groups = marks.size() / shape.trainedSteps();
    double steady = steadySeconds(marks);
    double share = flops / seconds / limits.productFlops();
    double steadyShare =
        flops * (shape.trainedSteps() - 1) / shape.trainedSteps() / steady / limits.productFlops();
    System.out.printf(
        Locale.ROOT,
        "distillation of %d candidates in %d groups, %d steps of %d tokens: %.1f s, %.3g TFLOP/s,"
            + " %.0f %% of the matrix rate; without each group's first step %.0f %%%n",
        candidates.size(),
        groups,
        shape.trainedSteps(),
        tokens,
        seconds,
        flops / seconds / 1e12,
        share * 100,
        steadyShare * 100);
    return ImmutableMap.<String, Object>builder()
        .put("candidates", candidates.size())
        .put("groups", groups)
        .put("steps", shape.trainedSteps())
        .put("tokensPerStep", tokens)
        .put("seconds", seconds)
        .put("flops", flops)
        .put("shareOfMatrixRate", share)
        .put("steadyShareOfMatrixRate", steadyShare)
        .buildOrThrow();
  }

  /** The time between the ends of steps of the same group. */
  private double steadySeconds(List<Long> marks) {
    long nanos = 0;
    for (int mark = 0; mark < marks.size(); mark++) {
      if (mark % shape.trainedSteps() > 0) {
        nanos += marks.get(mark) - marks.get(mark - 1);
      }
    }
    return nanos / 1e9;
  }

  private double flopsPerToken(ImmutableList<Candidate> candidates) {
    PassFlops pass = new PassFlops(shape.spec(), shape.trainedTokens());
    double sum = pass.blocks(0, shape.spec().layers());
    for (Candidate candidate : candidates) {
      sum += candidate.accept(new OfCandidate(pass, shape.spec().block(candidate.layer())));
    }
    return sum;
  }

  private record OfCandidate(PassFlops pass, BlockSpec own) implements Candidate.Visitor<Double> {
    @Override
    public Double visit(Candidate.Attention candidate) {
      return trained(candidate.spec()) + 2 * pass.ffn(own.ffn());
    }

    private double trained(AttentionSpec attention) {
      return 3 * pass.matrices(attention) + (1 + BACKWARD_PAIRS) * pass.pairs(attention);
    }

    @Override
    public Double visit(Candidate.Ffn candidate) {
      return 3 * pass.ffn(candidate.spec());
    }

    @Override
    public Double visit(Candidate.Block candidate) {
      return trained(candidate.spec());
    }

    @Override
    public Double visit(Candidate.MultiLayer candidate) {
      return trained(candidate.spec());
    }

    private double trained(BlockSpec block) {
      return trained(block.attention()) + 3 * pass.ffn(block.ffn());
    }
  }
}
