package org.nemotron.nas.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * Parent and children on benchmark tasks. Immutable.
 *
 * @param rows one for each benchmark; none where the plan names no tasks
 * @param meanPreserved for each child the mean of its ratios over the benchmarks: none where a
 *     benchmark has no ratio, else one
 * @param baselines the same of the models that children are compared with; none unless the plan
 *     wants them
 * @param missing benchmarks of the plan that have no figures
 */
public record BenchmarkTable(
    ImmutableList<Row> rows,
    ImmutableList<ImmutableList<Preserved>> meanPreserved,
    ImmutableList<Baseline> baselines,
    ImmutableList<Missing> missing) {
  /** No benchmarks. */
  public static final BenchmarkTable NONE =
      new BenchmarkTable(
          ImmutableList.of(), ImmutableList.of(), ImmutableList.of(), ImmutableList.of());

  /** Checks that all rows have the same children. */
  public BenchmarkTable {
    for (Row row : rows) {
      checkArgument(
          row.children().size() == meanPreserved.size(),
          "%s: children (%s) must be as many as means (%s)",
          row.benchmark(),
          row.children().size(),
          meanPreserved.size());
    }
  }

  /** Returns whether the plan names no benchmark. */
  public boolean isEmpty() {
    return rows.isEmpty() && missing.isEmpty();
  }

  /**
   * A benchmark without figures.
   *
   * @param benchmark its name
   * @param metric the figure that it would have
   * @param state what was not done, such as "not graded"
   * @param reason why, in words
   */
  public record Missing(String benchmark, String metric, String state, String reason) {}

  /**
   * A benchmark.
   *
   * @param benchmark the task's or group's name
   * @param version its version
   * @param shots how many solved examples stood before each item
   * @param items how many items there are
   * @param metric by which the figures are
   * @param share whether the figures are shares, which are shown in percent
   * @param parent the parent's figure
   * @param children of each target's child, in the order of the targets
   */
  public record Row(
      String benchmark,
      String version,
      int shots,
      int items,
      String metric,
      boolean share,
      Figure parent,
      ImmutableList<Child> children) {}

  /**
   * A figure.
   *
   * @param value mean over the items
   * @param standardError of {@code value}; 0 where it is not known, as of a single item
   */
  public record Figure(double value, double standardError) {
    /** Checks that both are numbers. */
    public Figure {
      checkArgument(
          Double.isFinite(value) && Double.isFinite(standardError),
          "figure (%s ± %s) must be finite",
          value,
          standardError);
    }
  }

  /**
   * A child's figure.
   *
   * @param preserved child divided by parent: none where that says nothing, else one
   */
  public record Child(Figure figure, ImmutableList<Preserved> preserved) {}

  /**
   * A model that a target's child is compared with.
   *
   * @param target the target's name
   * @param role what the model is
   * @param meanPreserved the mean of its ratios over the benchmarks: none where a benchmark has no
   *     ratio, else one
   */
  public record Baseline(String target, Role role, ImmutableList<Preserved> meanPreserved) {}

  /**
   * A ratio, child to parent, and its 95 % interval by a paired bootstrap.
   *
   * @param value the ratio
   * @param low the lower end
   * @param high the upper end
   */
  public record Preserved(double value, double low, double high) {
    /** Checks that all are numbers. */
    public Preserved {
      checkArgument(
          Double.isFinite(value) && Double.isFinite(low) && Double.isFinite(high),
          "preserved (%s, %s to %s) must be finite",
          value,
          low,
          high);
    }
  }
}
