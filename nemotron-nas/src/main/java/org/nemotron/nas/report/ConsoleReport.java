package org.nemotron.nas.report;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import java.nio.charset.Charset;
import java.util.Locale;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Sample;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** Writes a summary for the terminal: comparison, predicted against measured, text, paths. */
public final class ConsoleReport {
  /** No line of the report is longer. */
  public static final int COLUMNS = 110;

  private final Charset charset;

  private ConsoleReport(Charset charset) {
    this.charset = charset;
  }

  /** Returns a writer for a terminal with {@code charset}; what it cannot show is spelt out. */
  public static ConsoleReport in(Charset charset) {
    return new ConsoleReport(charset);
  }

  /** Returns the report as lines of at most {@link #COLUMNS} characters. */
  public String render(RunSummary summary) {
    ImmutableList.Builder<String> parts = ImmutableList.builder();
    parts.add(headlines(summary));
    parts.add(comparison(summary));
    parts.add(predictions(summary));
    for (TargetSummary target : summary.targets()) {
      target.samples().stream().limit(1).forEach(sample -> parts.add(sample(target, sample)));
    }
    if (!summary.diverged().isEmpty()) {
      parts.add(diverged(summary));
    }
    parts.add(paths(summary));
    return PlainText.forTerminal(Joiner.on("\n").join(parts.build()), charset);
  }

  private static String headlines(RunSummary summary) {
    StringBuilder lines = new StringBuilder();
    for (TargetSummary target : summary.targets()) {
      lines.append(PlainText.wrap(Headline.of(summary, target) + ".", "", COLUMNS));
    }
    return lines.toString();
  }

  private static String comparison(RunSummary summary) {
    TextTable table =
        TextTable.withHeader(
            "model", "params", "weights", "KV cache", "tokens/s", "speed", "KL ± SE", "loss",
            "accuracy", "preserved");
    addModel(table, summary, new Contender(Role.PARENT, summary.parent()));
    for (TargetSummary target : summary.targets()) {
      table.addHeading(PlainText.shorten(target.name() + ": " + target.goal(), COLUMNS));
      Contender.of(target).forEach(contender -> addModel(table, summary, contender));
    }
    RunSummary.ScenarioSummary scenario = summary.scenario();
    String note =
        String.format(
            Locale.ROOT,
            "Generated tokens/s for batch %d, prompt %d, output %d; KL to the parent and loss in"
                + " nats per held-out token.",
            scenario.batch(),
            scenario.promptTokens(),
            scenario.outputTokens());
    return table.render() + PlainText.wrap(note, "", COLUMNS);
  }

  private static void addModel(TextTable table, RunSummary summary, Contender contender) {
    ModelFigures model = contender.figures();
    boolean parent = contender.role() == Role.PARENT;
    String name =
        parent ? PlainText.shorten(summary.parentName(), 26) : "  " + contender.role().label();
    table.addRow(
        name,
        Figures.count(model.params()),
        Figures.bytes(model.weightBytes()),
        Figures.bytes(model.kvBytes()),
        Figures.rate(model.tokensPerSecond()),
        Figures.times(model.tokensPerSecond() / summary.parent().tokensPerSecond()),
        parent
            ? "-"
            : Figures.shortNats(model.klNats()) + "±" + Figures.shortNats(model.klStandardError()),
        Figures.shortNats(model.lossNats()),
        Figures.percent(model.accuracy()),
        Figures.percent(model.accuracyPreserved()));
  }

  private static String predictions(RunSummary summary) {
    TextTable table = TextTable.withHeader("predicted against measured", "predicted", "measured", "off by");
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
    return table.render();
  }

  private static String sample(TargetSummary target, Sample sample) {
    return PlainText.wrap(sample.prompt(), "prompt: ", COLUMNS)
        + PlainText.wrap(sample.parent(), "parent: ", COLUMNS)
        + PlainText.wrap(sample.child(), PlainText.shorten(target.name(), 24) + ": ", COLUMNS);
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
        .forEach(
            target ->
                lines.append("written: ").append(target.directory()).append('\n'));
    return lines.toString();
  }
}
