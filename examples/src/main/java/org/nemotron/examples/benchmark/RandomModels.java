package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.util.Collections;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Models of a real model's shape, with random weights made where they are used. */
final class RandomModels {
  /** The shape of Llama-3.1-8B. */
  static final ModelSpec LLAMA_8B =
      new ModelSpec(
          128_256,
          4096,
          32,
          128,
          1e-5,
          new RopeSpec.Llama3(500_000, 8, 1, 4, 8192),
          16_384,
          false,
          new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
          ImmutableList.copyOf(
              Collections.nCopies(
                  32,
                  new BlockSpec(
                      new AttentionSpec.GroupedQuery(32, 8, 128), new FfnSpec.Gated(14_336)))));

  /** Four of its layers: what a rival's step is measured on. */
  static final ModelSpec WIDE = LLAMA_8B.withBlocks(LLAMA_8B.blocks().subList(0, 4));

  /** The shape of tale-63m. */
  static final ModelSpec TALE_63M =
      new ModelSpec(
          8192,
          512,
          8,
          64,
          1e-5,
          new RopeSpec.Plain(10_000),
          16_384,
          true,
          new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
          ImmutableList.copyOf(
              Collections.nCopies(
                  20,
                  new BlockSpec(
                      new AttentionSpec.GroupedQuery(8, 4, 64), new FfnSpec.Gated(1408)))));

  private static final double SCALE = 0.02;

  private RandomModels() {}

  /** Returns a model that the caller closes; the same in every process. */
  static HeterogeneousModel of(ModelSpec spec, Device device, DType dtype) {
    return at(device, spec, device, dtype);
  }

  /** Returns the same model at {@code place}; its weights are drawn on {@code device}. */
  static HeterogeneousModel at(Device place, ModelSpec spec, Device device, DType dtype) {
    torch.manual_seed(1);
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
      for (Map.Entry<String, ImmutableList<Long>> entry : spec.tensorShapes().entrySet()) {
        weights.put(
            entry.getKey(),
            NativeScope.only(
                () -> Tensors.move(random(entry.getValue(), device, dtype), place, dtype)));
      }
      try (NamedTensors holder = NamedTensors.of(weights.buildOrThrow())) {
        return HeterogeneousModel.of(spec, holder);
      }
    }
  }

  private static Tensor random(ImmutableList<Long> shape, Device device, DType dtype) {
    if (shape.size() == 1) {
      return torch.ones(Longs.toArray(shape), device.options(dtype));
    }
    return torch.randn(Longs.toArray(shape), device.options(dtype)).mul_(new Scalar(SCALE));
  }
}
