package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.function.ToDoubleFunction;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.score.ModelQuality;

/**
 * A model and what was measured of it.
 *
 * @param perText its quality on each held-out text
 * @param tokensPerSecond generated tokens per second in its target's scenario
 */
record MeasuredModel(
    String name,
    HeterogeneousModel model,
    ImmutableList<ModelQuality> perText,
    double tokensPerSecond) {
  /** Returns the mean quality over texts, each text counting the same. */
  ModelQuality quality() {
    double squaredErrors =
        perText.stream().mapToDouble(q -> q.klStandardError() * q.klStandardError()).sum();
    return new ModelQuality(
        mean(ModelQuality::klNats),
        Math.sqrt(squaredErrors) / perText.size(),
        mean(ModelQuality::lossNats),
        mean(ModelQuality::accuracy));
  }

  private double mean(ToDoubleFunction<ModelQuality> figure) {
    return perText.stream().mapToDouble(figure).sum() / perText.size();
  }
}
