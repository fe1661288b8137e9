package org.nemotron.nas.search;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/**
 * Generates problems too large for brute force: twenty layers, twelve candidates, three budgets.
 */
public final class MediumProblems {
  private static final int LAYERS = 20;
  private static final int CANDIDATES = 12;

  private MediumProblems() {}

  /** Returns problems, feasible or not. */
  public static Arbitrary<SearchProblem> any() {
    return Arbitraries.randomValue(MediumProblems::problem);
  }

  /** Returns whether some architecture fits. */
  public static boolean isFeasible(SearchProblem problem) {
    return PuzzleSearch.create().solve(problem) instanceof SearchOutcome.Found;
  }

  private static SearchProblem problem(Random random) {
    SearchProblem.Builder builder = SearchProblem.builder();
    boolean repeating = random.nextBoolean();
    for (int layer = 0; layer < LAYERS; layer++) {
      Random costs = new Random(repeating ? 7 : random.nextLong());
      List<Alternative> candidates = new ArrayList<>();
      for (int i = 0; i < CANDIDATES; i++) {
        int covers = random.nextInt(10) == 0 && layer < LAYERS - 1 ? 2 : 1;
        candidates.add(
            Alternative.of(
                    "c" + i,
                    covers * random.nextDouble(),
                    ImmutableMap.of(
                        "a", covers * costs.nextDouble(),
                        "b", covers * costs.nextDouble(),
                        "c", covers * costs.nextDouble()))
                .covering(covers));
      }
      builder.layer(candidates);
    }
    return builder
        .budget(Budget.atMost("a", LAYERS * (0.25 + 0.2 * random.nextDouble())))
        .budget(Budget.between("b", LAYERS * 0.3, LAYERS * 0.45))
        .budget(Budget.atMost("c", LAYERS * (0.25 + 0.2 * random.nextDouble())))
        .build();
  }
}
