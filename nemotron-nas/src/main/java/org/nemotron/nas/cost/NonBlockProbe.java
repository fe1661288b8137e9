package org.nemotron.nas.cost;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * What a step has beside its layers: laying out the rows, embedding, final norm, head and the
 * choice of the next tokens. A model whose only layer does nothing, with the parent's own tensors.
 */
final class NonBlockProbe implements Probe {
  private final InferenceModel model;
  private final ScenarioSteps steps;
  private final InferenceSession session;

  NonBlockProbe(HeterogeneousModel parent, Scenario scenario, InferenceBackend device) {
    ModelSpec spec = parent.spec().withBlocks(ImmutableList.of(BlockSpec.NO_OP));
    int maxRows = device.usualRows();
    this.model = device.prepare(spec, WeightSource.of(parent), device.bestFormat(), maxRows);
    this.steps = ScenarioSteps.of(scenario, spec.vocabularySize(), maxRows);
    this.session = model.newSession(steps.pages());
  }

  @Override
  public ScenarioSteps steps() {
    return steps;
  }

  @Override
  public long[] nanos(ImmutableList<ForwardBatch> taken) {
    long start = System.nanoTime();
    for (ForwardBatch step : taken) {
      StepOutput output = session.step(step);
      for (int row = 0; row < output.rows(); row++) {
        verify(GreedyDecoder.likeliest(output, row) >= 0, "row %s: a token is missing", row);
      }
    }
    return new long[] {System.nanoTime() - start};
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}
