package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.text.EndTokens;

/** A random child with layers of every kind, and the tokenizer of the shipped parent. */
final class SmallModel {
  static final Path SHIPPED = Path.of("../examples/models/tale-7m");
  static final int VOCABULARY = 4096;
  static final int CONTEXT = 512;

  private SmallModel() {}

  private static AttentionSpec grouped(int kvHeads) {
    return new AttentionSpec.GroupedQuery(4, kvHeads, 8);
  }

  static ModelSpec spec() {
    return new ModelSpec(
        VOCABULARY,
        24,
        4,
        8,
        1e-5,
        new RopeSpec.Plain(10_000),
        CONTEXT,
        true,
        new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
        ImmutableList.of(
            new BlockSpec(grouped(4), new FfnSpec.Gated(41)),
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(8)),
            new BlockSpec(grouped(1), new FfnSpec.Linear()),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp()),
            new BlockSpec(grouped(2), new FfnSpec.Gated(16))));
  }

  /** Returns the KV cache of a page on the CPU, in bytes. */
  static long pageBytes() {
    try (InferenceBackend device = Backends.of(Device.CPU, 1)) {
      return device.bytesPerPage(spec());
    }
  }

  static TextGenerator generator(EngineSettings settings) throws IOException {
    return generator(settings, 1);
  }

  /**
   * Returns a generator whose model is multiplied by {@code scale}: NaN makes every logit NaN once
   * a token runs through the layers.
   */
  static TextGenerator generator(EngineSettings settings, double scale) throws IOException {
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights = NamedTensors.of(weights(scale));
        HeterogeneousModel model = HeterogeneousModel.of(spec(), weights)) {
      return TextGenerator.of(model, Tokenizer.open(SHIPPED), EndTokens.none(), settings);
    }
  }

  private static ImmutableMap<String, Tensor> weights(double scale) {
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    spec()
        .tensorShapes()
        .forEach((name, shape) -> weights.put(name, random(shape, new Seed(7).named(name), scale)));
    return weights.buildOrThrow();
  }

  private static Tensor random(ImmutableList<Long> shape, Seed seed, double scale) {
    SplittableRandom random = seed.random();
    float[] values = new float[(int) Shapes.elements(ImmutableList.of(shape))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * random.nextDouble(-0.5, 0.5));
    }
    return Tensors.of(values, Longs.toArray(shape));
  }
}
