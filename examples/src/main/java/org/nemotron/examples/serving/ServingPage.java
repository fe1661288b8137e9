package org.nemotron.examples.serving;

import java.util.List;
import java.util.Locale;
import org.nemotron.examples.serving.ServingFigures.BatchSpeed;
import org.nemotron.examples.serving.ServingFigures.LoadLatency;
import org.nemotron.examples.serving.ServingFigures.ScenarioSpeed;

/** The figures as one self-contained HTML page: tables, and the curve as SVG. */
final class ServingPage {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;
  private static final int MARGIN = 60;
  private static final String[] COLOURS = {"#767676", "#1f9e5a"};

  private final StringBuilder page = new StringBuilder();

  private ServingPage() {}

  static String render(List<ServingFigures> models, String machine) {
    ServingPage made = new ServingPage();
    made.write(models, machine);
    return made.page.toString();
  }

  private void write(List<ServingFigures> models, String machine) {
    add("<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>Serving</title>");
    add("<style>body{font:16px system-ui;max-width:45em;margin:2em auto;padding:0 1em;");
    add("color-scheme:light dark}td,th{padding:.3em .8em;text-align:right}");
    add("table{border-collapse:collapse}tr{border-bottom:1px solid #8886}");
    add("text{fill:currentColor;font:13px system-ui}</style></head><body>");
    add("<h1>How fast the models serve</h1><p>%s</p>", machine);
    for (int i = 0; i < models.size(); i++) {
      ServingFigures model = models.get(i);
      add(
          "<p style='color:%s'>&#9632; %s, %,d parameters</p>",
          COLOURS[i % 2], model.model(), model.parameters());
    }
    scenarios(models);
    add("<h2>Throughput per server against throughput per user</h2>");
    add("<p>Each point is a batch size. Further up and to the right is better.</p>");
    curve(models);
    loads(models);
    add("</body></html>");
  }

  private void scenarios(List<ServingFigures> models) {
    add("<h2>Generated tokens per second</h2><table><tr><th>prompt/output<th>batch");
    models.forEach(model -> add("<th>%s", model.model()));
    add("<th>ratio</tr>");
    List<ScenarioSpeed> first = models.get(0).scenarios();
    for (int row = 0; row < first.size(); row++) {
      ScenarioSpeed one = first.get(row);
      add("<tr><td>%d/%d<td>%d", one.promptTokens(), one.outputTokens(), one.batch());
      for (ServingFigures model : models) {
        add("<td>%.1f", model.scenarios().get(row).tokensPerSecond());
      }
      ScenarioSpeed last = models.get(models.size() - 1).scenarios().get(row);
      add("<td>%.2f</tr>", last.tokensPerSecond() / one.tokensPerSecond());
    }
    add("</table>");
  }

  private void curve(List<ServingFigures> models) {
    double perUser =
        models.stream()
            .flatMap(m -> m.curve().stream())
            .mapToDouble(BatchSpeed::perUser)
            .max()
            .orElseThrow();
    double perServer =
        models.stream()
            .flatMap(m -> m.curve().stream())
            .mapToDouble(BatchSpeed::perServer)
            .max()
            .orElseThrow();
    add("<svg viewBox='0 0 %d %d' role='img'>", WIDTH, HEIGHT);
    add(
        "<path d='M%d 10V%dH%d' fill='none' stroke='currentColor'/>",
        MARGIN, HEIGHT - MARGIN, WIDTH - 10);
    add(
        "<text x='%d' y='%d'>tokens/s per user (axis ends at %.0f)</text>",
        WIDTH / 3, HEIGHT - 15, perUser);
    add(
        "<text transform='translate(20 %d) rotate(-90)'>tokens/s per server (to %.0f)</text>",
        HEIGHT - MARGIN - 20, perServer);
    for (int i = 0; i < models.size(); i++) {
      String colour = COLOURS[i % 2];
      StringBuilder line = new StringBuilder();
      StringBuilder marks = new StringBuilder();
      for (BatchSpeed point : models.get(i).curve()) {
        double x = MARGIN + point.perUser() / perUser * (WIDTH - MARGIN - 40);
        double y = HEIGHT - MARGIN - point.perServer() / perServer * (HEIGHT - MARGIN - 30);
        line.append(format("%.1f,%.1f ", x, y));
        marks.append(format("<circle cx='%.1f' cy='%.1f' r='4' fill='%s'/>", x, y, colour));
        marks.append(format("<text x='%.1f' y='%.1f'>%d</text>", x + 6, y - 5, point.batch()));
      }
      add("<polyline points='%s' fill='none' stroke='%s' stroke-width='2'/>", line, colour);
      page.append(marks);
    }
    add("</svg>");
  }

  private void loads(List<ServingFigures> models) {
    add("<h2>Latency under random arrivals, ms</h2><table><tr><th>model<th>requests/s");
    add("<th>first token p50<th>p99<th>next token p50<th>p99</tr>");
    for (ServingFigures model : models) {
      for (LoadLatency load : model.loads()) {
        add(
            "<tr><td>%s<td>%.2f<td>%.0f<td>%.0f<td>%.1f<td>%.1f</tr>",
            model.model(),
            load.requestsPerSecond(),
            load.firstTokenP50(),
            load.firstTokenP99(),
            load.perTokenP50(),
            load.perTokenP99());
      }
    }
    add("</table>");
  }

  private void add(String text, Object... values) {
    page.append(values.length == 0 ? text : format(text, values));
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
