package org.nemotron.core.nn;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NamedTensors;

/** An absent sub-block: the residual stream passes through unchanged. */
public final class NoOp implements SubBlock {
  private final NamedTensors tensors = NamedTensors.none();

  NoOp() {}

  @Override
  public Tensor forward(Tensor hiddenBTD) {
    tensors.checkOpen();
    return hiddenBTD;
  }

  @Override
  public Optional<String> lastProjection() {
    return Optional.empty();
  }

  @Override
  public Tensor lastInput(Tensor hiddenBTD) {
    throw new IllegalStateException("an absent sub-block has no last projection");
  }

  @Override
  public NamedTensors tensors() {
    return tensors;
  }
}
