package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds a free place beside a point for its label.
 *
 * <p>Tries eight directions at growing distances and takes the place that covers least of what is
 * already there; text is measured by a generous average width, since no font is at hand.
 */
final class LabelPlacer {
  static final double FONT_SIZE = 13;
  private static final double CHARACTER = 0.6 * FONT_SIZE;
  private static final ImmutableList<Double> DISTANCES = ImmutableList.of(10.0, 20.0, 34.0);

  private final Box frame;
  private final List<Box> taken = new ArrayList<>();

  LabelPlacer(Box frame) {
    this.frame = frame;
  }

  /** Keeps labels away from {@code box}. */
  void avoid(Box box) {
    taken.add(box);
  }

  /** Returns the box of the label of the point at (x, y), and keeps later labels away from it. */
  Box place(double x, double y, String text) {
    double width = text.codePointCount(0, text.length()) * CHARACTER;
    Box best =
        candidates(x, y, width).stream().min(Comparator.comparingDouble(this::cost)).orElseThrow();
    avoid(best);
    return best;
  }

  private double cost(Box box) {
    return 100 * box.outside(frame) + taken.stream().mapToDouble(box::overlap).sum();
  }

  private static ImmutableList<Box> candidates(double x, double y, double width) {
    double height = FONT_SIZE * 1.25;
    ImmutableList.Builder<Box> boxes = ImmutableList.builder();
    for (double away : DISTANCES) {
      double near = away * 0.7;
      boxes.add(new Box(x + away, y - height / 2, width, height));
      boxes.add(new Box(x - away - width, y - height / 2, width, height));
      boxes.add(new Box(x - width / 2, y - away - height, width, height));
      boxes.add(new Box(x - width / 2, y + away, width, height));
      boxes.add(new Box(x + near, y - near - height, width, height));
      boxes.add(new Box(x + near, y + near, width, height));
      boxes.add(new Box(x - near - width, y - near - height, width, height));
      boxes.add(new Box(x - near - width, y + near, width, height));
    }
    return boxes.build();
  }
}
