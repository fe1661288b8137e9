package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.util.List;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;

/**
 * The quality of models on the held-out texts.
 *
 * @param perText of each model, one entry per text in their order
 */
record HeldOutQuality(ImmutableListMultimap<HeterogeneousModel, ModelQuality> perText) {
  /** Measures {@code models} on every held-out text; the parent is among them. */
  static HeldOutQuality of(RunInputs inputs, List<HeterogeneousModel> models) {
    ImmutableListMultimap.Builder<HeterogeneousModel, ModelQuality> perText =
        ImmutableListMultimap.builder();
    for (EvaluationBatches text : inputs.heldOutBatches()) {
      ImmutableList<ModelQuality> measured =
          new ModelEvaluator(text, inputs.threads()).evaluate(inputs.parent(), models);
      for (int index = 0; index < models.size(); index++) {
        perText.put(models.get(index), measured.get(index));
      }
    }
    return new HeldOutQuality(perText.build());
  }

  /** Returns the quality of {@code model} on each text. */
  ImmutableList<ModelQuality> of(HeterogeneousModel model) {
    return perText.get(model);
  }
}
