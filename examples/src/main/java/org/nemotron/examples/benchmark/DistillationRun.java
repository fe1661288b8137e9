package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.cost.DeviceLimits;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateFlops;

/**
 * Blockwise local distillation of a few candidates of every layer, for a few steps.
 *
 * <p>Useful work is one pass of the parent, and each candidate's forward and backward pass; of a
 * frozen FFN behind an attention that is trained, the gradient of its input only.
 */
record DistillationRun(
    TrainingShape shape, HeterogeneousModel parent, int threads, SharedWork shared) {

  /** Distils, prints a line, and returns the figures. */
  Map<String, Object> measure(DeviceLimits limits) {
    int batch = shape.trainedBatch();
    while (true) {
      try {
        return measure(limits, batch);
      } catch (GpuMemoryException tooLarge) {
        if (batch == 1 || shared.isShared()) { // ranks go on together or not at all
          throw tooLarge;
        }
        System.out.println(tooLarge.getMessage());
        batch /= 2;
      }
    }
  }

  private Map<String, Object> measure(DeviceLimits limits, int batch) {
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
      LocalDistiller distiller =
          new LocalDistiller(settings).withThreads(threads).withRanks(shared.ranks());
      SharedWork.Timed<LocalDistillation> done =
          shared.timed(
              "local distillation",
              () ->
                  distiller.distill(
                      library, library.candidates(), data, step -> marks.add(System.nanoTime())));
      done.result().library().close();
      return figures(limits, library.candidates().asList(), batch, done.seconds(), marks);
    }
  }

  private Map<String, Object> figures(
      DeviceLimits limits,
      ImmutableList<Candidate> candidates,
      int batch,
      double seconds,
      List<Long> marks) {
    int tokens = batch * shape.trainedTokens();
    double flops = flopsPerToken(candidates) * tokens * shape.trainedSteps();
    int groups = marks.size() / shape.trainedSteps();
    double steady = steadySeconds(marks);
    double share = flops / seconds / limits.productFlops() / shared.ranks().size();
    double steadyShare =
        flops
            * (shape.trainedSteps() - 1)
            / shape.trainedSteps()
            / steady
            / limits.productFlops()
            / shared.ranks().size();
    shared.say(
        "distillation of %d candidates in %d groups, %d steps of %d tokens: %.1f s, %.3g TFLOP/s,"
            + " %.0f %% of the matrix rate; without each group's first step %.0f %%",
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
        .put("ranks", shared.ranks().size())
        .put("seconds", seconds)
        .put("flops", flops)
        .put("shareOfMatrixRate", share)
        .put("steadyShareOfMatrixRate", steadyShare)
        .buildOrThrow();
  }

  /** The time between the ends of steps of the same group; of ranks, of rank 0's layers. */
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
    CandidateFlops work = new CandidateFlops(pass);
    return pass.blocks(0, shape.spec().layers())
        + candidates.stream().mapToDouble(work::trained).sum();
  }
}
