package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.cost.DeviceLimits;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateFlops;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;

/**
 * Scores of every pair of alternatives of every layer: puzzletron's documented run in its own
 * shape. Sub-blocks are scored, and the pairs added.
 */
record ScoringRun(TrainingShape shape, HeterogeneousModel parent, int threads, SharedWork shared) {
  private static final InitSettings PLAIN_START =
      new InitSettings(
          InitSettings.ChannelImportance.INDEPENDENT,
          InitSettings.KvHeadStart.MEAN_POOLING,
          1,
          false);

  /** Returns a library whose candidates start from the parent's weights. */
  static BlockLibrary library(TrainingShape shape, HeterogeneousModel parent, SearchSpace space) {
    int window = Math.min(512, shape.trainedTokens());
    TokenBatches data = new TokenBatches(shape.tokens(4 * window), 1, window, new Seed(1));
    return new Calibrator(PLAIN_START).calibrate(parent, space, data);
  }

  /** Scores, prints a line, and returns the figures. */
  Map<String, Object> measure(DeviceLimits limits) {
    try (BlockLibrary library = library(shape, parent, shape.scored())) {
      int candidatesPerPass = shape.candidatesPerPass();
      while (true) {
        try {
          return measure(library, limits, candidatesPerPass);
        } catch (GpuMemoryException tooLarge) {
          if (candidatesPerPass == 1 || shared.isShared()) { // ranks go on together or not at all
            throw tooLarge;
          }
          System.out.println(tooLarge.getMessage());
          candidatesPerPass--;
        }
      }
    }
  }

  private Map<String, Object> measure(
      BlockLibrary library, DeviceLimits limits, int candidatesPerPass) {
    EvaluationBatches data =
        new EvaluationBatches(
            shape.tokens(shape.scoredSequences() * shape.scoredTokens()),
            shape.scoredBatch(),
            shape.scoredTokens(),
            shape.scoredSequences());
    ScoringSettings settings = ScoringSettings.DEFAULT.withCandidatesPerPass(candidatesPerPass);
    BlockScorer scorer = new BlockScorer(settings).withThreads(threads).withRanks(shared.ranks());
    long start = System.nanoTime();
    SharedWork.Timed<ScoreTable> scored =
        shared.timed(
            "scoring",
            () ->
                scorer.score(
                    library,
                    data,
                    done ->
                        shared.say(
                            "scoring: batch %d of %d after %.1f s",
                            done, data.batches(), (System.nanoTime() - start) / 1e9)));
    double seconds = scored.seconds();
    ImmutableDoubleArray pairs = pairs(scored.result());
    double flops = flops(library);
    double share = flops / seconds / limits.productFlops() / shared.ranks().size();
    shared.say(
        "scoring %d candidates (%d evaluations) on %d x %d tokens: %.1f s, %.3g TFLOP/s,"
            + " %.0f %% of the matrix rate",
        pairs.length(),
        library.candidates().size(),
        shape.scoredSequences(),
        shape.scoredTokens(),
        seconds,
        flops / seconds / 1e12,
        share * 100);
    return ImmutableMap.<String, Object>builder()
        .put("candidates", pairs.length())
        .put("leastKlNats", pairs.stream().min().orElseThrow())
        .put("mostKlNats", pairs.stream().max().orElseThrow())
        .put("evaluations", library.candidates().size())
        .put("sequences", shape.scoredSequences())
        .put("tokens", shape.scoredTokens())
        .put("batch", shape.scoredBatch())
        .put("candidatesPerPass", candidatesPerPass)
        .put("ranks", shared.ranks().size())
        .put("seconds", seconds)
        .put("flops", flops)
        .put("shareOfMatrixRate", share)
        .buildOrThrow();
  }

  /** Returns the scores of all blocks other than the parent's, in nats. */
  private ImmutableDoubleArray pairs(ScoreTable scores) {
    ImmutableDoubleArray.Builder pairs = ImmutableDoubleArray.builder();
    for (int layer = 0; layer < shape.spec().layers(); layer++) {
      BlockSpec own = shape.spec().block(layer);
      for (BlockSpec pair : blocks(own)) {
        if (!pair.equals(own)) {
          BlockChoice choice = new BlockChoice.Decoupled(layer, pair);
          pairs.add(scores.score(shape.spec(), choice).klNats());
        }
      }
    }
    return pairs.build();
  }

  private List<BlockSpec> blocks(BlockSpec own) {
    List<BlockSpec> blocks = new ArrayList<>();
    for (AttentionSpec attention :
        Iterables.concat(
            List.of(own.attention()), shape.scored().attentionAlternatives(own.attention()))) {
      for (FfnSpec ffn :
          Iterables.concat(List.of(own.ffn()), shape.scored().ffnAlternatives(own.ffn()))) {
        blocks.add(new BlockSpec(attention, ffn));
      }
    }
    return blocks;
  }

  /** The parent once; for each candidate what stands in, the layers behind it, and the head. */
  private double flops(BlockLibrary library) {
    PassFlops pass = new PassFlops(shape.spec(), shape.scoredTokens());
    int layers = shape.spec().layers();
    double perToken = pass.blocks(0, layers) + pass.head();
    for (Candidate candidate : library.candidates()) {
      int next = candidate.layer() + candidate.layers();
      perToken +=
          new CandidateFlops(pass).replaced(candidate) + pass.blocks(next, layers) + pass.head();
    }
    return perToken * shape.scoredSequences() * shape.scoredTokens();
  }
}
