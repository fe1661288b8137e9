package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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
  private final Tensor gateID;
  private final Tensor upID;
  private final Tensor downDI;

  GatedFfn(NamedTensors tensors, double eps) {
    this.tensors = tensors;
    this.norm = new RmsNorm(tensors.get("post_attention_layernorm.weight"), eps);
    this.gateID = tensors.get("mlp.gate_proj.weight");
    this.upID = tensors.get("mlp.up_proj.weight");
    this.downDI = tensors.get("mlp.down_proj.weight");
  }

  @Override
  public Tensor forward(Tensor hiddenBTD) {
    return hiddenBTD.add(torch.linear(channels(hiddenBTD), downDI));
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
    Tensor gatesBTI = torch.linear(normalizedBTD, gateID);
    Tensor upsBTI = torch.linear(normalizedBTD, upID);
    return FusedOps.gate(gatesBTI, upsBTI)
        ? FusedOps.gated(gatesBTI, upsBTI)
        : torch.silu(gatesBTI).mul(upsBTI);
  }

  @Override
  public NamedTensors tensors() {
    return tensors;
  }

  public Tensor normWeightD() {
    return tensors.get("post_attention_layernorm.weight");
  }

  public Tensor gateID() {
    return gateID;
  }

  public Tensor upID() {
    return upID;
  }

  public Tensor downDI() {
    return downDI;
  }
}
