package org.nemotron.core.eval.stats;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.List;

/**
 * The figures of two models, parent and child, on the same items of a task.
 *
 * @param task the task's name
 * @param parent the parent's figure of each item: 1 or 0 for right or wrong, or a share between
 * @param child the child's, in the same order
 * @param chance the mean that one who guesses reaches; 0 where nothing is chosen
 */
public record PairedItems(
    String task, ImmutableDoubleArray parent, ImmutableDoubleArray child, double chance) {
  /** Checks that the items are the same in number, at least one, and finite. */
  public PairedItems {
    checkArgument(
        parent.length() == child.length() && !parent.isEmpty(),
        "parent (%s items) and child (%s items) of %s must have the same items, at least one",
        parent.length(),
        child.length(),
        task);
    checkArgument(
        parent.stream().allMatch(Double::isFinite) && child.stream().allMatch(Double::isFinite),
        "every figure of %s must be finite",
        task);
    checkArgument(0 <= chance && chance < 1, "chance (%s) must be in [0, 1)", chance);
  }

  /** Returns the items of several tasks as those of one, such as the subjects of MMLU. */
  public static PairedItems pooled(String name, List<PairedItems> parts) {
    ImmutableDoubleArray.Builder parent = ImmutableDoubleArray.builder();
    ImmutableDoubleArray.Builder child = ImmutableDoubleArray.builder();
    double guessed = 0;
    for (PairedItems part : parts) {
      parent.addAll(part.parent());
      child.addAll(part.child());
      guessed += part.chance() * part.size();
    }
    int size = parent.build().length();
    return new PairedItems(name, parent.build(), child.build(), size == 0 ? 0 : guessed / size);
  }

  /** Returns how many items there are. */
  public int size() {
    return parent.length();
  }

  /** Returns whether every figure is 1 or 0. */
  public boolean isRightOrWrong() {
    return parent.stream().allMatch(PairedItems::isOutcome)
        && child.stream().allMatch(PairedItems::isOutcome);
  }

  private static boolean isOutcome(double value) {
    return value == 0 || value == 1;
  }
}
