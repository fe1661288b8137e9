package org.nemotron.core.parallel;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.SubBlock;

/**
 * A sub-block without a memory of other tokens: the rank's part of the input of its last
 * projection, multiplied by the rank's columns of it.
 *
 * @param own the sub-block of the rank's slices
 * @param inputs which of the elements that {@code own} gives are multiplied
 */
record RankProjection(SubBlock own, IndexRange inputs) implements RankSubBlock {
  @Override
  public Tensor partial(Tensor hiddenBTD, RankKvCache cache) {
    if (inputs.isEmpty()) {
      return torch.zeros_like(hiddenBTD);
    }
    return torch.linear(
        own.lastInput(hiddenBTD).narrow(2, inputs.begin(), inputs.size()),
        own.tensors().get(own.lastProjection().orElseThrow()));
  }

  @Override
  public void close() {
    own.close();
  }
}
