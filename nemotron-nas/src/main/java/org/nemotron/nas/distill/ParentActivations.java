package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.CausalContext;
import org.nemotron.core.nn.HeterogeneousModel;

/**
 * What the parent computes for one batch: the residual stream at every seam. All candidates of all
 * layers are trained from this. Owned by the scope it was made in.
 *
 * @param seamsBTD the input of every layer, then the output of the last: {@code layers + 1} tensors
 * @param middlesBTD the stream between attention and network of every layer
 */
record ParentActivations(ImmutableList<Tensor> seamsBTD, ImmutableList<Tensor> middlesBTD) {
  /** Runs {@code parent} once. */
  static ParentActivations of(HeterogeneousModel parent, Tensor idsBT) {
    ImmutableList.Builder<Tensor> seams = ImmutableList.builder();
    ImmutableList.Builder<Tensor> middles = ImmutableList.builder();
    Tensor hidden = parent.embed(idsBT);
    seams.add(hidden);
    for (int layer = 0; layer < parent.spec().layers(); layer++) {
      Tensor middle = parent.block(layer).attention().forward(hidden, CausalContext.INSTANCE);
      hidden = parent.block(layer).ffn().forward(middle, CausalContext.INSTANCE);
      middles.add(middle);
      seams.add(hidden);
    }
    return new ParentActivations(seams.build(), middles.build());
  }
}
