package org.nemotron.nas.search;

/**
 * Whether the best architecture is really better than the next one, given the standard errors of
 * the scores.
 *
 * @param best the best architecture
 * @param runnerUp the best one that differs from it in at least as many layers as the problem asks
 * @param probability that the true score of the best one is the lower one: the scores of different
 *     alternatives are taken as independent and normally distributed, and what both architectures
 *     share cancels. One half when the scores are equal; 0.5 or 1 when no standard error is known
 */
public record Confidence(Solution best, Solution runnerUp, double probability) {

  static Confidence of(Solution best, Solution runnerUp) {
    double variance = varianceOfRest(best, runnerUp) + varianceOfRest(runnerUp, best);
    double lead = runnerUp.score() - best.score();
    double probability = lead == 0 ? 0.5 : NormalDistribution.below(lead / Math.sqrt(variance));
    return new Confidence(best, runnerUp, probability);
  }

  private static double varianceOfRest(Solution solution, Solution other) {
    return solution.choices().stream()
        .filter(choice -> !other.choices().contains(choice))
        .mapToDouble(choice -> choice.alternative().standardError())
        .map(error -> error * error)
        .sum();
  }
}
