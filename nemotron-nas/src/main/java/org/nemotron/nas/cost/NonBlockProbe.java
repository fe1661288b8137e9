package org.nemotron.nas.cost;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Embedding, final norm, head and the choice of the next token. */
final class NonBlockProbe implements Probe {
  private final HeterogeneousModel parent;
  private final long[] prompt;
  private final long[] token;
  private final int batch;

  NonBlockProbe(HeterogeneousModel parent, Scenario scenario) {
    this.parent = parent;
    this.batch = scenario.batch();
    this.prompt = new long[scenario.batch() * scenario.promptTokens()];
    this.token = new long[scenario.batch()];
  }

  @Override
  public void prefill() {
    run(prompt);
  }

  @Override
  public void decode() {
    run(token);
  }

  private void run(long[] ids) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor hiddenBTD = parent.embed(Tensors.of(ids, batch, ids.length / batch));
      Tensor lastB1D = hiddenBTD.narrow(1, hiddenBTD.size(1) - 1, 1);
      long[] next = Tensors.longs(parent.head(lastB1D).argmax(new LongOptional(2), false));
      token[0] = next[0];
    }
  }

  @Override
  public void close() {}
}
