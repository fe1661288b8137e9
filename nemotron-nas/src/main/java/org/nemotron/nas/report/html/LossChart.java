package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary.LossPoint;
import org.nemotron.nas.report.Spread;

/**
 * Loss against step, every curve named at its end. The loss axis is logarithmic; points at or below
 * zero have no place on it and are left out.
 */
final class LossChart {
  private static final int MOST_POINTS = 160;
  private static final double LABEL_HEIGHT = 12.5;

  private final Plot plot;
  private final Box frame;
  private final double width;
  private final double height;
  private final ImmutableList<Line> lines;
  private final String lossTitle;

  /**
   * Prepares a chart of {@code lines} whose loss axis spans {@code losses}.
   *
   * @param roomForNames the width kept free at the right end
   */
  LossChart(
      ImmutableList<Line> lines,
      DoubleSummaryStatistics losses,
      String lossTitle,
      double width,
      double height,
      double roomForNames) {
    this.lines = lines;
    this.lossTitle = lossTitle;
    this.width = width;
    this.height = height;
    this.frame = new Box(66, 10, width - 66 - roomForNames, height - 10 - 46);
    DoubleSummaryStatistics steps = new DoubleSummaryStatistics();
    lines.forEach(line -> line.points().forEach(point -> steps.accept(point.step())));
    double first = steps.getCount() == 0 ? 0 : steps.getMin();
    double last = steps.getCount() == 0 ? 1 : Math.max(steps.getMax(), first + 1);
    this.plot =
        new Plot(
            frame,
            new Scale.Linear(first, last, frame.left(), frame.right()),
            losses.getCount() == 0
                ? Scale.logarithmic(0.1, 1, frame.bottom(), frame.top())
                : Scale.logarithmic(losses.getMin(), losses.getMax(), frame.bottom(), frame.top()));
  }

  /** Returns the range of all losses above zero. */
  static DoubleSummaryStatistics range(ImmutableList<Line> lines) {
    DoubleSummaryStatistics losses = new DoubleSummaryStatistics();
    lines.forEach(line -> line.shown().forEach(point -> losses.accept(point.loss())));
    return losses;
  }

  /** Draws the chart. */
  void draw(Markup page, String title) {
    Plot.openSvg(page, width, height, title);
    plot.drawVerticalAxis(page, lossTitle, 5, NumberText::tick);
    plot.drawHorizontalAxis(page, "step", 6, NumberText::tick);
    ImmutableList<Line> drawn =
        lines.stream()
            .filter(line -> !line.shown().isEmpty())
            .sorted(Comparator.comparingDouble(line -> down(line.end())))
            .collect(ImmutableList.toImmutableList());
    drawn.forEach(line -> drawLine(page, line));
    drawNames(page, drawn);
    page.close();
  }

  private void drawLine(Markup page, Line line) {
    ImmutableList<LossPoint> points = line.shown();
    int stride = Math.max(1, (points.size() + MOST_POINTS - 1) / MOST_POINTS);
    ImmutableList.Builder<Plot.Point> path = ImmutableList.builder();
    for (int i = 0; i < points.size(); i += stride) {
      path.add(place(points.get(i)));
    }
    if ((points.size() - 1) % stride != 0) {
      path.add(place(line.end()));
    }
    String tip = line.name() + ": " + NumberText.tick(line.end().loss()) + " at the end";
    Plot.path(page, "curve l-" + line.style(), path.build(), tip);
  }

  private Plot.Point place(LossPoint point) {
    return new Plot.Point(plot.x().at(point.step()), down(point));
  }

  private double down(LossPoint point) {
    return plot.y().at(point.loss());
  }

  private void drawNames(Markup page, ImmutableList<Line> drawn) {
    double[] wanted = drawn.stream().mapToDouble(line -> down(line.end())).toArray();
    double[] places = Spread.apart(wanted, LABEL_HEIGHT, frame.top() + 4, frame.bottom());
    for (int i = 0; i < places.length; i++) {
      Line line = drawn.get(i);
      double x = frame.right() + 14;
      Plot.Point end = place(line.end());
      ImmutableList<Plot.Point> leader =
          ImmutableList.of(
              end, new Plot.Point(frame.right(), end.y()), new Plot.Point(x - 2, places[i]));
      Plot.path(page, "leader l-" + line.style(), leader, "");
      Plot.text(page, "curve-name t-" + line.style(), x, places[i] + 4, line.shortName());
    }
  }

  /**
   * One curve.
   *
   * @param name the text of its tooltip
   * @param shortName the text at its end
   * @param style the class of its color: attention, ffn, block, or one of s0 to s3
   */
  record Line(String name, String shortName, String style, ImmutableList<LossPoint> points) {
    /** Returns the points that a logarithmic axis can show. */
    ImmutableList<LossPoint> shown() {
      return points.stream()
          .filter(point -> point.loss() > 0)
          .collect(ImmutableList.toImmutableList());
    }

    /** Returns the last of them. */
    LossPoint end() {
      ImmutableList<LossPoint> shown = shown();
      return shown.get(shown.size() - 1);
    }
  }
}
