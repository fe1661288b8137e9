package org.nemotron.examples.benchmark;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.nas.report.ThroughputRow;

/**
 * A row of Table 3: measures it, and gives its figures as they are printed.
 *
 * @param subject the model
 * @param limits of the card
 * @param scenario tokens read and written
 * @param format of the weights
 * @param pageBytes of a page of the KV cache
 */
record Table3Row(
    Table3Subject subject,
    Table3Limits limits,
    Table3Scenario scenario,
    ModelFormat format,
    long pageBytes) {

  /** Returns what is known before. */
  Map<String, Object> begin(Table3Run run) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", subject.name());
    row.put("scenario", scenario.toString());
    row.put("weights", format.layers());
    row.put("head", format.head());
    row.put("kvCache", run.kvFormat());
    row.put("batch", run.batch());
    return row;
  }

  /** Measures sequences of all ages, into {@code row}. */
  ThroughputRow inFlight(
      Map<String, Object> row, Table3Run run, Table3Admission admission, double seconds) {
    try (Table3InFlight flight =
        new Table3InFlight(run.model(), run.kvFormat(), scenario, run.batch(), admission, false)) {
      Table3InFlight.Window window = flight.measure(seconds);
      row.put("form", admission.form());
      if (admission instanceof Table3Admission.Beside beside) {
        row.put("promptTokensOfAStep", beside.tokens());
      }
      putRate(row, window.tokensPerSecond());
      row.put("seconds", window.seconds());
      row.put("steps", window.steps());
      row.put("prefillSeconds", window.prefillSeconds());
      row.put("saturatedKvElements", flight.saturated());
      return shown(run, admission.form(), window.tokensPerSecond(), flight.sessionPages());
    }
  }

  /** Measures sequences that begin and end together, into {@code row}. */
  ThroughputRow together(Map<String, Object> row, Table3Run run, double seconds) {
    Table3Run.Times times = seconds > 0 ? run.shortForm(seconds) : run.fullForm();
    int batch = run.batch();
    double rate = times.tokensPerSecond(batch, scenario.output());
    row.put("form", seconds > 0 ? "short" : "full");
    putRate(row, rate);
    row.put("prefillSeconds", times.prefillSeconds());
    row.put("prefillTokensPerSecond", (double) batch * scenario.prompt() / times.prefillSeconds());
    row.put("decodeSeconds", times.decodeSeconds());
    row.put("decodeTokensPerSecond", (double) batch * scenario.output() / times.decodeSeconds());
    row.put("stepSeconds", times.stepSeconds());
    row.put("saturatedKvElements", times.saturated());
    return shown(run, "together", rate, run.pages());
  }

  private void putRate(Map<String, Object> row, double rate) {
    Table3Limits.Best best = limits.best(scenario.prompt(), scenario.output(), 1);
    row.put("tokensPerSecond", rate);
    OptionalDouble published = subject.published(scenario);
    published.ifPresent(blog -> row.put("tensorRtLlm", blog));
    published.ifPresent(blog -> row.put("ratio", rate / blog));
    row.put("limit", best.tokensPerSecond());
    row.put("limitBatch", best.batch());
    row.put("shareOfLimit", rate / best.tokensPerSecond());
  }

  private ThroughputRow shown(Table3Run run, String form, double rate, int pages) {
    String formats =
        format.layers() + ", head " + format.head() + ", KV " + run.kvFormat() + ", " + form;
    return new ThroughputRow(
        subject.name(),
        scenario.toString(),
        formats,
        run.batch(),
        rate,
        subject.published(scenario).orElse(0),
        limits.best(scenario.prompt(), scenario.output(), 1).tokensPerSecond(),
        run.model().weightBytes() + pageBytes * pages);
  }
}
