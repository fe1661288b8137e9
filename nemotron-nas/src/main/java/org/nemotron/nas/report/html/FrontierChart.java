package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import org.nemotron.nas.report.BenchmarkTable;
import org.nemotron.nas.report.Contender;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.Role;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.TaskFrontier;

/**
 * Accuracy against throughput: the predicted frontier, and every measured model on it or below; or
 * the same models by what they preserve on benchmark tasks, of which nothing is predicted.
 */
final class FrontierChart {
  private static final double WIDTH = 1062;
  private static final double HEIGHT = 470;
  private static final Box FRAME = new Box(72, 16, WIDTH - 72 - 24, HEIGHT - 16 - 56);

  private final String accuracy;
  private final ImmutableList<FrontierPoint> predicted;
  private final ImmutableList<Named> models;
  private final Plot plot;
  private final LabelPlacer placer = new LabelPlacer(FRAME);

  private FrontierChart(
      String accuracy, ImmutableList<FrontierPoint> predicted, ImmutableList<Named> models) {
    this.accuracy = accuracy;
    this.predicted = predicted;
    this.models = models;
    this.plot = plot(predicted, models);
  }

  /** Returns the chart of held-out accuracy. */
  static FrontierChart ofHeldOut(RunSummary summary) {
    return new FrontierChart(
        "held-out next-token accuracy (%)", summary.frontier(), models(summary));
  }

  /** Returns the chart of benchmark tasks, which has a point at least. */
  static FrontierChart ofTasks(RunSummary summary, ImmutableList<TaskFrontier.Point> points) {
    return new FrontierChart(
        "accuracy preserved on benchmark tasks (%)",
        ImmutableList.of(),
        points.stream()
            .map(point -> ofTasks(summary, point))
            .collect(ImmutableList.toImmutableList()));
  }

  /** Draws the chart. */
  void draw(Markup page) {
    Plot.openSvg(page, WIDTH, HEIGHT, accuracy + " against generated tokens per second");
    plot.drawVerticalAxis(page, accuracy, 6, NumberText::tick);
    plot.drawHorizontalAxis(page, "throughput (generated tokens/s)", 8, NumberText::tick);
    drawFrontier(page);
    models.forEach(model -> placer.avoid(Box.around(across(model), down(model), 10)));
    models.forEach(model -> drawMark(page, model));
    models.forEach(model -> drawLabel(page, model));
    page.close();
  }

  private void drawFrontier(Markup page) {
    ImmutableList<FrontierPoint> points =
        ImmutableList.sortedCopyOf(
            Comparator.comparingDouble(FrontierPoint::tokensPerSecond), predicted);
    if (points.isEmpty()) {
      return;
    }
    ImmutableList<Plot.Point> path =
        points.stream()
            .map(
                point ->
                    new Plot.Point(
                        plot.x().at(point.tokensPerSecond()), plot.y().at(100 * point.accuracy())))
            .collect(ImmutableList.toImmutableList());
    Plot.path(page, "frontier", path, "Predicted efficient frontier");
    for (int i = 0; i < path.size(); i++) {
      FrontierPoint point = points.get(i);
      String tip =
          "predicted: "
              + NumberText.rate(point.tokensPerSecond())
              + " tokens/s, accuracy "
              + NumberText.percent(point.accuracy())
              + ", KL "
              + NumberText.nats(point.klNats());
      page.open(
          "circle",
          "class",
          "frontier-dot",
          "cx",
          Markup.at(path.get(i).x()),
          "cy",
          Markup.at(path.get(i).y()),
          "r",
          "3");
      page.element("title", tip).close();
    }
    avoidLine(path);
  }

  /** Keeps labels off the line, by small squares along it. */
  private void avoidLine(ImmutableList<Plot.Point> path) {
    for (int i = 1; i < path.size(); i++) {
      Plot.Point from = path.get(i - 1);
      Plot.Point to = path.get(i);
      int pieces = 1 + (int) (Math.hypot(to.x() - from.x(), to.y() - from.y()) / 8);
      for (int piece = 0; piece <= pieces; piece++) {
        double share = (double) piece / pieces;
        double x = from.x() + share * (to.x() - from.x());
        placer.avoid(Box.around(x, from.y() + share * (to.y() - from.y()), 4));
      }
    }
  }

  private void drawMark(Markup page, Named model) {
    if (model.high() > model.low()) {
      double x = across(model);
      Plot.line(page, "base", x, plot.y().at(model.low()), x, plot.y().at(model.high()));
    }
    String tip =
        model.label()
            + ": "
            + NumberText.rate(model.tokensPerSecond())
            + " tokens/s, "
            + model.tip();
    model.role().mark().draw(page, model.role().style(), across(model), down(model), tip);
  }

