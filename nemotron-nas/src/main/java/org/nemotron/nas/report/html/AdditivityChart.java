package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import java.util.DoubleSummaryStatistics;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary.AuditedPair;

/** Predicted against measured KL of sampled pairs: on the diagonal, scores may simply be added. */
final class AdditivityChart {
  private static final double WIDTH = 512;
  private static final double HEIGHT = 400;
  private static final double LOGARITHMIC_FROM = 20;
  private static final Box FRAME = new Box(72, 12, WIDTH - 72 - 24, HEIGHT - 12 - 52);

  private final ImmutableList<AuditedPair> pairs;
  private final Plot plot;
  private final DoubleSummaryStatistics range = new DoubleSummaryStatistics();

  AdditivityChart(ImmutableList<AuditedPair> pairs) {
    this.pairs = pairs;
    pairs.forEach(pair -> range.accept(pair.predictedKl()));
    pairs.forEach(pair -> range.accept(pair.measuredKl()));
    this.plot =
        new Plot(FRAME, scale(FRAME.left(), FRAME.right()), scale(FRAME.bottom(), FRAME.top()));
  }

  private Scale scale(double from, double to) {
    boolean wide = range.getMin() > 0 && range.getMax() > LOGARITHMIC_FROM * range.getMin();
    return wide
        ? Scale.logarithmic(range.getMin(), range.getMax(), from, to)
        : Scale.linear(Math.min(0, range.getMin()), range.getMax(), from, to);
  }

  /** Draws the chart; there must be at least one pair. */
  void draw(Markup page) {
    Plot.openSvg(page, WIDTH, HEIGHT, "Measured KL of pairs against the sum of their scores");
    plot.drawVerticalAxis(page, "measured KL of the pair (nats)", 6, NumberText::tick);
    plot.drawHorizontalAxis(page, "sum of the two scores (nats)", 5, NumberText::tick);
    Plot.line(page, "diagonal", FRAME.left(), FRAME.bottom(), FRAME.right(), FRAME.top());
    for (AuditedPair pair : pairs) {
      String tip =
          pair.first()
              + " with "
              + pair.second()
              + ": "
              + NumberText.nats(pair.predictedKl())
              + " predicted, "
              + NumberText.nats(pair.measuredKl())
              + " measured";
      page.open(
          "circle",
          "class",
          "pair",
          "cx",
          Markup.at(plot.x().at(pair.predictedKl())),
          "cy",
          Markup.at(plot.y().at(pair.measuredKl())),
          "r",
          "4.5");
      page.element("title", tip).close();
    }
    page.close();
  }
}
