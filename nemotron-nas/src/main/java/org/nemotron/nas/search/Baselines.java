package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.nemotron.nas.search.exact.ExactSolver;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * Simpler ways to choose an architecture, to measure the search against.
 *
 * <p>Their solutions respect every budget and rule of the problem. They prove nothing about the
 * score, so the bound of their solutions is minus infinity and the gap is infinite. Empty means
 * that the method found no architecture that fits, not that there is none.
 */
public final class Baselines {
  private Baselines() {}

  /**
   * Returns the greedy choice: every budget from above is split evenly over the layers; the layers,
   * by ascending mean score of their candidates, take the candidate of least score that fits their
   * share, and what is left of it is added to the next layer's share. What layers with a single
   * candidate take, such as those that are kept as they are, is set aside before.
   *
   * <p>Source: Puzzle, appendix F.2.2.
   */
  public static Optional<Solution> greedy(SearchProblem problem) {
    Formulation formulation = Formulation.of(problem);
    return solution(formulation, new GreedyChoice(formulation.paths()).path());
  }

  /**
   * Returns a random architecture that fits: random candidates, then random changes, kept when they
   * do not take it further from the budgets, until all are respected.
   *
   * @param seed the same seed gives the same architecture
   */
  public static Optional<Solution> random(SearchProblem problem, long seed) {
    Formulation formulation = Formulation.of(problem);
    RandomGenerator random = new SplittableRandom(seed);
    return solution(formulation, new RandomWalk(formulation.paths(), random).path());
  }

  /**
   * Returns the architecture that fits and has most of one cost, usually the parameters, whatever
   * its score.
   *
   * @param costName the cost to maximize
   */
  public static Optional<Solution> mostParameters(SearchProblem problem, String costName) {
    checkArgument(
        problem.costNames().contains(costName),
        "cost %s must be one of the candidates' costs %s",
        costName,
        problem.costNames());
    Formulation formulation = Formulation.of(problem);
    double[] less =
        formulation.alternatives().stream()
            .mapToDouble(a -> -verifyNotNull(a.costs().get(costName)))
            .toArray();
    SolverAnswer answer =
        new ExactSolver()
            .solve(
                formulation.paths().withObjective(less),
                Deadline.startingNow(Duration.ofDays(365), Deadline.NEVER));
    return answer instanceof SolverAnswer.Best best
        ? solution(formulation, Optional.of(best.path()))
        : Optional.empty();
  }

  /**
   * Returns the best architecture that fits and has the same candidate everywhere: the same id in
   * every layer, or one after the other where the candidate covers several.
   */
  public static Optional<Solution> homogeneous(SearchProblem problem) {
    Formulation formulation = Formulation.of(problem);
    PathProblem paths = formulation.paths();
    Optional<Path> best =
        IntStream.range(paths.graph().firstArc(0), paths.graph().endArc(0))
            .mapToObj(arc -> repeated(formulation, formulation.alternatives().get(arc).id()))
            .flatMap(Optional::stream)
            .filter(paths::allows)
            .min(Comparator.comparingDouble(paths::objective));
    return solution(formulation, best);
  }

  private static Optional<Path> repeated(Formulation formulation, String id) {
    LayerGraph graph = formulation.paths().graph();
    ImmutableIntArray.Builder arcs = ImmutableIntArray.builder();
    int node = 0;
    while (node < graph.lastNode()) {
      int here = node;
      OptionalInt next =
          IntStream.range(graph.firstArc(here), graph.endArc(here))
              .filter(arc -> formulation.alternatives().get(arc).id().equals(id))
              .findFirst();
      if (next.isEmpty()) {
        return Optional.empty();
      }
      arcs.add(next.getAsInt());
      node = graph.to(next.getAsInt());
    }
    return Optional.of(new Path(arcs.build()));
  }

  private static Optional<Solution> solution(Formulation formulation, Optional<Path> path) {
    return path.filter(formulation.paths()::allows)
        .map(found -> Solutions.of(formulation, found, Double.NEGATIVE_INFINITY));
  }
}
