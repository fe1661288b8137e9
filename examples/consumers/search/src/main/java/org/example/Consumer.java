package org.example;

import java.util.Map;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.OutcomeJson;
import org.nemotron.nas.search.ProblemJson;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Rule;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchProblem;

/** Solves a search problem: no model, no LibTorch, no OR-Tools. */
public final class Consumer {
  private Consumer() {}

  public static void main(String[] arguments) {
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < 40; layer++) {
      builder.layer(
          Alternative.of("wide", 0, Map.of("ms", 3, "mb", 8)),
          Alternative.of("narrow", 0.1 + 0.01 * layer, Map.of("ms", 2, "mb", 5)),
          Alternative.of("noop", 0.5 + 0.02 * layer, Map.of("ms", 0, "mb", 0)).ofKinds("noop"));
    }
    SearchProblem problem =
        builder
            .budget(Budget.atMost("ms", 80))
            .budget(Budget.atMost("mb", 220))
            .rule(Rule.atMost("noop", 10))
            .build();
    SearchProblem read = ProblemJson.parse(ProblemJson.write(problem));
    SearchOutcome outcome = PuzzleSearch.create().solve(read);
    System.out.println(OutcomeJson.write(outcome).substring(0, 60));
    System.out.println(outcome.orElseThrow().costs());
    System.out.println(
        PuzzleSearch.create()
            .solve(read.toBuilder().rule(Rule.atLeast("noop", 11)).build()));
    System.out.println(PuzzleSearch.create().frontier(read, "ms", 5).points().size() + " points");
  }
}
