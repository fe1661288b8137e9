package org.nemotron.nas.report.html;

import org.nemotron.nas.report.Prediction;

/**
 * The distance of a measurement from its prediction, with the band of ten percent to either side.
 */
final class DeviationBar {
  private static final double WIDTH = 220;
  private static final double HEIGHT = 26;
  private static final double MOST = 0.3;
  private static final double GOAL = 0.1;
  private static final Scale.Linear ACROSS = new Scale.Linear(-MOST, MOST, 12, WIDTH - 12);

  private DeviationBar() {}

  /** Draws the bar; a value beyond the scale is drawn as an arrow at its end. */
  static void draw(Markup page, Prediction prediction) {
    double off =
        prediction.predicted() == 0
            ? 0
            : (prediction.measured() - prediction.predicted()) / Math.abs(prediction.predicted());
    double shown = Math.max(-MOST, Math.min(MOST, off));
    double middle = HEIGHT / 2;
    Plot.openSvg(page, WIDTH, HEIGHT, "Measured against predicted: " + prediction.change());
    double left = ACROSS.at(-GOAL);
    Plot.box(page, "band", new Box(left, 3, ACROSS.at(GOAL) - left, HEIGHT - 6), "");
    Plot.line(page, "base", ACROSS.at(-MOST), middle, ACROSS.at(MOST), middle);
    Plot.line(page, "zero", ACROSS.at(0), 3, ACROSS.at(0), HEIGHT - 3);
    double x = ACROSS.at(shown);
    if (shown == off) {
      Mark.CIRCLE.draw(page, "c-child", x, middle, prediction.change());
    } else {
      Mark arrow = off < 0 ? Mark.TRIANGLE_LEFT : Mark.TRIANGLE_RIGHT;
      arrow.draw(page, "c-child", x, middle, prediction.change());
    }
    page.close();
  }
}
