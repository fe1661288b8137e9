package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;

/**
 * The quality of models on the held-out texts.
 *
 * @param perText one entry per text, each with one entry per model
 */
record HeldOutMeasurement(ImmutableList<ImmutableList<ModelQuality>> perText) {
  /** Measures {@code models} on every held-out text. */
  static HeldOutMeasurement of(RunInputs inputs, List<HeterogeneousModel> models) {
    ImmutableList.Builder<ImmutableList<ModelQuality>> perText = ImmutableList.builder();
    for (EvaluationBatches text : inputs.heldOutBatches()) {
      perText.add(new ModelEvaluator(text, inputs.threads()).evaluate(inputs.parent(), models));
    }
    return new HeldOutMeasurement(perText.build());
  }

  /** Returns the mean over texts for the model at {@code index}, each text counting the same. */
  ModelQuality mean(int index) {
    List<ModelQuality> all = new ArrayList<>();
    perText.forEach(text -> all.add(text.get(index)));
    double texts = all.size();
    double squaredErrors =
        all.stream().mapToDouble(q -> q.klStandardError() * q.klStandardError()).sum();
    return new ModelQuality(
        all.stream().mapToDouble(ModelQuality::klNats).sum() / texts,
        Math.sqrt(squaredErrors) / texts,
        all.stream().mapToDouble(ModelQuality::lossNats).sum() / texts,
        all.stream().mapToDouble(ModelQuality::accuracy).sum() / texts);
  }
}
