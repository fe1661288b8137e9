package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.html.HtmlEscapers;
import java.util.List;
import java.util.Locale;
import org.nemotron.examples.benchmark.ServingFigures.LoadLatency;
import org.nemotron.examples.benchmark.ServingFigures.ScenarioSpeed;

/** The figures as one self-contained HTML page: tables and the curve. */
final class ServingPage {
  /** Of the parent and the child; both can be read on white and on black. */
  private static final ImmutableList<String> COLOURS = ImmutableList.of("#808080", "#1f9e5a");

  private final StringBuilder page = new StringBuilder();

  private ServingPage() {}

  static String render(List<ServingFigures> models, String machine) {
    ServingPage made = new ServingPage();
    made.write(models, machine);
    return made.page.toString();
  }

  private void write(List<ServingFigures> models, String machine) {
    add("<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>Serving</title>");
    add("<meta name='viewport' content='width=device-width'><style>:root{color-scheme:light dark}");
    add("body{font:16px system-ui;max-width:45em;margin:2em auto;padding:0 1em}");
    add("td,th{padding:.3em .8em;text-align:right}td:first-child,th:first-child{text-align:left}");
    add("table{border-collapse:collapse}tr{border-bottom:1px solid #8886}svg{width:100%}");
    add("text{fill:currentColor;font:13px system-ui}.grid{stroke:#8884}</style></head><body>");
    add("<h1>How fast the models serve</h1><p>%s</p>", machine);
    for (int i = 0; i < models.size(); i++) {
      ServingFigures model = models.get(i);
      add(
          "<p style='color:%s'>&#9632; %s, %,d parameters</p>",
          COLOURS.get(i), name(model), model.parameters());
    }
    scenarios(models);
    add("<h2>Throughput per server against throughput per user</h2>");
    add("<p>The numbers at the points are batch sizes. Further up and to the right is better.</p>");
    page.append(ThroughputChart.render(models, COLOURS));
    loads(models);
    add("</body></html>");
  }

  private static String name(ServingFigures model) {
    return HtmlEscapers.htmlEscaper().escape(model.model());
  }

  private void scenarios(List<ServingFigures> models) {
    add("<h2>Generated tokens per second</h2><table><tr><th>prompt/output<th>batch");
    models.forEach(model -> add("<th>%s", name(model)));
    add("<th>ratio</tr>");
    List<ScenarioSpeed> first = models.get(0).scenarios();
    for (int row = 0; row < first.size(); row++) {
      ScenarioSpeed one = first.get(row);
      add("<tr><td>%d/%d<td>%d", one.promptTokens(), one.outputTokens(), one.batch());
      for (ServingFigures model : models) {
        add("<td>%,.0f", model.scenarios().get(row).tokensPerSecond());
      }
      ScenarioSpeed last = models.get(models.size() - 1).scenarios().get(row);
      add("<td>%.2f</tr>", last.tokensPerSecond() / one.tokensPerSecond());
    }
    add("</table>");
  }

  private void loads(List<ServingFigures> models) {
    add("<h2>Latency under random arrivals, ms</h2><p>Requests come as a Poisson process, at a");
    add(" quarter, a half and three quarters of what the model serves at full batches.</p>");
    add("<table><tr><th>model<th>requests/s");
    add("<th>first token p50<th>p99<th>next token p50<th>p99</tr>");
    for (ServingFigures model : models) {
      for (LoadLatency load : model.loads()) {
        add(
            "<tr><td>%s<td>%.2f<td>%.0f<td>%.0f<td>%.1f<td>%.1f</tr>",
            name(model),
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
