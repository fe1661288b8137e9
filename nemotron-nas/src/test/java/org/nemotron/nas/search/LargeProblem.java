package org.nemotron.nas.search;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Problems of many layers. */
final class LargeProblem {
  private static final int CANDIDATES = 24;

  private LargeProblem() {}

  /** Returns a problem whose scores and three costs are unrelated: the hardest kind. */
  static SearchProblem withRandomCosts(int layers) {
    Random random = new Random(12);
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < layers; layer++) {
      List<Alternative> candidates = new ArrayList<>();
      for (int i = 0; i < CANDIDATES; i++) {
        ImmutableMap<String, Double> costs =
            ImmutableMap.of(
                "a", random.nextDouble(), "b", random.nextDouble(), "c", random.nextDouble());
        candidates.add(Alternative.of("c" + i, random.nextDouble(), costs));
      }
      builder.layer(candidates);
    }
    for (String cost : List.of("a", "b", "c")) {
      builder.budget(Budget.atMost(cost, 0.35 * layers));
    }
    return builder.build();
  }

  /** Returns a problem whose candidates cost the same in every layer, as in real libraries. */
  static SearchProblem withRepeatedCosts(int layers) {
    Random random = new Random(11);
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < layers; layer++) {
      double sensitivity = Math.exp(random.nextGaussian());
      List<Alternative> candidates = new ArrayList<>();
      for (int i = 0; i < CANDIDATES; i++) {
        double kept = 1 - i / (CANDIDATES - 1.0);
        candidates.add(
            Alternative.of(
                "c" + i,
                sensitivity * Math.pow(1 - kept, 1.7) * Math.exp(0.1 * random.nextGaussian()),
                ImmutableMap.of(
                    "memoryBytes", 1.7e9 * kept, "latencyNanos", 1e6 * Math.rint(90 * kept))));
      }
      builder.layer(candidates);
    }
    return builder
        .budget(Budget.atMost("memoryBytes", 0.6 * 1.7e9 * layers))
        .budget(Budget.atMost("latencyNanos", 0.58 * 9e7 * layers))
        .build();
  }

  /** Solves one and prints its score: what a fresh virtual machine does for one search. */
  public static void main(String... args) {
    SearchOutcome outcome = PuzzleSearch.create().solve(withRepeatedCosts(80));
    System.out.println("score " + outcome.orElseThrow().score());
  }
}
