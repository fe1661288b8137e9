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

/**
 * Simpler ways to choose an architecture, to measure the search against.
 *
 * <p>What they return meets every budget and rule of the problem. They prove nothing about the
 * score, so the bound of their solutions is minus infinity and the gap is infinite. Empty means
 * that the method found no architecture that fits, not that there is none.
 */
public final class Baselines {
  private Baselines() {}

  /**
   * Returns the greedy choice: every budget from above is split evenly over the layers; the layers,
   * by ascending mean score of their candidates, take the candidate of least score that fits their
   * share, and what they leave goes to the next.
   *
   * <p>Source: Puzzle, appendix F.2.2.
   */
  public static Optional<Solution> greedy(SearchProblem problem) {
    LayerGraph network = LayerGraph.of(problem);
    return solution(problem, network, new GreedyChoice(network).path());
  }

  /**
   * Returns a random architecture that fits: random candidates, then random changes, kept when they
   * do not take it further from the budgets, until all are met.
   *
   * @param seed the same seed gives the same architecture
   */
  public static Optional<Solution> random(SearchProblem problem, long seed) {
    LayerGraph network = LayerGraph.of(problem);
    RandomGenerator random = new SplittableRandom(seed);
    return solution(problem, network, new RandomWalk(network, random).path());
  }

  /**
   * Returns the architecture that fits and has most of one cost, usually the parameters; scores
   * play no part.
   *
   * @param costName the cost to have most of
   */
  public static Optional<Solution> mostParameters(SearchProblem problem, String costName) {
    checkArgument(
        problem.costNames().contains(costName),
        "cost %s must be one of the candidates' costs %s",
        costName,
        problem.costNames());
    LayerGraph network = LayerGraph.of(problem);
    double[] less =
        network.alternatives.stream()
            .mapToDouble(a -> -verifyNotNull(a.costs().get(costName)))
            .toArray();
    SolverAnswer answer =
        new ExactSolver()
            .solve(
                network.withObjective(less),
                Deadline.startingNow(Duration.ofDays(365), Deadline.NEVER));
    return answer instanceof SolverAnswer.Best best
        ? solution(problem, network, Optional.of(best.path()))
        : Optional.empty();
  }

  /**
   * Returns the best architecture that fits and has the same candidate everywhere: the same id in
   * every layer, or one after the other where the candidate covers several.
   */
  public static Optional<Solution> homogeneous(SearchProblem problem) {
    LayerGraph network = LayerGraph.of(problem);
    Optional<Path> best =
        IntStream.range(network.firstArc[0], network.firstArc[1])
            .mapToObj(arc -> repeated(network, network.alternatives.get(arc).id()))
            .flatMap(Optional::stream)
            .filter(network::allows)
            .min(Comparator.comparingDouble(network::score));
    return solution(problem, network, best);
  }

  private static Optional<Path> repeated(LayerGraph network, String id) {
    ImmutableIntArray.Builder arcs = ImmutableIntArray.builder();
    int node = 0;
    while (node < network.layers) {
      int here = node;
      OptionalInt next =
          IntStream.range(network.firstArc[here], network.firstArc[here + 1])
              .filter(arc -> network.alternatives.get(arc).id().equals(id))
              .findFirst();
      if (next.isEmpty()) {
        return Optional.empty();
      }
      arcs.add(next.getAsInt());
      node = network.to[next.getAsInt()];
    }
    return Optional.of(new Path(arcs.build()));
  }

  private static Optional<Solution> solution(
      SearchProblem problem, LayerGraph network, Optional<Path> path) {
    return path.filter(network::allows)
        .map(found -> Solutions.of(problem, network, found, Double.NEGATIVE_INFINITY));
  }
}
