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
 *
 * @param quantity its name, with the unit where the numbers have one
 * @param predicted the value before
 * @param measured the value afterward
 * @param predictedText {@code predicted} as the reports print it
 * @param measuredText {@code measured} as the reports print it
 */
public record Prediction(
    String quantity, double predicted, double measured, String predictedText, String measuredText) {

  /** Returns the predictions for a target's child, each beside what was measured. */
  public static ImmutableList<Prediction> of(TargetSummary target) {
    Predicted said = target.predicted();
    ModelFigures child = target.child();
    DoubleFunction<String> bytes = value -> NumberText.bytes(Math.round(value));
    return ImmutableList.of(
        of(
            "speed-up over the parent",
            said.speedUp(),
            target.speedUp().median(),
            NumberText::times),
        of("weight memory", said.weightBytes(), child.weightBytes(), bytes),
        of("KV cache memory", said.kvBytes(), child.kvBytes(), bytes),
        of(
            "KL before global distillation (nats)",
            said.klNats(),
            target.childBeforeDistillation().klNats(),
            NumberText::nats));
  }

  private static Prediction of(
      String quantity, double predicted, double measured, DoubleFunction<String> format) {
    return new Prediction(
        quantity, predicted, measured, format.apply(predicted), format.apply(measured));
  }

  /** Returns how far the measurement lies from the prediction, for example {@code +3.1 %}. */
  public String change() {
    return NumberText.change(predicted, measured);
  }
}
