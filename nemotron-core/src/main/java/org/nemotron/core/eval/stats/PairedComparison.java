package org.nemotron.core.eval.stats;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.eval.stats.Bootstrap.Draws;
import org.nemotron.core.eval.stats.Bootstrap.Means;

/**
 * A child against its parent on the items of a task.
 *
 * @param task the task's name
 * @param n how many items there are
 * @param parent the parent's mean
 * @param child the child's mean
 * @param difference child minus parent, with its interval
 * @param preserved child divided by parent
 * @param aboveChance the same of what lies above chance
 * @param mcNemar the p-value of McNemar's test that neither is better; NaN where figures are not 1
 *     or 0
 * @param smallestDetectable the smallest difference that would be found with a power of 80 % at a
 *     level of 5 %, the models differing on items as they do
 */
public record PairedComparison(
    String task,
    int n,
    double parent,
    double child,
    Interval difference,
    Preserved preserved,
    Preserved aboveChance,
    double mcNemar,
    double smallestDetectable) {
  /** The normal deviates of 97.5 % and of 80 %, added. */
  private static final double LEVEL_AND_POWER = 1.959963984540054 + 0.8416212335729143;

  private static final double ERRORS_FROM_CHANCE = 2;

  /** Returns the comparison of a task's items. */
  public static PairedComparison of(PairedItems items, Bootstrap bootstrap) {
    Means means = Means.of(items);
    Draws draws = bootstrap.draw(ImmutableList.of(items));
    return new PairedComparison(
        items.task(),
        items.size(),
        means.parent(),
        means.child(),
        draws.of(drawn -> drawn.child() - drawn.parent()),
        preserved(items, draws),
        aboveChance(items, draws),
        items.isRightOrWrong() ? OutcomeTable.of(items).mcNemar() : Double.NaN,
        LEVEL_AND_POWER * errorOfDifference(items));
  }

  /**
   * Returns the mean of the tasks' ratios, child to parent: all tasks are resampled together.
   *
   * @throws IllegalArgumentException if there is no task
   */
  public static Preserved meanPreserved(List<PairedItems> tasks, Bootstrap bootstrap) {
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("there must be a task");
    }
    Optional<String> fault =
        tasks.stream().map(items -> fault(items)).flatMap(Optional::stream).findFirst();
    return fault.isPresent()
        ? new Preserved.NotMeaningful(fault.get())
        : ratio(bootstrap.draw(tasks).interval(PairedComparison::meanRatio), "the mean of ratios");
  }

  private static double meanRatio(ImmutableList<Means> tasks) {
    return tasks.stream().mapToDouble(means -> means.child() / means.parent()).sum() / tasks.size();
  }

  private static Preserved preserved(PairedItems items, Draws draws) {
    Optional<String> fault = fault(items);
    return fault.isPresent()
        ? new Preserved.NotMeaningful(fault.get())
        : ratio(draws.of(drawn -> drawn.child() / drawn.parent()), items.task());
  }

  private static Optional<String> fault(PairedItems items) {
    return Means.of(items).parent() > 0
        ? Optional.empty()
        : Optional.of("the parent has nothing right in " + items.task());
  }

  private static Preserved aboveChance(PairedItems items, Draws draws) {
    double error = deviation(items.parent().toArray()) / Math.sqrt(items.size());
    double above = Means.of(items).parent() - items.chance();
    // A single item has no error; whether one is above chance cannot be said.
    if (!(above > ERRORS_FROM_CHANCE * error)) {
      return new Preserved.NotMeaningful(
          "the parent is within two standard errors of chance in " + items.task());
    }
    double chance = items.chance();
    return ratio(
        draws.of(drawn -> (drawn.child() - chance) / Math.max(0, drawn.parent() - chance)),
        items.task());
  }

  /** A ratio of which some draws divide by nothing has no interval. */
  private static Preserved ratio(Interval interval, String what) {
    return Double.isFinite(interval.low()) && Double.isFinite(interval.high())
        ? new Preserved.Ratio(interval)
        : new Preserved.NotMeaningful("too few items tell parent and chance apart in " + what);
  }

  private static double errorOfDifference(PairedItems items) {
    double[] differences = new double[items.size()];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = items.child().get(i) - items.parent().get(i);
    }
    return deviation(differences) / Math.sqrt(differences.length);
  }

  private static double deviation(double[] values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return values.length < 2 ? Double.NaN : Math.sqrt(squares / (values.length - 1));
  }
}
