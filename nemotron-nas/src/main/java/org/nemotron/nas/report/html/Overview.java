package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import java.util.Map;
import org.nemotron.nas.report.Contender;
import org.nemotron.nas.report.Headline;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.ScenarioSummary;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The head of the page: each child in one sentence, and its figures in large type. */
final class Overview {
  private static final ImmutableMap<String, String> CONTENTS =
      ImmutableMap.<String, String>builder()
          .put("comparison", "Comparison")
          .put("frontier", "Frontier")
          .put("layer-times", "Run time")
          .put("architecture", "Architecture")
          .put("predicted", "Predictions")
          .put("local-distillation", "Local distillation")
          .put("global-distillation", "Global distillation")
          .put("scores", "Scores")
          .put("samples", "Text")
          .put("run", "The run")
          .buildOrThrow();

  private Overview() {}

  static void write(Markup page, RunSummary summary) {
    page.open("header");
    page.element("p", "Compression report", "class", "eyebrow");
    page.element("h1", summary.parentName());
    page.element("p", scenario(summary.scenario()), "class", "scenario").line();
    for (TargetSummary target : summary.targets()) {
      writeChild(page, summary, target);
    }
    contents(page);
    page.close().line();
  }

  private static void contents(Markup page) {
    page.open("nav", "aria-label", "Contents");
    for (Map.Entry<String, String> entry : CONTENTS.entrySet()) {
      page.element("a", entry.getValue(), "href", "#" + entry.getKey());
    }
    page.close().line();
  }

  private static String scenario(ScenarioSummary scenario) {
    return String.format(
        Locale.ROOT,
        "Throughput is generated tokens per second at batch %d, prompt %,d, output %,d tokens%s.",
        scenario.batch(),
        scenario.promptTokens(),
        scenario.outputTokens(),
        scenario.gpus());
  }

  private static void writeChild(Markup page, RunSummary summary, TargetSummary target) {
    ModelFigures parent = summary.parent();
    ModelFigures child = target.child();
    page.open("div", "class", "hero").open("p", "class", "headline");
    page.element("span", Contender.childName(target) + ": ", "class", "who");
    page.text(Headline.claim(target)).close();
    if (!target.met()) {
      page.element("p", Headline.missed(target), "class", "missed");
    }
    page.open("dl", "class", "tiles");
    tile(
        page,
        "throughput",
        NumberText.times(target.speedUp()),
        NumberText.rate(child.tokensPerSecond()) + " tokens/s");
    tile(
        page,
        "accuracy preserved",
        NumberText.percent(child.accuracyPreserved()),
        NumberText.percent(child.accuracy()) + " next-token");
    tile(
        page,
        "parameters",
        change(parent.params(), child.params()),
        NumberText.count(child.params()));
    tile(
        page,
        "weight memory",
        change(parent.weightBytes(), child.weightBytes()),
        NumberText.bytes(child.weightBytes()));
    tile(
        page,
        "KV cache",
        change(parent.kvBytes(), child.kvBytes()),
        NumberText.bytes(child.kvBytes()));
    page.close().close().line();
  }

  private static String change(long from, long to) {
    return NumberText.change((double) from, (double) to);
  }

  private static void tile(Markup page, String name, String value, String detail) {
    page.open("div", "class", "tile").element("dt", name);
    page.element("dd", value, "class", "big").element("dd", detail).close();
  }
}
