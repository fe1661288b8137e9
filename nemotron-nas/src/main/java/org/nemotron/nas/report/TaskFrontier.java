package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.nas.report.BenchmarkTable.Preserved;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** What measured models preserve of the parent's accuracy on benchmark tasks, at their speed. */
public final class TaskFrontier {
  private static final Preserved WHOLE = new Preserved(1, 1, 1);

  private TaskFrontier() {}

  /**
   * A model.
   *
   * @param role what it is
   * @param target the target's name; empty for the parent
   * @param figures its speed is one axis
   * @param preserved the mean over the benchmarks of its figure divided by the parent's: the other
   */
  public record Point(Role role, String target, ModelFigures figures, Preserved preserved) {}

  /**
   * Returns the parent, the children, and the baselines that were put to the tasks; nothing where
   * the plan names no tasks, or no child has a ratio in all of them.
   */
  public static ImmutableList<Point> of(RunSummary summary) {
    ImmutableList.Builder<Point> points = ImmutableList.builder();
    BenchmarkTable table = summary.benchmarks();
    for (int child = 0; child < table.meanPreserved().size(); child++) {
      TargetSummary target = summary.targets().get(child);
      table.meanPreserved().get(child).stream()
          .map(mean -> new Point(Role.CHILD, target.name(), target.child(), mean))
          .forEach(points::add);
    }
    for (BenchmarkTable.Baseline baseline : table.baselines()) {
      figures(summary.target(baseline.target()), baseline.role())
          .ifPresent(
              figures ->
                  baseline.meanPreserved().stream()
                      .map(mean -> new Point(baseline.role(), baseline.target(), figures, mean))
                      .forEach(points::add));
    }
    ImmutableList<Point> measured = points.build();
    return measured.isEmpty()
        ? measured
        : ImmutableList.<Point>builder()
            .add(new Point(Role.PARENT, "", summary.parent(), WHOLE))
            .addAll(measured)
            .build();
  }

  private static Optional<ModelFigures> figures(TargetSummary target, Role role) {
    return Contender.of(target).stream()
        .filter(contender -> contender.role() == role)
        .map(Contender::figures)
        .findFirst();
  }
}
