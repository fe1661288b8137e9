package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.text.EndTokens;

/**
 * The shipped parent, and a child of it whose layers differ: greedy tokens alone and in company.
 */
final class CompanyTest {
  private static final int REQUESTS = 32;

  /** What half-precision products in another order move a logit of these models by, at most. */
  private static final double NEAR = 2e-3;

  private static HeterogeneousModel parent() throws IOException {
    return ModelReader.read(SmallModel.SHIPPED, DType.FLOAT32, Device.CPU);
  }

  private static AttentionSpec grouped(ModelSpec parent, int kvHeads) {
    return new AttentionSpec.GroupedQuery(parent.queryHeads(), kvHeads, parent.headDim());
  }

  private static ModelSpec childSpec(ModelSpec parent) {
    AttentionSpec own = parent.block(0).attention();
    return parent.withBlocks(
        ImmutableList.of(
            parent.block(0),
            new BlockSpec(grouped(parent, 1), new FfnSpec.Gated(703)),
            new BlockSpec(new AttentionSpec.NoOp(), parent.block(0).ffn()),
            new BlockSpec(grouped(parent, 8), new FfnSpec.Linear()),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(13)),
            BlockSpec.NO_OP,
            new BlockSpec(own, new FfnSpec.NoOp()),
            new BlockSpec(grouped(parent, 1), new FfnSpec.Gated(1))));
  }

  /**
   * Returns a child with the parent's tensors where they fit, and others that half holds exactly.
   */
  private static HeterogeneousModel child() throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel parent = parent()) {
      ModelSpec spec = childSpec(parent.spec());
      ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
      spec.tensorShapes().forEach((name, shape) -> weights.put(name, tensor(parent, name, shape)));
      try (NamedTensors named = NamedTensors.of(weights.buildOrThrow())) {
        return HeterogeneousModel.of(spec, named);
      }
    }
  }

  private static Tensor tensor(HeterogeneousModel parent, String name, ImmutableList<Long> shape) {
    Tensor own = parent.tensors().get(name);
    if (own == null || !Longs.asList(own.shape()).equals(shape)) {
      return random(shape, new Seed(7).named(name));
    }
    return own;
  }

  private static Tensor random(ImmutableList<Long> shape, Seed seed) {
    SplittableRandom random = seed.random();
    float[] values = new float[(int) Shapes.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(-64, 65) / 1024f;
    }
    return Tensors.of(values, Longs.toArray(shape));
  }

  /** Prompts from one token to several pages. */
  private static ImmutableList<GenerationRequest> requests(int vocabulary) {
    return IntStream.range(0, REQUESTS)
        .mapToObj(
            i ->
                GenerationRequest.continuing(
                        ImmutableIntArray.copyOf(
                            new SplittableRandom(i).ints(1 + i * 9, 0, vocabulary)))
                    .maxNewTokens(3 + i * 5 % 17)
                    .ignoreEndTokens()
                    .build())
        .collect(ImmutableList.toImmutableList());
  }

  @Test
  void generateAll_parentWithMixedLengths_givesEachTheTokensItGetsAlone() throws IOException {
    try (HeterogeneousModel model = parent()) {
      assertSameAloneAndTogether(model);
    }
  }

  @Test
  void generateAll_childOfEveryKindOfLayer_givesEachTheTokensItGetsAlone() throws IOException {
    try (HeterogeneousModel model = child()) {
      assertSameAloneAndTogether(model);
    }
  }

  private static void assertSameAloneAndTogether(HeterogeneousModel model) throws IOException {
    ImmutableList<GenerationRequest> requests = requests(model.spec().vocabularySize());
    try (TextGenerator alone = generator(model);
        TextGenerator together = generator(model)) {
      ImmutableList<GenerationResult> results = together.generateAll(requests);
      for (int i = 0; i < REQUESTS; i++) {
        ImmutableIntArray tokens = results.get(i).tokens();
        assertThat(tokens).isEqualTo(alone.generate(requests.get(i)).tokens());
        assertThat(tokens.length()).isEqualTo(requests.get(i).maxNewTokens());
        assertLikeliest(model, promptOf(requests.get(i)), tokens);
      }
    }
  }

  private static TextGenerator generator(HeterogeneousModel model) throws IOException {
    return TextGenerator.of(
        model, Tokenizer.open(SmallModel.SHIPPED), EndTokens.none(), EngineSettings.defaults());
  }

  private static ImmutableIntArray promptOf(GenerationRequest request) {
    return ((Prompt.Tokens) request.prompt()).ids();
  }

  /** By the whole-sequence forward pass, which shares no code with the engine's steps. */
  private static void assertLikeliest(
      HeterogeneousModel model, ImmutableIntArray prompt, ImmutableIntArray chosen) {
    try (NativeScope scope = NativeScope.open()) {
      long[] ids =
          ImmutableIntArray.builder().addAll(prompt).addAll(chosen).build().stream()
              .asLongStream()
              .toArray();
      Tensor logitsTV = model.logits(Tensors.of(ids, 1, ids.length)).select(0, 0);
      for (int i = 0; i < chosen.length(); i++) {
        Tensor row = logitsTV.select(0, prompt.length() + i - 1);
        double behind = row.max().item_double() - row.select(0, chosen.get(i)).item_double();
        assertThat(behind).as("token %s behind %s", i, prompt.length()).isLessThan(NEAR);
      }
    }
  }
}
