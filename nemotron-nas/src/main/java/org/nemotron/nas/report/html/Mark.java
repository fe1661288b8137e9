package org.nemotron.nas.report.html;

import static org.nemotron.nas.report.html.Markup.at;

/** The shapes that tell models apart in charts, also without color: regular polygons. */
public enum Mark {
  /** A polygon of so many corners that it looks round. */
  CIRCLE(36, 0, 7),
  /** A square on its corner. */
  DIAMOND(4, 0, 9),
  /** A square on its side. */
  SQUARE(4, 45, 8.5),
  /** A triangle that points up. */
  TRIANGLE_UP(3, 0, 9),
  /** A triangle that points down. */
  TRIANGLE_DOWN(3, 180, 9),
  /** A triangle that points left. */
  TRIANGLE_LEFT(3, 270, 8),
  /** A triangle that points right. */
  TRIANGLE_RIGHT(3, 90, 8);

  private final int corners;
  private final double turnedDegrees;
  private final double radius;

  Mark(int corners, double turnedDegrees, double radius) {
    this.corners = corners;
    this.turnedDegrees = turnedDegrees;
    this.radius = radius;
  }

  /** Draws the shape around a point; {@code tip} is the text of its tooltip. */
  void draw(Markup svg, String style, double x, double y, String tip) {
    StringBuilder path = new StringBuilder();
    for (int corner = 0; corner < corners; corner++) {
      double angle = Math.toRadians(360.0 * corner / corners + turnedDegrees);
      path.append(corner == 0 ? "M" : "L");
      path.append(at(x + radius * Math.sin(angle))).append(' ');
      path.append(at(y - radius * Math.cos(angle)));
    }
    svg.open("path", "class", "mark " + style, "d", path.append('Z').toString());
    if (!tip.isEmpty()) {
      svg.element("title", tip);
    }
    svg.close();
  }
}
