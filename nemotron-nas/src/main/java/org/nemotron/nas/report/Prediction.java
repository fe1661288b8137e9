package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import java.util.function.DoubleFunction;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Predicted;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/**
 * One quantity as predicted before the child was built, and as measured afterward.
 *
 * <p>KL is compared with the child before global distillation: the scores predict the assembled
 * blocks, not the effect of distillation.
 */
public record Prediction(
    String quantity, double predicted, double measured, DoubleFunction<String> format) {

  public static ImmutableList<Prediction> of(TargetSummary target) {
    Predicted said = target.predicted();
    ModelFigures child = target.child();
    DoubleFunction<String> bytes = value -> NumberText.bytes(Math.round(value));
    return ImmutableList.of(
        new Prediction(
            "throughput (tokens/s)",
            said.tokensPerSecond(),
            child.tokensPerSecond(),
            NumberText::rate),
        new Prediction("weight memory", said.weightBytes(), child.weightBytes(), bytes),
        new Prediction("KV cache memory", said.kvBytes(), child.kvBytes(), bytes),
        new Prediction(
            "KL before global distillation (nats)",
            said.klNats(),
            target.childBeforeDistillation().klNats(),
            NumberText::nats));
  }

  public String predictedText() {
    return format.apply(predicted);
  }

  public String measuredText() {
    return format.apply(measured);
  }

  /** Returns how far the measurement lies from the prediction, for example {@code +3.1 %}. */
  public String change() {
    return NumberText.change(predicted, measured);
  }
}