  private void drawLabel(Markup page, Named model) {
    Box box = placer.place(across(model), down(model), model.label());
    boolean strong = model.role() == Role.PARENT || model.role() == Role.CHILD;
    boolean leftOfPoint = box.right() < across(model);
    boolean centered = !leftOfPoint && box.left() < across(model);
    String anchor = leftOfPoint ? " end" : centered ? " mid" : "";
    double x = leftOfPoint ? box.right() : centered ? across(model) : box.left();
    Plot.text(
        page,
        (strong ? "label strong" : "label") + anchor,
        x,
        box.top() + LabelPlacer.FONT_SIZE,
        model.label());
  }

  private double across(Named model) {
    return plot.x().at(model.tokensPerSecond());
  }

  private double down(Named model) {
    return plot.y().at(model.accuracy());
  }

  /** Returns what is drawn as measured, the most important labels first. */
  private static ImmutableList<Named> models(RunSummary summary) {
    ImmutableList.Builder<Named> children = ImmutableList.builder();
    ImmutableList.Builder<Named> others = ImmutableList.builder();
    for (TargetSummary target : summary.targets()) {
      children.add(
          ofHeldOut(Role.CHILD, label(summary, Role.CHILD, target.name()), target.child()));
      for (Contender contender : Contender.of(target)) {
        Role role = contender.role();
        if (role != Role.CHILD && role != Role.ASSEMBLED && !contender.foundNone()) {
          others.add(ofHeldOut(role, label(summary, role, target.name()), contender.figures()));
        }
      }
    }
    return ImmutableList.<Named>builder()
        .addAll(children.build())
        .add(ofHeldOut(Role.PARENT, label(summary, Role.PARENT, ""), summary.parent()))
        .addAll(others.build())
        .build();
  }

  private static String label(RunSummary summary, Role role, String target) {
    return switch (role) {
      case PARENT -> "parent " + summary.parentName();
      case CHILD -> Contender.childName(summary.target(target));
      case ASSEMBLED, GREEDY, RANDOM, UNTRAINED ->
          role.label() + (summary.targets().size() > 1 ? " · " + target : "");
    };
  }

  private static Named ofHeldOut(Role role, String label, ModelFigures figures) {
    double height = 100 * figures.accuracy();
    String tip =
        "accuracy "
            + NumberText.percent(figures.accuracy())
            + " ("
            + NumberText.percent(figures.accuracyPreserved())
            + " of the parent's), KL "
            + NumberText.nats(figures.klNats())
            + " ± "
            + NumberText.nats(figures.klStandardError());
    return new Named(role, label, figures.tokensPerSecond(), height, height, height, tip);
  }

  private static Named ofTasks(RunSummary summary, TaskFrontier.Point point) {
    BenchmarkTable.Preserved preserved = point.preserved();
    return new Named(
        point.role(),
        label(summary, point.role(), point.target()),
        point.figures().tokensPerSecond(),
        100 * preserved.value(),
        100 * preserved.low(),
        100 * preserved.high(),
        NumberText.percent(preserved.value()) + " of the parent's figures on the tasks");
  }

  private static Plot plot(ImmutableList<FrontierPoint> predicted, ImmutableList<Named> models) {
    DoubleSummaryStatistics rates = new DoubleSummaryStatistics();
    DoubleSummaryStatistics shares = new DoubleSummaryStatistics();
    for (Named model : models) {
      rates.accept(model.tokensPerSecond());
      shares.accept(model.low());
      shares.accept(model.high());
    }
    predicted.forEach(point -> rates.accept(point.tokensPerSecond()));
    predicted.forEach(point -> shares.accept(100 * point.accuracy()));
    double room = Math.max(0.06 * (rates.getMax() - rates.getMin()), 1e-3 * rates.getMax());
    double above = Math.max(0.08 * (shares.getMax() - shares.getMin()), 0.1);
    return new Plot(
        FRAME,
        new Scale.Linear(rates.getMin() - room, rates.getMax() + room, FRAME.left(), FRAME.right()),
        new Scale.Linear(
            shares.getMin() - above, shares.getMax() + above, FRAME.bottom(), FRAME.top()));
  }

  /** A measured model: accuracy, and the interval that it lies in, in percent. */
  private record Named(
      Role role,
      String label,
      double tokensPerSecond,
      double accuracy,
      double low,
      double high,
      String tip) {}
}
