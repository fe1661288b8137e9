package org.nemotron.core.nn;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** A pass over whole sequences without a cache: training, scoring, evaluation. */
public final class CausalContext implements AttentionContext {
  /** The only one: it holds nothing. */
  public static final CausalContext INSTANCE = new CausalContext();

  private CausalContext() {}

  @Override
  public long start() {
    return 0;
  }

  @Override
  public Tensor attend(Tensor queriesBNTH, Tensor keysBKTH, Tensor valuesBKTH) {
    return torch.scaled_dot_product_attention(
        queriesBNTH,
        keysBKTH,
        valuesBKTH,
        new TensorOptional(),
        0.0,
        true,
        new DoubleOptional(),
        true);
  }
}
