package org.nemotron.nas.search;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A table of 200 layers and 100 candidates whose memory repeats every ten candidates: thousands of
 * architectures cost just what the budgets allow. A user's search of it ended without memory.
 */
final class HardTable {
  private static final int LAYERS = 200;
  private static final int CANDIDATES = 100;

  private HardTable() {}

  static SearchProblem problem() {
    Random random = new Random(5);
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < LAYERS; layer++) {
      List<Alternative> candidates = new ArrayList<>();
      for (int i = 0; i < CANDIDATES; i++) {
        double size = (i + 1) / (double) CANDIDATES;
        ImmutableMap<String, Double> costs =
            ImmutableMap.of(
                "ms", size * 3, "mb", (i % 10) * 2.0 + size, "params", Math.ceil(size * 20));
        candidates.add(Alternative.of("c" + i, (1 - size) * (0.5 + random.nextDouble()), costs));
      }
      builder.layer(candidates);
    }
    return builder
        .budget(Budget.atMost("ms", 300))
        .budget(Budget.atMost("mb", 1500))
        .budget(Budget.between("params", 900, 2200))
        .build();
  }

  /** Solves it, then another with next to no memory for labels, and asks for a solver not there. */
  public static void main(String... args) {
    SearchOutcome.Found proven = (SearchOutcome.Found) PuzzleSearch.create().solve(problem());
    System.out.println(proven.ending() + " gap " + proven.best().gap());
    SearchOutcome.Found cramped =
        (SearchOutcome.Found)
            PuzzleSearch.builder()
                .memoryShare(1e-6)
                .build()
                .solve(LargeProblem.withRandomCosts(120));
    boolean small = cramped.best().gap() > 0 && cramped.best().gap() < 0.05;
    System.out.println(cramped.ending() + (small ? " gap small" : " gap " + cramped.best().gap()));
    try {
      PuzzleSearch search = PuzzleSearch.builder().method(PuzzleSearch.Method.SCIP).build();
      System.out.println(search.solve(problem()).elapsed());
    } catch (IllegalStateException e) {
      System.out.println(e.getMessage());
    }
  }
}
