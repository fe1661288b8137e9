package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateShards;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.shard.ScoringShards;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How the work of large models is divided among ranks, and how many times as fast that makes them
 * at most: the arithmetic of the stages themselves, with work in place of time. Nothing is run.
 */
@Command(
    name = "schedules",
    mixinStandardHelpOptions = true,
    description = "Prints how the work of 8B, 70B and 405B is divided among ranks (calculated).")
public final class Schedules implements Callable<Integer> {
  private static final ImmutableList<Integer> RANKS = ImmutableList.of(1, 2, 8, 64, 512);
  private static final double MEGA = 1e6;

  @Option(names = "--steps", description = "steps of local distillation")
  private int steps = 1000;

  @Option(names = "--batches", description = "batches that candidates are scored on")
  private int batches = 64;

  @Option(names = "--window", description = "tokens of a window")
  private int window = 2048;

  @Option(names = "--tokens", description = "tokens of a batch")
  private int tokens = 32_768;

  @Option(names = "--ranks", split = ",", description = "numbers of ranks")
  private List<Integer> ranks = new ArrayList<>(RANKS);

  /** Made by the command line. */
  public Schedules() {}

  @Override
  public Integer call() {
    print("8B", RandomModels.LLAMA_8B);
    print("70B", Table3Models.B70.spec());
    print("405B", largest());
    return 0;
  }

  /** Llama-3.1-405B: 126 layers of width 16,384 with 128 query heads and 53,248 channels. */
  private static ModelSpec largest() {
    ModelSpec wide = Table3Models.B70.spec();
    BlockSpec block =
        new BlockSpec(new AttentionSpec.GroupedQuery(128, 8, 128), new FfnSpec.Gated(53_248));
    return new ModelSpec(
        wide.vocabularySize(),
        16_384,
        128,
        wide.headDim(),
        wide.rmsNormEps(),
        wide.rope(),
        wide.maxPositions(),
        false,
        wide.specialTokens(),
        ImmutableList.copyOf(Collections.nCopies(126, block)));
  }

  private void print(String name, ModelSpec parent) {
    ImmutableList<Candidate> candidates = SearchSpace.PAPER.candidates(parent);
    System.out.printf(
        Locale.ROOT,
        "%s: %d layers, %d candidates, %d steps, %d batches; %.0f MB between two ranks a step%n",
        name,
        parent.layers(),
        candidates.size(),
        steps,
        batches,
        2.0 * tokens * parent.width() / MEGA);
    System.out.println("  ranks  distillation  at work  dearest rank  scoring");
    for (int size : ranks) {
      CandidateShards shards = CandidateShards.of(parent, candidates, window, size);
      long all = CandidateShards.of(parent, candidates, window, 1).shards().cost(0);
      long dearest = 0;
      for (int rank = 0; rank < size; rank++) {
        dearest = Math.max(dearest, shards.shards().cost(rank));
      }
      System.out.printf(
          Locale.ROOT,
          "  %5d  %11.1fx  %7d  %11.2f%%  %6.1fx%n",
          size,
          shards.shards().speedup(steps),
          shards.shards().active(),
          100.0 * dearest / all,
          scoring(parent, candidates, size).speedup());
    }
  }

  /** Passes of one candidate: the layers that it runs again, and its own. */
  private ScoringShards scoring(ModelSpec parent, List<Candidate> candidates, int size) {
    ImmutableList.Builder<Long> costs = ImmutableList.builder();
    for (Candidate candidate : candidates) {
      costs.add((long) parent.layers() - candidate.layer() - candidate.layers() + 1);
    }
    return new ScoringShards(costs.build(), parent.layers(), batches, size);
  }
}
