package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.tensor.NativeScope;

/**
 * The slices of one rank, cut from the tensors of a whole model in memory. {@code
 * ModelReader.slices} reads them from a checkpoint without the rest.
 */
public final class SlicedWeights implements WeightSource {
  private final SlicePlan plan;
  private final int rank;
  private final WeightSource whole;

  /**
   * @param plan which slices these are
   * @param rank whose, from 0
   * @param whole the model's tensors, which must stay open
   * @throws IllegalArgumentException if there is no such rank
   */
  public SlicedWeights(SlicePlan plan, int rank, WeightSource whole) {
    checkArgument(
        rank >= 0 && rank < plan.degree(), "rank (%s) must be less than %s", rank, plan.degree());
    this.plan = plan;
    this.rank = rank;
    this.whole = whole;
  }

  @Override
  public Tensor get(String name) {
    return cut(whole.get(name), name, plan.nonBlockSlices(rank));
  }

  @Override
  public Tensor get(int layer, String name) {
    return cut(whole.get(layer, name), name, plan.layerSlices(layer, rank));
  }

  private static Tensor cut(Tensor tensor, String name, ImmutableMap<String, TensorSlice> slices) {
    TensorSlice slice = slices.get(name);
    checkArgument(slice != null, "the model has no tensor called %s", name);
    return NativeScope.only(() -> narrowed(tensor, slice).contiguous());
  }

  private static Tensor narrowed(Tensor tensor, TensorSlice slice) {
    return tensor.narrow(slice.dimension(), slice.range().begin(), slice.range().size());
  }
}
