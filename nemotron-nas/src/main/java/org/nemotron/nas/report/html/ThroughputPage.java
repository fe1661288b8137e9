package org.nemotron.nas.report.html;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Lists;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.ThroughputRow;

/**
 * Writes measured throughputs as one HTML page: a table of all rows, and for each scenario of which
 * there are several batch sizes throughput against throughput per user. Complete in itself, as
 * {@link HtmlReport} is.
 */
public final class ThroughputPage {
  private ThroughputPage() {}

  /**
   * Returns the page.
   *
   * @param title of the page
   * @param provenance where and when the rows were measured, in a sentence
   * @param others who published the figures beside the rows
   * @param rows at least one
   * @throws IllegalArgumentException if there is no row
   */
  public static String render(
      String title, String provenance, String others, ImmutableList<ThroughputRow> rows) {
    checkArgument(!rows.isEmpty(), "a page of throughputs must have a row");
    Markup page = new Markup();
    page.open("html", "lang", "en").line();
    HtmlReport.head(page, title);
    page.open("body").line().open("main").line();
    page.element("h1", title).line();
    page.element("p", provenance, "class", "lead").line();
    table(page, others, rows);
    for (String scenario : scenarios(rows)) {
      ImmutableList<ThroughputRow> own = of(scenario, rows);
      if (ThroughputChart.hasCurve(own)) {
        section(page, scenario, own);
      }
    }
    page.close().line().close().line().close();
    return page.finish();
  }

  private static ImmutableSet<String> scenarios(ImmutableList<ThroughputRow> rows) {
    return rows.stream().map(ThroughputRow::scenario).collect(ImmutableSet.toImmutableSet());
  }

  private static ImmutableList<ThroughputRow> of(
      String scenario, ImmutableList<ThroughputRow> rows) {
    return rows.stream()
        .filter(row -> row.scenario().equals(scenario))
        .collect(ImmutableList.toImmutableList());
  }

  private static void table(Markup page, String others, ImmutableList<ThroughputRow> rows) {
    page.open("section").line();
    page.element("h2", "Generated tokens per second and GPU").line();
    page.open("div", "class", "scroll").open("table", "class", "figures").line();
    page.open("thead").open("tr");
    for (String heading :
        ImmutableList.of(
            "scenario, model",
            "tokens/s",
            others,
            "ratio",
            "limit",
            "share of it",
            "GPUs",
            "batch",
            "weights and KV cache")) {
      page.element("th", heading, "scope", "col");
    }
    page.close().close().line().open("tbody").line();
    CommonParts common = CommonParts.of(Lists.transform(rows, ThroughputRow::formats));
    rows.forEach(row -> write(page, row, common));
    page.close().close().close().line();
    page.element(
            "p",
            (common.all().isEmpty() ? "" : "All rows: " + common.all() + ". ")
                + "The limit is what memory, bandwidth and products of the card allow if all else were"
                + " free, with whole sequences reserved.",
            "class",
            "note")
        .line();
    page.close().line();
  }

  private static void write(Markup page, ThroughputRow row, CommonParts common) {
    page.open("tr").open("th", "scope", "row");
    page.text(row.scenario() + " " + row.model() + " ");
    page.element("small", common.without(row.formats())).close();
    double published = row.published().tokensPerSecond();
    cell(page, NumberText.rate(row.tokensPerSecond()));
    cell(page, orNone(published, published(row)));
    cell(
        page,
        orNone(published, NumberText.times(row.tokensPerSecond() / Math.max(published, 1e-9))));
    cell(page, orNone(row.limit(), NumberText.rate(row.limit())));
    cell(
        page,
        orNone(
            row.limit(), NumberText.percent(row.tokensPerSecond() / Math.max(row.limit(), 1e-9))));
    cell(page, NumberText.count(row.gpus()));
    cell(page, NumberText.count(row.batch()));
    cell(page, NumberText.bytes(row.memoryBytes()));
    page.close().line();
  }

  /** Says on how many GPUs others reached it, where they are not as many. */
  private static String published(ThroughputRow row) {
    String rate = NumberText.rate(row.published().tokensPerSecond());
    int gpus = row.published().gpus();
    return gpus == row.gpus() ? rate : rate + " on " + NumberText.count(gpus);
  }

  private static String orNone(double value, String text) {
    return value == 0 ? "–" : text;
  }

  private static void cell(Markup page, String text) {
    page.element("td", text);
  }

  private static void section(Markup page, String scenario, ImmutableList<ThroughputRow> rows) {
    page.open("section").line();
    page.element("h2", scenario + ": throughput against throughput per user").line();
    page.element(
            "p",
            "Each mark is a batch size: larger ones give a GPU more tokens per second, and each"
                + " user fewer.",
            "class",
            "lead")
        .line();
    page.open("div", "class", "chart wide");
    new ThroughputChart(rows).draw(page, scenario);
    page.close().line().close().line();
  }
}
