package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Tensor;

/**
 * What a model computes for one batch, at every seam between its sub-blocks: training and scoring
 * of all replacements start from this. Owned by the scope it was made in.
 *
 * @param seamsBTD the input of every layer, then the output of the last: {@code layers + 1} tensors
 *     {@code [B, T, D]}
 * @param middlesBTD the stream between attention and network of every layer, {@code [B, T, D]}
 */
public record ResidualStream(ImmutableList<Tensor> seamsBTD, ImmutableList<Tensor> middlesBTD) {
  /**
   * Runs {@code model} once.
   *
   * @param idsBT {@code [B, T]} token ids, int64
   */
  public static ResidualStream of(HeterogeneousModel model, Tensor idsBT) {
    ImmutableList.Builder<Tensor> seams = ImmutableList.builder();
    ImmutableList.Builder<Tensor> middles = ImmutableList.builder();
    Tensor hidden = model.embed(idsBT);
    seams.add(hidden);
    for (int layer = 0; layer < model.spec().layers(); layer++) {
      Tensor middle = model.block(layer).attention().forward(hidden, CausalContext.INSTANCE);
      hidden = model.block(layer).ffn().forward(middle, CausalContext.INSTANCE);
      middles.add(middle);
      seams.add(hidden);
    }
    return new ResidualStream(seams.build(), middles.build());
  }

  /** Returns the output of the last layer, before the final norm. */
  public Tensor lastBTD() {
    return seamsBTD.get(seamsBTD.size() - 1);
  }
}
