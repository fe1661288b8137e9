package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Multimaps;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.Spread;
import org.nemotron.nas.report.ThroughputRow;

/**
 * Throughput of a GPU against that of each user: a curve for each model and its formats, named at
 * its highest point, with a mark for each batch size.
 */
final class ThroughputChart {
  private static final double WIDTH = 1062;
  private static final double HEIGHT = 430;
  private static final double ROOM_FOR_NAMES = 250;
  private static final double LABEL_HEIGHT = 14;
  private static final Box FRAME = new Box(84, 16, WIDTH - 84 - ROOM_FOR_NAMES, HEIGHT - 16 - 56);

  private static final ImmutableList<Mark> MARKS =
      ImmutableList.of(Mark.CIRCLE, Mark.SQUARE, Mark.DIAMOND, Mark.TRIANGLE_UP);

  private final ImmutableListMultimap<String, ThroughputRow> curves;
  private final Plot plot;

  /**
   * Prepares a chart.
   *
   * @param rows of one scenario, at least one
   */
  ThroughputChart(ImmutableList<ThroughputRow> rows) {
    this.curves = curves(rows);
    DoubleSummaryStatistics users = new DoubleSummaryStatistics();
    DoubleSummaryStatistics rates = new DoubleSummaryStatistics();
    rows.forEach(row -> users.accept(row.tokensPerSecondAndUser()));
    rows.forEach(row -> rates.accept(row.tokensPerSecond()));
    this.plot =
        new Plot(
            FRAME,
            Scale.linear(0, users.getMax(), FRAME.left(), FRAME.right()),
            Scale.linear(0, rates.getMax(), FRAME.bottom(), FRAME.top()));
  }

  /** Returns whether a curve has two points. */
  static boolean hasCurve(ImmutableList<ThroughputRow> rows) {
    return curves(rows).asMap().values().stream().anyMatch(curve -> curve.size() > 1);
  }

  private static ImmutableListMultimap<String, ThroughputRow> curves(
      ImmutableList<ThroughputRow> rows) {
    return Multimaps.index(
        ImmutableList.sortedCopyOf(
            Comparator.comparing(ThroughputRow::model).thenComparingInt(ThroughputRow::batch),
            rows),
        ThroughputChart::name);
  }

  private static String name(ThroughputRow row) {
    String gpus = row.gpus() == 1 ? "" : ", " + NumberText.count(row.gpus()) + " GPUs";
    return row.model() + ", " + row.formats() + gpus;
  }

  /** Draws the chart. */
  void draw(Markup page, String scenario) {
    Plot.openSvg(page, WIDTH, HEIGHT, scenario + ": tokens per second and GPU, and per user");
    plot.drawVerticalAxis(page, "tokens/s and GPU", 6, NumberText::tick);
    plot.drawHorizontalAxis(page, "tokens/s and user", 8, NumberText::tick);
    ImmutableList<String> names = curves.keySet().asList();
    for (int i = 0; i < names.size(); i++) {
      drawCurve(page, names.get(i), i);
    }
    drawNames(page, names);
    page.close();
  }

  private void drawCurve(Markup page, String name, int index) {
    ImmutableList<ThroughputRow> rows = curves.get(name);
    String style = "s" + index % MARKS.size();
    Plot.path(
        page,
        "curve l-" + style,
        rows.stream().map(this::place).collect(ImmutableList.toImmutableList()),
        name);
    for (ThroughputRow row : rows) {
      Plot.Point at = place(row);
      String tip =
          name
              + ": batch "
              + NumberText.count(row.batch())
              + ", "
              + NumberText.rate(row.tokensPerSecond())
              + " tokens/s, "
              + NumberText.rate(row.tokensPerSecondAndUser())
              + " for each";
      MARKS.get(index % MARKS.size()).draw(page, "t-" + style, at.x(), at.y(), tip);
    }
  }

  private Plot.Point place(ThroughputRow row) {
    return new Plot.Point(
        plot.x().at(row.tokensPerSecondAndUser()), plot.y().at(row.tokensPerSecond()));
  }

  /** Names curves at the right, in the order of their heights, with lines to their ends. */
  private void drawNames(Markup page, ImmutableList<String> names) {
    ImmutableList<String> fromTop =
        ImmutableList.sortedCopyOf(Comparator.comparingDouble(name -> end(name).y()), names);
    double[] wanted = fromTop.stream().mapToDouble(name -> end(name).y()).toArray();
    double[] places = Spread.apart(wanted, LABEL_HEIGHT, FRAME.top() + 4, FRAME.bottom());
    for (int i = 0; i < places.length; i++) {
      String style = "s" + names.indexOf(fromTop.get(i)) % MARKS.size();
      double x = FRAME.right() + 14;
      Plot.path(
          page,
          "leader l-" + style,
          ImmutableList.of(end(fromTop.get(i)), new Plot.Point(x - 2, places[i])),
          "");
      Plot.text(page, "curve-name t-" + style, x, places[i] + 4, shortName(fromTop.get(i)));
    }
  }

  /** Returns what not all curves have in their names: the model's name where nothing differs. */
  private String shortName(String name) {
    String differing = CommonParts.of(curves.keySet()).without(name);
    return differing.isEmpty() ? curves.get(name).get(0).model() : differing;
  }

  /** Returns the point of the smallest batch, which is furthest to the right. */
  private Plot.Point end(String name) {
    return place(curves.get(name).get(0));
  }
}
