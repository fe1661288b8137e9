package org.nemotron.runtime.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.text.EndTokens;

/** A random child with layers of every kind, and the tokenizer of the shipped parent. */
public final class SmallModel {
  /** The shipped parent. */
  public static final Path SHIPPED = Path.of("../examples/models/tale-7m");

  /** The tokens that it knows. */
  public static final int VOCABULARY = 4096;

  /** The child's longest context. */
  public static final int CONTEXT = 512;

  private SmallModel() {}

  private static AttentionSpec grouped(int kvHeads) {
    return new AttentionSpec.GroupedQuery(4, kvHeads, 8);
  }

  static ModelSpec spec() {
    return new ModelSpecBuilder()
        .vocabularySize(VOCABULARY)
        .width(24)
        .heads(4, 8)
        .maxPositions(CONTEXT)
        .tied(true)
        .blocks(
            new BlockSpec(grouped(4), new FfnSpec.Gated(41)),
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(8)),
            new BlockSpec(grouped(1), new FfnSpec.Linear()),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp()),
            new BlockSpec(grouped(2), new FfnSpec.Gated(16)))
        .build();
  }

  /** Returns the KV cache of a page on the CPU, in bytes. */
  static long pageBytes() {
    try (InferenceBackend device = Backends.of(Device.CPU, 1)) {
      return device.bytesPerPage(spec());
    }
  }

  /** Returns a generator of the random child. */
  public static TextGenerator generator(EngineSettings settings) throws IOException {
    return generator(settings, 1);
  }

  /**
   * Returns a generator whose model is multiplied by {@code scale}: NaN makes every logit NaN once
   * a token runs through the layers.
   */
  public static TextGenerator generator(EngineSettings settings, double scale) throws IOException {
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights =
            NamedTensors.of(TestModels.weightsWithin(scale / 2, spec().tensorShapes(), 7));
        HeterogeneousModel model = HeterogeneousModel.of(spec(), weights)) {
      return TextGenerator.of(model, Tokenizer.open(SHIPPED), EndTokens.none(), settings);
    }
  }

  /** Returns a generator of the random child that has conversations, by {@code template}. */
  public static TextGenerator chatting(EngineSettings settings, String template)
      throws IOException {
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights =
            NamedTensors.of(TestModels.weightsWithin(0.5, spec().tensorShapes(), 7));
        HeterogeneousModel model = HeterogeneousModel.of(spec(), weights)) {
      return TextGenerator.of(
          model,
          Tokenizer.open(SHIPPED),
          EndTokens.none(),
          ChatTemplate.of(template, Map.of("bos_token", "<s>")),
          settings);
    }
  }
}
