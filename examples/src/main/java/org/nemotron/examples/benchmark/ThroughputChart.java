package org.nemotron.examples.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.nemotron.examples.benchmark.ServingFigures.BatchSpeed;

/** Throughput per server against throughput per user, a curve per model, as SVG. */
final class ThroughputChart {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 420;
  private static final int LEFT = 80;
  private static final int RIGHT = 24;
  private static final int TOP = 20;
  private static final int BOTTOM = 60;
  private static final int TICKS = 5;

  private final StringBuilder svg = new StringBuilder();
  private final List<ServingFigures> models;
  private final double userStep;
  private final double serverStep;
  private final double mostPerUser;
  private final double mostPerServer;

  private ThroughputChart(List<ServingFigures> models) {
    this.models = models;
    double perUser = most(BatchSpeed::perUser);
    double perServer = most(BatchSpeed::perServer);
    this.userStep = step(perUser);
    this.serverStep = step(perServer);
    this.mostPerUser = userStep * Math.ceil(perUser / userStep);
    this.mostPerServer = serverStep * Math.ceil(perServer / serverStep);
  }

  /** Returns the chart; {@code colors} are the curves', in the order of the models. */
  static String render(List<ServingFigures> models, List<String> colors) {
    ThroughputChart chart = new ThroughputChart(models);
    chart.draw(colors);
    return chart.svg.toString();
  }

  private double most(ToDoubleFunction<BatchSpeed> speed) {
    return models.stream()
        .flatMap(model -> model.curve().stream())
        .mapToDouble(speed)
        .max()
        .orElseThrow();
  }

  /** Returns 1, 2 or 5 times a power of ten, of which the axis has at most as many as it should. */
  private static double step(double most) {
    double power = Math.pow(10, Math.floor(Math.log10(most / TICKS)));
    for (double times : new double[] {1, 2, 5}) {
      if (most / (times * power) <= TICKS) {
        return times * power;
      }
    }
    return 10 * power;
  }

  private double x(double perUser) {
    return LEFT + perUser / mostPerUser * (WIDTH - LEFT - RIGHT);
  }

  private double y(double perServer) {
    return HEIGHT - BOTTOM - perServer / mostPerServer * (HEIGHT - TOP - BOTTOM);
  }

  private void draw(List<String> colors) {
    add(
        "<svg viewBox='0 0 %d %d' role='img' aria-label='throughput per server against throughput"
            + " per user'>",
        WIDTH, HEIGHT);
    drawAxes();
    for (int i = 0; i < models.size(); i++) {
      drawCurve(models.get(i), colors.get(i), i == models.size() - 1);
    }
    add("</svg>");
  }

  private void drawAxes() {
    int bottom = HEIGHT - BOTTOM;
    for (int i = 0; i * userStep <= mostPerUser * 1.001; i++) {
      double x = x(i * userStep);
      add("<path d='M%.1f %dV%d' class='grid'/>", x, TOP, bottom);
      add(
          "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>",
          x, bottom + 20, tick(i, userStep));
    }
    for (int i = 0; i * serverStep <= mostPerServer * 1.001; i++) {
      double y = y(i * serverStep);
      add("<path d='M%d %.1fH%d' class='grid'/>", LEFT, y, WIDTH - RIGHT);
      add(
          "<text x='%d' y='%.1f' text-anchor='end'>%s</text>",
          LEFT - 8, y + 4, tick(i, serverStep));
    }
    add(
        "<text x='%d' y='%d' text-anchor='middle'>tokens per second and user</text>",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12);
    add(
        "<text transform='translate(18 %d) rotate(-90)' text-anchor='middle'>tokens per second, all"
            + " users</text>",
        (TOP + bottom) / 2);
  }

  private static String tick(int index, double step) {
    return String.format(Locale.ROOT, step < 1 ? "%.1f" : "%,.0f", index * step);
  }

  /** Curves fall to the right: a label above and right of its point, or below and left, is free. */
  private void drawCurve(ServingFigures model, String color, boolean labelsAbove) {
    StringBuilder points = new StringBuilder();
    for (BatchSpeed point : model.curve()) {
      points.append(
          String.format(Locale.ROOT, "%.1f,%.1f ", x(point.perUser()), y(point.perServer())));
    }
    add("<polyline points='%s' fill='none' stroke='%s' stroke-width='2'/>", points, color);
    for (BatchSpeed point : model.curve()) {
      double x = x(point.perUser());
      double y = y(point.perServer());
      add("<circle cx='%.1f' cy='%.1f' r='4' fill='%s'>", x, y, color);
      add(
          "<title>batch %d: %.1f tokens/s, %.1f per user</title></circle>",
          point.batch(), point.perServer(), point.perUser());
      add(
          "<text x='%.1f' y='%.1f' text-anchor='%s' style='fill:%s'>%d</text>",
          labelsAbove ? x + 7 : x - 7,
          labelsAbove ? y - 6 : y + 15,
          labelsAbove ? "start" : "end",
          color,
          point.batch());
    }
  }

  private void add(String text, Object... values) {
    svg.append(values.length == 0 ? text : String.format(Locale.ROOT, text, values));
  }
}
