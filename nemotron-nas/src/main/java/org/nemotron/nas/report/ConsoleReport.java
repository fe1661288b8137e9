package org.nemotron.nas.report;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.nio.charset.Charset;
import java.util.Locale;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Sample;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** Writes a summary for the terminal: comparison, predicted against measured, text, paths. */
public final class ConsoleReport {
  /** No line of the report is longer. */
  public static final int COLUMNS = 110;

  private static final int NAME_COLUMNS = 21;

  private final Charset charset;

  private ConsoleReport(Charset charset) {
    this.charset = charset;
  }

  /**
   * Returns a writer for a terminal with {@code charset}; characters that it lacks are spelled out.
   */
  public static ConsoleReport in(Charset charset) {
    return new ConsoleReport(charset);
  }

  /** Returns the report as lines of at most {@link #COLUMNS} characters. */
  public String render(RunSummary summary) {
    ImmutableList.Builder<String> parts = ImmutableList.builder();
    parts.add(headlines(summary));
    parts.add(comparison(summary));
    if (!summary.benchmarks().isEmpty()) {
      parts.add(benchmarks(summary));
    }
    parts.add(predictions(summary));
    if (!summary.bill().isEmpty()) {
      parts.add(BillText.table(summary.bill()));
    }
    parts.add(samples(summary));
    if (!summary.diverged().isEmpty()) {
      parts.add(diverged(summary));
    }
    parts.add(paths(summary));
    return PlainText.forTerminal(Joiner.on("\n").join(parts.build()), charset);
  }

  private static String headlines(RunSummary summary) {
    StringBuilder lines = new StringBuilder();
    for (TargetSummary target : summary.targets()) {
      lines.append(PlainText.wrap(Headline.of(target) + ".", "", COLUMNS));
      if (!target.met()) {
        lines.append(PlainText.wrap(Headline.missed(target) + ".", "  ", COLUMNS));
      }
    }
    return lines.toString();
  }

  private static String comparison(RunSummary summary) {
    TextTable table =
        TextTable.withHeader(
            "model",
            "params",
            "weights",
            "KV cache",
            "tokens/s",
            "speed",
            "KL ± SE",
            "loss",
            "accuracy",
            "preserved");
    addModel(table, summary, new Contender(Role.PARENT, summary.parent()));
    for (TargetSummary target : summary.targets()) {
      table.addHeading(PlainText.shorten(target.name() + ": " + target.goal(), COLUMNS));
      Contender.of(target).forEach(contender -> addModel(table, summary, contender));
    }
    RunSummary.ScenarioSummary scenario = summary.scenario();
    String note =
        String.format(
            Locale.ROOT,
            "Generated tokens/s for batch %d, prompt %d, output %d%s. KL to the parent and loss in"
                + " nats per held-out token; preserved: accuracy as a share of the parent's."
                + " Baselines meet the same budget: greedy search, random choice, starting weights"
                + " alone.",
            scenario.batch(),
            scenario.promptTokens(),
            scenario.outputTokens(),
            scenario.gpus());
    return table.render() + PlainText.wrap(note, "", COLUMNS);
  }

  private static void addModel(TextTable table, RunSummary summary, Contender contender) {
    ModelFigures model = contender.figures();
    boolean parent = contender.role() == Role.PARENT;
    String name =
        parent ? PlainText.shorten(summary.parentName(), NAME_COLUMNS) : "  " + contender.label();
    if (contender.foundNone()) {
      table.addRow(name, "-", "-", "-", "-", "-", "-", "-", "-", "-");
      return;
    }
    table.addRow(
        name,
        NumberText.count(model.params()),
        NumberText.bytes(model.weightBytes()),
        NumberText.bytes(model.kvBytes()),
        NumberText.rate(model.tokensPerSecond()),
        NumberText.times(model.tokensPerSecond() / summary.parent().tokensPerSecond()),
        parent
            ? "-"
            : NumberText.shortNats(model.klNats())
                + "±"
                + NumberText.shortNats(model.klStandardError()),
        NumberText.shortNats(model.lossNats()),
        NumberText.percent(model.accuracy()),
        NumberText.percent(model.accuracyPreserved()));
  }

  private static String benchmarks(RunSummary summary) {
    TextTable table = TextTable.withHeader(BenchmarkText.header(summary).toArray(String[]::new));
    BenchmarkText.rows(summary.benchmarks())
        .forEach(row -> table.addRow(row.toArray(String[]::new)));
    StringBuilder lines = new StringBuilder(table.render());
    BenchmarkText.remarks(summary.benchmarks())
        .forEach(remark -> lines.append(PlainText.wrap(remark, "  ", COLUMNS)));
    return lines.toString();
  }

  private static String predictions(RunSummary summary) {
    TextTable table =
        TextTable.withHeader("predicted against measured", "predicted", "measured", "off by");
    for (TargetSummary target : summary.targets()) {
      table.addHeading(PlainText.shorten(target.name(), COLUMNS));
      Prediction.of(target)
          .forEach(
              prediction ->
                  table.addRow(
                      "  " + prediction.quantity(),
                      prediction.predictedText(),
                      prediction.measuredText(),
                      prediction.change()));
    }
    StringBuilder lines = new StringBuilder(table.render());
    for (TargetSummary target : summary.targets()) {
      SearchRoundText.sentences(target)
          .forEach(sentence -> lines.append(PlainText.wrap(sentence, "", COLUMNS)));
    }
    return lines.toString();
  }

  /**
   * The first sample of every target; a prompt shared with the target before it is printed once.
   */
  private static String samples(RunSummary summary) {
    StringBuilder lines = new StringBuilder();
    String prompt = "";
    for (TargetSummary target : summary.targets()) {
      for (Sample sample : Iterables.limit(target.samples(), 1)) {
        if (!sample.prompt().equals(prompt)) {
          lines.append(PlainText.wrap(sample.prompt(), "prompt: ", COLUMNS));
          lines.append(PlainText.wrap(sample.parent(), "parent: ", COLUMNS));
        }
        String label = PlainText.shorten(Contender.childName(target), 24) + ": ";
        lines.append(PlainText.wrap(sample.child(), label, COLUMNS));
        prompt = sample.prompt();
      }
    }
    return lines.toString();
  }

  private static String diverged(RunSummary summary) {
    StringBuilder lines = new StringBuilder("Candidates stopped while training:\n");
    summary
        .diverged()
        .forEach(
            divergence ->
                lines.append(
                    PlainText.wrap(
                        divergence.candidate()
                            + " at step "
                            + divergence.step()
                            + ": "
                            + divergence.reason(),
                        "  ",
                        COLUMNS)));
    return lines.toString();
  }

  private static String paths(RunSummary summary) {
    StringBuilder lines = new StringBuilder();
    summary
        .targets()
        .forEach(target -> lines.append("written: ").append(target.directory()).append('\n'));
    return lines.toString();
  }
}
