package org.nemotron.examples.benchmark;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.nas.report.ThroughputRow;

/**
 * A row of Table 3: measures it, and gives its figures as they are printed.
 *
 * @param subject the model
 * @param limits of the cards
 * @param scenario tokens read and written
 * @param format of the weights
 * @param gpus that share the model
 * @param pageBytes of a page of the KV cache on one of them
 */
record Table3Row(
    Table3Subject subject,
    Table3Limits limits,
    Table3Scenario scenario,
    ModelFormat format,
    int gpus,
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
    row.put("gpus", gpus);
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

  /** Rates beside others' are those of each GPU. */
  private void putRate(Map<String, Object> row, double rate) {
    Table3Limits.Best best = best();
    double perGpu = rate / gpus;
    row.put("tokensPerSecond", rate);
    row.put("tokensPerSecondAndGpu", perGpu);
    subject
        .published(scenario, gpus)
        .ifPresent(
            published -> {
              row.put("tensorRtLlm", published.tokensPerSecond());
              row.put("tensorRtLlmGpus", published.gpus());
              row.put("ratio", perGpu / published.tokensPerSecond());
            });
    row.put("limit", best.tokensPerSecond());
    row.put("limitBatch", best.batch());
    row.put("shareOfLimit", perGpu / best.tokensPerSecond());
  }

  private Table3Limits.Best best() {
    return limits.best(scenario.prompt(), scenario.output(), gpus);
  }

  private ThroughputRow shown(Table3Run run, String form, double rate, int pages) {
    String formats =
        format.layers() + ", head " + format.head() + ", KV " + run.kvFormat() + ", " + form;
    return new ThroughputRow(
        subject.name(),
        scenario.toString(),
        formats,
        gpus,
        run.batch(),
        rate / gpus,
        subject.published(scenario, gpus).orElse(new ThroughputRow.Published(0, gpus)),
        best().tokensPerSecond(),
        run.model().weightBytes() + gpus * pageBytes * pages);
  }
}
