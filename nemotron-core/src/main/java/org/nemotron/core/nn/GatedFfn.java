package org.nemotron.core.nn;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NamedTensors;

/**
 * The gated feed-forward network of Llama: {@code x + down(silu(gate(norm(x))) * up(norm(x)))}.
 *
 * <p>Source: Shazeer, arXiv:2002.05202 (SwiGLU).
 */
public final class GatedFfn implements SubBlock {
  // Shape letters in this file: B = batch, T = tokens, D = model width, I = intermediate channels.

  private final NamedTensors tensors;
  private final RmsNorm norm;
  private final Linear gate;
  private final Linear up;
  private final Linear down;

  GatedFfn(NamedTensors tensors, double eps) {
    this.tensors = tensors;
    this.norm = new RmsNorm(tensors.get("post_attention_layernorm.weight"), eps);
    this.gate = new Linear(tensors, "mlp.gate_proj");
    this.up = new Linear(tensors, "mlp.up_proj");
    this.down = new Linear(tensors, "mlp.down_proj");
  }

  @Override
  public Tensor forward(Tensor hiddenBTD) {
    return hiddenBTD.add(down.apply(channels(hiddenBTD)));
  }

  /**
   * Returns the intermediate activations, from which the importance of channels is measured.
   *
   * @param hiddenBTD {@code [B, T, D]}, the residual stream before this sub-block
   * @return {@code [B, T, I]}, owned by the current scope
   */
  public Tensor channels(Tensor hiddenBTD) {
    tensors.checkOpen();
    Tensor normalizedBTD = norm.apply(hiddenBTD);
    return FusedOps.gated(gate.apply(normalizedBTD), up.apply(normalizedBTD));
  }

  @Override
  public Optional<String> lastProjection() {
    return Optional.of("mlp.down_proj.weight");
  }

  @Override
  public Tensor lastInput(Tensor hiddenBTD) {
    return channels(hiddenBTD);
  }

  @Override
  public NamedTensors tensors() {
    return tensors;
  }
}
