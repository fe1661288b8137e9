package org.nemotron.core.backend.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.parallel.TensorSlice;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * A rank's slices of the layers of a model and the scales of its KV heads, and the tensors outside
 * the layers as a whole.
 */
record ShareWeights(RankShare share, WeightSource whole) implements WeightSource {
  @Override
  public Tensor get(String name) {
    return whole.get(name);
  }

  @Override
  public Tensor get(int layer, String name) {
    TensorSlice slice = share.plan().layerSlices(layer, share.rank()).get(name);
    checkArgument(slice != null, "layer %s has no tensor called %s", layer, name);
    return NativeScope.only(() -> cut(whole.get(layer, name), slice));
  }

  /** Rows lie next to each other: on the CPU they stay where they are, on a GPU they are copied. */
  private static Tensor cut(Tensor tensor, TensorSlice slice) {
    Tensor own = tensor.narrow(slice.dimension(), slice.range().begin(), slice.range().size());
    boolean all = own.numel() == tensor.numel();
    return all || Tensors.device(tensor).equals(Device.CPU) ? own.contiguous() : own.clone();
  }

  @Override
  public KvScales kvScales(int layer) {
    KvScales scales = whole.kvScales(layer);
    IndexRange heads = share.kvHeads(layer);
    return heads.isEmpty()
        ? KvScales.ONE
        : new KvScales(cut(scales.keys(), heads), cut(scales.values(), heads));
  }

  /** One number is that of all heads. */
  private static ImmutableDoubleArray cut(ImmutableDoubleArray scales, IndexRange heads) {
    return scales.length() == 1
        ? scales
        : scales.subArray(Math.toIntExact(heads.begin()), Math.toIntExact(heads.end())).trimmed();
  }
}
