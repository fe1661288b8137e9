package org.nemotron.core.checkpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.ModelSpecBuilder;

/** Small checkpoints for tests: specs, weights, and files made byte by byte. */
public final class Checkpoints {
  private Checkpoints() {}

  /** Returns the bytes of a safetensors file with this header and as many zeros behind it. */
  public static byte[] safetensors(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  /** Returns a Llama of two equal layers. */
  static ModelSpec llama(boolean tied) {
    BlockSpec block = new BlockSpec(new AttentionSpec.GroupedQuery(2, 1, 4), new FfnSpec.Gated(12));
    return new ModelSpecBuilder()
        .vocabularySize(11)
        .width(8)
        .heads(2, 4)
        .maxPositions(32)
        .tied(tied)
        .specialTokens(
            new SpecialTokens(ImmutableList.of(0), ImmutableList.of(1), ImmutableList.of()))
        .blocks(block, block)
        .build();
  }

  /** Returns random weights for {@code spec}, owned by the current scope. */
  static Map<String, Tensor> weights(ModelSpec spec, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    spec.tensorShapes().forEach((name, shape) -> weights.put(name, normal(random, shape)));
    return weights;
  }

  /** Returns a tensor of small random numbers. */
  public static Tensor normal(SplittableRandom random, ImmutableList<Long> shape) {
    float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return Tensors.of(values, Longs.toArray(shape));
  }

  /** Returns a model with random weights, which the caller closes. */
  static HeterogeneousModel model(ModelSpec spec, DType dtype, long seed) {
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights = NamedTensors.of(weights(spec, seed));
        NamedTensors cast = weights.map(tensor -> Tensors.cast(tensor, dtype))) {
      return HeterogeneousModel.of(spec, cast);
    }
  }

  /** Writes the directory that transformers would write for a uniform {@code spec}. */
  static void writeLlama(Path directory, ModelSpec spec, Map<String, Tensor> weights)
      throws IOException {
    Files.createDirectories(directory);
    writeLlamaConfig(directory, spec);
    new SafetensorsWriter().addAll(weights).write(directory.resolve("model.safetensors"));
  }

  /** Writes only the config.json of a uniform {@code spec}. */
  static void writeLlamaConfig(Path directory, ModelSpec spec) throws IOException {
    ObjectNode config = llamaConfig(spec);
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.json"), config.toString());
  }

  /** Returns the config.json of a uniform {@code spec}. */
  static ObjectNode llamaConfig(ModelSpec spec) {
    ObjectNode config = new JsonMapper().createObjectNode();
    config.putArray("architectures").add("LlamaForCausalLM");
    config.put("model_type", "llama").put("hidden_act", "silu");
    config.put("vocab_size", spec.vocabularySize()).put("hidden_size", spec.width());
    config.put("num_hidden_layers", spec.layers()).put("num_attention_heads", spec.queryHeads());
    config.put("head_dim", spec.headDim()).put("rms_norm_eps", spec.rmsNormEps());
    config.put("rope_theta", spec.rope().theta()).put("tie_word_embeddings", spec.tiedEmbeddings());
    config.put("max_position_embeddings", spec.maxPositions());
    config.put("bos_token_id", 0).put("eos_token_id", 1);
    AttentionSpec.GroupedQuery attention = (AttentionSpec.GroupedQuery) spec.block(0).attention();
    config.put("num_key_value_heads", attention.kvHeads());
    config.put("intermediate_size", ((FfnSpec.Gated) spec.block(0).ffn()).channels());
    return config;
  }

  /** Returns the elements as float32, and whether they are equal bit for bit is thereby decided. */
  static List<Float> values(Tensor tensor) {
    return Floats.asList(Tensors.floats(tensor));
  }

  /** Returns any small model of which the layers may differ in every way that a spec can say. */
  static Arbitrary<ModelSpec> specs() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 8),
            Arbitraries.integers().between(1, 4).map(half -> 2 * half),
            Arbitraries.integers().between(1, 40),
            ropes(),
            Arbitraries.of(true, false),
            specialTokens())
        .flatAs(
            (queryHeads, headDim, width, rope, tied, tokens) ->
                blocks(queryHeads, headDim)
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(5)
                    .map(
                        layers ->
                            new ModelSpecBuilder()
                                .vocabularySize(19)
                                .width(width)
                                .heads(queryHeads, headDim)
                                .rope(rope)
                                .maxPositions(64)
                                .tied(tied)
                                .specialTokens(tokens)
                                .blocks(ImmutableList.copyOf(layers))
                                .build()));
  }

  private static Arbitrary<BlockSpec> blocks(int queryHeads, int headDim) {
    Arbitrary<AttentionSpec> attentions =
        Arbitraries.integers()
            .between(1, queryHeads)
            .filter(kvHeads -> queryHeads % kvHeads == 0)
            .map(kvHeads -> new AttentionSpec.GroupedQuery(queryHeads, kvHeads, headDim));
    Arbitrary<FfnSpec> ffns = Arbitraries.integers().between(1, 600).map(FfnSpec.Gated::new);
    return Combinators.combine(
            Arbitraries.oneOf(
                attentions, Arbitraries.of(new AttentionSpec.Linear(), new AttentionSpec.NoOp())),
            Arbitraries.oneOf(ffns, Arbitraries.of(new FfnSpec.Linear(), new FfnSpec.NoOp())))
        .as(BlockSpec::new);
  }

  private static Arbitrary<RopeSpec> ropes() {
    return Arbitraries.of(
        new RopeSpec.Plain(10_000),
        new RopeSpec.Plain(500_000.5),
        new RopeSpec.PositionInterpolation(10_000, 4),
        new RopeSpec.Llama3(500_000, 8, 1, 4, 8192));
  }

  private static Arbitrary<SpecialTokens> specialTokens() {
    Arbitrary<ImmutableList<Integer>> one = Arbitraries.of(ImmutableList.of(), ImmutableList.of(3));
    Arbitrary<ImmutableList<Integer>> several =
        Arbitraries.of(ImmutableList.of(), ImmutableList.of(1), ImmutableList.of(1, 8, 9));
    return Combinators.combine(one, several, one).as(SpecialTokens::new);
  }

  /** Returns all files of a directory with their content, to compare directories. */
  static ImmutableMap<String, Integer> contents(Path directory) throws IOException {
    ImmutableMap.Builder<String, Integer> contents = ImmutableMap.builder();
    try (java.util.stream.Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        contents.put(
            file.getFileName().toString(), java.util.Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return contents.buildOrThrow();
  }
}
