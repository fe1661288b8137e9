package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;

/** Gives 100 + its number for each row: sampled where that is wanted, else as the first logit. */
record FakeOutput(ImmutableList<SequenceChunk> chunks, int failsAt) implements StepOutput {
  static FakeOutput of(StepPlan plan) {
    return new FakeOutput(plan.batch().chunks(), Integer.MAX_VALUE);
  }

  private ImmutableList<Boolean> sampled() {
    ImmutableList.Builder<Boolean> sampled = ImmutableList.builder();
    for (SequenceChunk chunk : chunks) {
      for (int i = 0; i < chunk.wanted(); i++) {
        sampled.add(chunk.output().sampling().isPresent());
      }
    }
    return sampled.build();
  }

  @Override
  public int rows() {
    return sampled().size();
  }

  @Override
  public boolean isSampled(int row) {
    return sampled().get(row);
  }

  @Override
  public int token(int row) {
    if (row >= failsAt) {
      throw new IllegalStateException("the model failed");
    }
    return 100 + row;
  }

  @Override
  public float[] logits(int row) {
    return new float[] {token(row)};
  }
}
