package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.stream.Stream;
import org.nemotron.nas.report.Contender;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.Role;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** Accuracy against throughput: the predicted frontier, and every measured model on it or below. */
final class FrontierChart {
  private static final double WIDTH = 1062;
  private static final double HEIGHT = 470;
  private static final Box FRAME = new Box(72, 16, WIDTH - 72 - 24, HEIGHT - 16 - 56);

  private final RunSummary summary;
  private final Plot plot;
  private final LabelPlacer placer = new LabelPlacer(FRAME);

  FrontierChart(RunSummary summary) {
    this.summary = summary;
    this.plot = plot(summary);
  }

  /** Draws the chart. */
  void draw(Markup page) {
    Plot.openSvg(page, WIDTH, HEIGHT, "Next-token accuracy against generated tokens per second");
    plot.drawVerticalAxis(page, "held-out next-token accuracy (%)", 6, NumberText::tick);
    plot.drawHorizontalAxis(page, "throughput (generated tokens/s)", 8, NumberText::tick);
    drawFrontier(page);
    ImmutableList<Named> models = models();
    models.forEach(model -> placer.avoid(Box.around(across(model), down(model), 10)));
    models.forEach(model -> drawMark(page, model));
    models.forEach(model -> drawLabel(page, model));
    page.close();
  }

  private void drawFrontier(Markup page) {
    ImmutableList<FrontierPoint> points =
        ImmutableList.sortedCopyOf(
            Comparator.comparingDouble(FrontierPoint::tokensPerSecond), summary.frontier());
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
    ModelFigures figures = model.figures();
    String tip =
        model.label()
            + ": "
            + NumberText.rate(figures.tokensPerSecond())
            + " tokens/s, accuracy "
            + NumberText.percent(figures.accuracy())
            + " ("
            + NumberText.percent(figures.accuracyPreserved())
            + " of the parent's), KL "
            + NumberText.nats(figures.klNats())
            + " ± "
            + NumberText.nats(figures.klStandardError());
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
    return plot.x().at(model.figures().tokensPerSecond());
  }

  private double down(Named model) {
    return plot.y().at(100 * model.figures().accuracy());
  }

  /** Returns what is drawn as measured, the most important labels first. */
  private ImmutableList<Named> models() {
    ImmutableList.Builder<Named> children = ImmutableList.builder();
    ImmutableList.Builder<Named> others = ImmutableList.builder();
    for (TargetSummary target : summary.targets()) {
      children.add(new Named(Role.CHILD, Contender.childName(target), target.child()));
      for (Contender contender : Contender.of(target)) {
        Role role = contender.role();
        if (role != Role.CHILD && role != Role.ASSEMBLED) {
          String of = summary.targets().size() > 1 ? " · " + target.name() : "";
          others.add(new Named(role, role.label() + of, contender.figures()));
        }
      }
    }
    Named parent = new Named(Role.PARENT, "parent " + summary.parentName(), summary.parent());
    return ImmutableList.<Named>builder()
        .addAll(children.build())
        .add(parent)
        .addAll(others.build())
        .build();
  }

  private static Plot plot(RunSummary summary) {
    ImmutableList<ModelFigures> drawn =
        Stream.concat(
                Stream.of(summary.parent()),
                summary.targets().stream()
                    .flatMap(target -> Contender.of(target).stream())
                    .filter(contender -> contender.role() != Role.ASSEMBLED)
                    .map(Contender::figures))
            .collect(ImmutableList.toImmutableList());
    DoubleSummaryStatistics rates = new DoubleSummaryStatistics();
    DoubleSummaryStatistics shares = new DoubleSummaryStatistics();
    drawn.forEach(model -> rates.accept(model.tokensPerSecond()));
    drawn.forEach(model -> shares.accept(100 * model.accuracy()));
    summary.frontier().forEach(point -> rates.accept(point.tokensPerSecond()));
    summary.frontier().forEach(point -> shares.accept(100 * point.accuracy()));
    double room = Math.max(0.06 * (rates.getMax() - rates.getMin()), 1e-3 * rates.getMax());
    double above = Math.max(0.08 * (shares.getMax() - shares.getMin()), 0.1);
    return new Plot(
        FRAME,
        new Scale.Linear(rates.getMin() - room, rates.getMax() + room, FRAME.left(), FRAME.right()),
        new Scale.Linear(
            shares.getMin() - above, shares.getMax() + above, FRAME.bottom(), FRAME.top()));
  }

  private record Named(Role role, String label, ModelFigures figures) {}
}
