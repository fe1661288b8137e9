package org.nemotron.nas.cost;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvCache;
import org.nemotron.core.inference.SequenceChunk;
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
  private final KvCache memory;

  NonBlockProbe(HeterogeneousModel parent, Scenario scenario, InferenceBackend device) {
    ModelSpec spec = parent.spec().withBlocks(ImmutableList.of(BlockSpec.NO_OP));
    int maxRows = device.usualRows();
    this.model = device.prepare(spec, WeightSource.of(parent), device.bestFormat(), maxRows);
    this.steps = ScenarioSteps.of(scenario, spec.vocabularySize(), maxRows);
    this.memory = model.newMemory(steps.pages());
  }

  @Override
  public ScenarioSteps steps() {
    return steps;
  }

  @Override
  public long[] nanos(ImmutableList<ImmutableList<SequenceChunk>> taken) {
    long start = System.nanoTime();
    for (ImmutableList<SequenceChunk> step : taken) {
      model.step(step, memory, GreedyDecoder.likeliest((index, token) -> verify(token >= 0)));
    }
    return new long[] {System.nanoTime() - start};
  }

  @Override
  public void close() {
    model.close();
    memory.close();
  }
}
