package org.nemotron.nas.report.html;

/** A rectangle of a chart, in its coordinates. */
record Box(double left, double top, double width, double height) {
  double right() {
    return left + width;
  }

  double bottom() {
    return top + height;
  }

  /** Returns the area that both cover. */
  double overlap(Box other) {
    double across = Math.min(right(), other.right()) - Math.max(left, other.left);
    double down = Math.min(bottom(), other.bottom()) - Math.max(top, other.top);
    return Math.max(0, across) * Math.max(0, down);
  }

  /** Returns the area that lies outside {@code frame}. */
  double outside(Box frame) {
    return width * height - overlap(frame);
  }

  /** Returns the square of side {@code 2 * reach} around a point. */
  static Box around(double x, double y, double reach) {
    return new Box(x - reach, y - reach, 2 * reach, 2 * reach);
  }
}
