package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableMap;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.PinnedFloats;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * What AdamW knows of one tensor, in float32 in the machine's memory, page-locked where the tensor
 * lies on a GPU: two moments, and a copy of a tensor that is narrower.
 */
final class HostStates implements AutoCloseable {
  private final Optional<Tensor> master;
  private final Tensor mean;
  private final Tensor square;
  private final Resources held;

  HostStates(Tensor parameter) {
    Tensor own = parameter.detach();
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.mean = zeros(own, made);
      this.square = zeros(own, made);
      this.master =
          DType.of(own) == DType.FLOAT32 ? Optional.empty() : Optional.of(zeros(own, made));
      master.ifPresent(copy -> copy.copy_(own));
      this.held = made.complete();
    }
  }

  private static Tensor zeros(Tensor like, Resources made) {
    if (Tensors.device(like).equals(Device.CPU)) {
      return made.add(
          NativeScope.keep(Tensors.zeros(Device.CPU, DType.FLOAT32, like.shape())),
          NativeScope::release);
    }
    return made.add(new PinnedFloats(like.shape()), PinnedFloats::close).tensor();
  }

  /** Returns the copy of a tensor that is narrower. */
  Optional<Tensor> master() {
    return master;
  }

  /** Returns the mean of gradients. */
  Tensor mean() {
    return mean;
  }

  /** Returns the mean of their squares. */
  Tensor square() {
    return square;
  }

  /** Returns all, by kind; they belong to this object. */
  ImmutableMap<String, Tensor> byKind() {
    ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
    all.put("mean", mean).put("square", square);
    master.ifPresent(copy -> all.put("master", copy));
    return all.buildOrThrow();
  }

  @Override
  public void close() {
    held.close();
  }
}
