package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.PairedComparison;
import org.nemotron.core.eval.stats.PairedItems;

/**
 * A child against its parent in a task.
 *
 * @param metric the metric that they are compared by
 * @param figures what the items' figures say
 * @param agreement the share of items to which both answer alike, right or wrong: the same choice,
 *     the same greedy continuation or the same text
 * @param meanLogDifference the mean over continuations of |child - parent|, in nats; NaN where
 *     nothing is scored
 */
public record TaskComparison(
    String metric, PairedComparison figures, double agreement, double meanLogDifference) {

  /**
   * Returns the comparison by the metric that is usually quoted.
   *
   * @throws IllegalArgumentException if the two are not of the same items put in the same way
   */
  public static TaskComparison of(TaskResult parent, TaskResult child, Bootstrap bootstrap) {
    PairedItems items = items(parent, child);
    int alike = 0;
    for (int i = 0; i < items.size(); i++) {
      alike += alike(parent.items().get(i), child.items().get(i)) ? 1 : 0;
    }
    return new TaskComparison(
        parent.metric(),
        PairedComparison.of(items, bootstrap),
        (double) alike / items.size(),
        meanLogDifference(parent, child));
  }

  /**
   * Returns the items' figures by the metric that is usually quoted, in pairs.
   *
   * @throws IllegalArgumentException if the two are not of the same items put in the same way
   */
  public static PairedItems items(TaskResult parent, TaskResult child) {
    checkArgument(
        settings(parent).equals(settings(child)),
        "parent (%s) and child (%s) must be evaluated alike",
        settings(parent),
        settings(child));
    checkArgument(
        parent.items().stream()
            .map(ItemResult::digest)
            .toList()
            .equals(child.items().stream().map(ItemResult::digest).toList()),
        "parent and child must be put the same items of %s.\n"
            + "Maybe the data changed between the two, or one was put fewer items.",
        parent.task());
    return new PairedItems(parent.task(), figures(parent), figures(child), parent.chance());
  }

  private static String settings(TaskResult result) {
    return "%s, version %s, %s shots, %s, by %s"
        .formatted(
            result.task(), result.version(), result.shots(), result.settings(), result.metric());
  }

  private static ImmutableDoubleArray figures(TaskResult result) {
    return ImmutableDoubleArray.copyOf(
        result.items().stream().mapToDouble(item -> item.value(result.metric())));
  }

  private static boolean alike(ItemResult parent, ItemResult child) {
    if (!parent.answer().texts().isEmpty()) {
      return parent.answer().texts().get(0).text().equals(child.answer().texts().get(0).text());
    }
    return parent.chosen() >= 0
        ? parent.chosen() == child.chosen()
        : parent.answer().likelihoods().get(0).greedy()
            == child.answer().likelihoods().get(0).greedy();
  }

  private static double meanLogDifference(TaskResult parent, TaskResult child) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < parent.items().size(); i++) {
      ItemAnswer a = parent.items().get(i).answer();
      ItemAnswer b = child.items().get(i).answer();
      for (int k = 0; k < a.likelihoods().size(); k++) {
        sum +=
            Math.abs(
                b.likelihoods().get(k).logProbability() - a.likelihoods().get(k).logProbability());
        count++;
      }
    }
    return count == 0 ? Double.NaN : sum / count;
  }
}
