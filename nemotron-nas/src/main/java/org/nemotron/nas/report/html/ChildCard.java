package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.function.Function;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.checkpoint.ModelCard.Figure;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.nas.report.Headline;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.ScenarioSummary;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The model card of a child, with the measurements of its run. */
public final class ChildCard {
  private ChildCard() {}

  /**
   * Returns {@code card} with budget, figures and provenance of the child of {@code target}.
   *
   * @param inputs of parent, text and settings of the run
   */
  public static ModelCard of(
      ModelCard card, RunSummary summary, TargetSummary target, Fingerprint inputs) {
    ModelFigures parent = summary.parent();
    ModelFigures child = target.child();
    ImmutableList.Builder<Figure> figures = ImmutableList.builder();
    Rows rows = new Rows(figures, parent, child);
    ScenarioSummary scenario = summary.scenario();
    rows.add("parameters", model -> NumberText.count(model.params()));
    rows.add("weights", model -> NumberText.bytes(model.weightBytes()));
    rows.add("KV cache of the scenario", model -> NumberText.bytes(model.kvBytes()));
    rows.add(
        "generated tokens/s (batch %d, prompt %d, output %d)"
            .formatted(scenario.batch(), scenario.promptTokens(), scenario.outputTokens()),
        model -> NumberText.rate(model.tokensPerSecond()));
    if (scenario.tensorParallel() > 1) {
      rows.add(
          "the same for each of %d GPUs".formatted(scenario.tensorParallel()),
          model -> NumberText.rate(scenario.perGpu(model.tokensPerSecond())));
    }
    rows.add(
        "speed",
        model -> NumberText.times(model.tokensPerSecond() / summary.parent().tokensPerSecond()));
    figures.add(
        new Figure(
            "KL(parent ‖ child) per held-out token, nats",
            "-",
            NumberText.shortNats(child.klNats())
                + " ± "
                + NumberText.shortNats(child.klStandardError())));
    rows.add("loss per held-out token, nats", model -> NumberText.shortNats(model.lossNats()));
    rows.add("next-token accuracy", model -> NumberText.percent(model.accuracy()));
    rows.add("accuracy preserved", model -> NumberText.percent(model.accuracyPreserved()));
    return card.measured(
        budget(target),
        figures.build(),
        ImmutableMap.<String, String>builder()
            .put("fingerprint of parent, text and settings", inputs.hex())
            .putAll(summary.environment())
            .buildOrThrow());
  }

  private static ImmutableList<String> budget(TargetSummary target) {
    String goal = target.name() + ": " + target.goal();
    return target.met() ? ImmutableList.of(goal) : ImmutableList.of(goal, Headline.missed(target));
  }

  private record Rows(
      ImmutableList.Builder<Figure> figures, ModelFigures parent, ModelFigures child) {
    void add(String quantity, Function<ModelFigures, String> value) {
      figures.add(new Figure(quantity, value.apply(parent), value.apply(child)));
    }
  }
}
