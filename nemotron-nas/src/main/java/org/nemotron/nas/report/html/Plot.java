package org.nemotron.nas.report.html;

import static org.nemotron.nas.report.html.Markup.at;

import com.google.common.collect.ImmutableList;
import java.util.function.DoubleFunction;

/** The frame of a chart: its place, its two scales, and how axes and marks are drawn. */
record Plot(Box frame, Scale x, Scale y) {
  /** Opens an SVG element of this size; {@code title} is the text for screen readers. */
  static void openSvg(Markup page, double width, double height, String title) {
    page.open(
        "svg",
        "viewBox",
        "0 0 " + at(width) + " " + at(height),
        "style",
        "max-width:" + at(width) + "px",
        "role",
        "img",
        "aria-label",
        title);
  }

  /** Draws a grid line and a label for each round value of the vertical scale. */
  void drawVerticalAxis(Markup svg, String title, int count, DoubleFunction<String> format) {
    for (double tick : y.ticks(count)) {
      double down = y.at(tick);
      line(svg, "grid", frame.left(), down, frame.right(), down);
      text(svg, "tick end", frame.left() - 8, down + 4, format.apply(tick));
    }
    double middle = frame.top() + frame.height() / 2;
    svg.element(
        "text",
        title,
        "class",
        "axis mid",
        "transform",
        "translate(" + at(14) + " " + at(middle) + ") rotate(-90)");
  }

  /** Draws a tick and a label for each round value of the horizontal scale. */
  void drawHorizontalAxis(Markup svg, String title, int count, DoubleFunction<String> format) {
    line(svg, "base", frame.left(), frame.bottom(), frame.right(), frame.bottom());
    for (double tick : x.ticks(count)) {
      double across = x.at(tick);
      line(svg, "base", across, frame.bottom(), across, frame.bottom() + 4);
      text(svg, "tick mid", across, frame.bottom() + 18, format.apply(tick));
    }
    text(svg, "axis mid", frame.left() + frame.width() / 2, frame.bottom() + 38, title);
  }

  static void line(Markup svg, String style, double x1, double y1, double x2, double y2) {
    svg.empty("line", "class", style, "x1", at(x1), "y1", at(y1), "x2", at(x2), "y2", at(y2));
  }

  static void text(Markup svg, String style, double x, double y, String text) {
    svg.element("text", text, "class", style, "x", at(x), "y", at(y));
  }

  /** Draws a box with a tooltip. */
  static void box(Markup svg, String style, Box box, String tip) {
    svg.open(
        "rect",
        "class",
        style,
        "x",
        at(box.left()),
        "y",
        at(box.top()),
        "width",
        at(Math.max(0, box.width())),
        "height",
        at(Math.max(0, box.height())));
    if (!tip.isEmpty()) {
      svg.element("title", tip);
    }
    svg.close();
  }

  /** Draws a line through points that are given as {@code {x, y}} in the plot's own quantities. */
  static void path(Markup svg, String style, ImmutableList<Point> points, String tip) {
    StringBuilder path = new StringBuilder();
    for (Point point : points) {
      path.append(path.length() == 0 ? "M" : "L");
      path.append(at(point.x())).append(' ').append(at(point.y()));
    }
    svg.open("path", "class", style, "d", path.toString());
    if (!tip.isEmpty()) {
      svg.element("title", tip);
    }
    svg.close();
  }

  /** A coordinate of the drawing. */
  record Point(double x, double y) {}
}
