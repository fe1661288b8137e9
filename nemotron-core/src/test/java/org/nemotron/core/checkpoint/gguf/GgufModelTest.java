package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.LetterModels;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Files as this library writes them, with a key or a tensor changed. */
final class GgufModelTest {
  private static final String UNTIED = "uniform, untied";
  private static final String LLAMA3 = "uniform, tied, llama3 rope";

  private final Map<String, GgufValue> keys = new LinkedHashMap<>();
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();
  private Path file;

  @BeforeEach
  void name(@TempDir Path directory) {
    file = directory.resolve("model.gguf");
  }

  /** A change of the keys or tensors before they are written. */
  private interface Change {
    void make();
  }

  /** Writes the model of this name after {@code change}, and reads its spec. */
  private ModelSpec read(String name, Change change) throws IOException {
    ModelSpec spec = LetterModels.spec(name);
    GgufArchitecture architecture = GgufArchitecture.of(spec);
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = LetterModels.model(spec, 1)) {
      ImmutableMap<String, Tensor> weights = model.tensors();
      keys.clear();
      keys.putAll(
          GgufHyperparameters.of(LlamaCppBlocks.replaced(spec), architecture, GgufType.F32));
      tensors.clear();
      for (GgufTensor tensor :
          GgufTensors.of(
              spec, architecture, GgufType.F32, one -> verifyNotNull(weights.get(one), one))) {
        tensors.put(tensor.name(), tensor);
      }
      change.make();
      GgufWriter writer = new GgufWriter().putAll(keys);
      tensors.values().forEach(writer::add);
      writer.write(file);
    }
    return ModelSpecReader.read(file);
  }

  private void assertRefused(String name, Change change, String sentence) {
    assertThatThrownBy(() -> read(name, change))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + ": " + sentence);
  }

  private void put(String key, GgufValue value) {
    keys.put(key, value);
  }

  private void put(String name, float... values) {
    tensors.put(
        name,
        new GgufTensor(
            name,
            GgufType.F32,
            ImmutableList.of((long) values.length),
            GgufRows.of(() -> Tensors.of(values, values.length))));
  }

  @Test
  void read_nothingChanged_isTheModel() throws IOException {
    for (String name : LetterModels.specs().keySet()) {
      ModelSpec read = read(name, () -> {});
      assertThat(read.blocks()).as(name).isEqualTo(LetterModels.spec(name).blocks());
      assertThat(read.rope()).as(name).isEqualTo(LetterModels.spec(name).rope());
      assertThat(read.headDim()).as(name).isEqualTo(LetterModels.spec(name).headDim());
    }
  }

  @Test
  void read_keysThatMayBeMissing_haveTheirUsualValues() throws IOException {
    ModelSpec read =
        read(
            UNTIED,
            () -> {
              keys.remove("llama.attention.key_length");
              keys.remove("llama.attention.value_length");
              keys.remove("llama.rope.dimension_count");
              keys.remove("llama.rope.freq_base");
            });
    // 64 / 4 heads; the base of rotation is llama.cpp's.
    assertThat(read.headDim()).isEqualTo(16);
    assertThat(read.rope()).isEqualTo(new RopeSpec.Plain(10_000));
    ModelSpec multiHead =
        read("uniform, all biases", () -> keys.remove("llama.attention.head_count_kv"));
    assertThat(multiHead.blocks()).isEqualTo(LetterModels.spec("uniform, all biases").blocks());
  }

  @Test
  void read_specialTokens_areThoseOfTheKeys() throws IOException {
    ModelSpec read =
        read(
            UNTIED,
            () -> {
              put("tokenizer.ggml.bos_token_id", GgufValue.of(3));
              put("tokenizer.ggml.eos_token_id", GgufValue.of(0));
              put("tokenizer.ggml.padding_token_id", GgufValue.of(5));
            });
    assertThat(read.specialTokens())
        .isEqualTo(
            new SpecialTokens(ImmutableList.of(3), ImmutableList.of(0), ImmutableList.of(5)));
  }

  @Test
  void read_headsOfOtherSizes_areRefusedByKey() {
    for (String key : ImmutableList.of("attention.value_length", "rope.dimension_count")) {
      assertRefused(
          UNTIED,
          () -> put("llama." + key, GgufValue.of(8)),
          "llama." + key + " must be the size of a head (16)");
    }
    assertRefused(
        UNTIED,
        () -> put("llama.attention.head_count", GgufValue.of(0)),
        "llama.attention.head_count must be above 0 in some layer");
  }

  @Test
  void read_noEmbeddingOrNoArchitecture_isNamed() {
    assertRefused(
        UNTIED, () -> tensors.remove("token_embd.weight"), "tensor token_embd.weight is missing");
    assertRefused(
        UNTIED,
        () -> keys.remove("general.architecture"),
        "architecture (not named) is not supported; llama, deci, qwen2, qwen3, mistral3 are");
    assertRefused(
        UNTIED,
        () -> keys.remove("llama.block_count"),
        "llama.block_count is missing; it must be a positive whole number");
  }

  @Test
  void read_moreBlocksThanHeadCounts_isRefused() {
    assertRefused(
        UNTIED,
        () ->
            put(
                "llama.attention.head_count",
                new GgufValue.Wholes(GgufValue.WholeType.INT32, ImmutableLongArray.of(4, 4))),
        "llama.attention.head_count must be one number or 3 from 0 to 2^31 - 1");
  }

  @Test
  void read_linearScaling_isPositionInterpolationAboveOne() throws IOException {
    String type = "llama.rope.scaling.type";
    String factor = "llama.rope.scaling.factor";
    assertThat(
            read(
                    UNTIED,
                    () -> {
                      put(type, GgufValue.of("linear"));
                      put(factor, GgufValue.of(2.5));
                    })
                .rope())
        .isEqualTo(new RopeSpec.PositionInterpolation(10_000, 2.5));
    assertThat(
            read(
                    UNTIED,
                    () -> {
                      put(type, GgufValue.of("linear"));
                      put(factor, GgufValue.of(1.0));
                    })
                .rope())
        .isEqualTo(new RopeSpec.Plain(10_000));
    assertRefused(
        UNTIED,
        () -> put(type, GgufValue.of("yarn")),
        "llama.rope.scaling.type must be none or linear, not yarn.\n"
            + "Maybe take a file of the model that was converted without this scaling, which serves"
            + " for longer texts");
  }

  /** As llama.cpp reads them. */
  @Test
  void read_scalingWithoutAType_isLinear() throws IOException {
    String factor = "llama.rope.scaling.factor";
    String old = "llama.rope.scale_linear";
    RopeSpec byThree = new RopeSpec.PositionInterpolation(10_000, 3);
    assertThat(read(UNTIED, () -> put(factor, GgufValue.of(3.0))).rope()).isEqualTo(byThree);
    assertThat(read(UNTIED, () -> put(old, GgufValue.of(3.0))).rope()).isEqualTo(byThree);
    assertThat(
            read(
                    UNTIED,
                    () -> {
                      put(factor, GgufValue.of(3.0));
                      put(old, GgufValue.of(5.0));
                    })
                .rope())
        .isEqualTo(byThree);
    assertThat(read(UNTIED, () -> put(factor, GgufValue.of(0.0))).rope())
        .isEqualTo(new RopeSpec.Plain(10_000));
    assertThat(
            read(
                    UNTIED,
                    () -> {
                      put(factor, GgufValue.of(3.0));
                      put("llama.rope.scaling.type", GgufValue.of("none"));
                    })
                .rope())
        .isEqualTo(new RopeSpec.Plain(10_000));
  }

  @Test
  void read_scalingThatTheLibraryLacks_isRefusedByKey() {
    assertRefused(
        UNTIED,
        () -> put("llama.rope.scaling.factor", GgufValue.of(0.5)),
        "llama.rope.scaling.factor must be at least 1, not 0.5");
    assertRefused(
        UNTIED,
        () -> put("llama.rope.scaling.attn_factor", GgufValue.of(1.5)),
        "llama.rope.scaling.attn_factor must be 1");
    assertRefused(
        LLAMA3,
        () -> put("llama.rope.scaling.factor", GgufValue.of(4.0)),
        "llama.rope.scaling.factor must be 1 beside the tensor rope_freqs.weight, not 4.0");
  }

  @Test
  void read_mistral3WithoutItsScalings_isALlama() throws IOException {
    Change renamed =
        () -> {
          Map<String, GgufValue> own = new LinkedHashMap<>(keys);
          keys.clear();
          own.forEach((key, value) -> keys.put(key.replace("llama.", "mistral3."), value));
          put("general.architecture", GgufValue.of("mistral3"));
        };
    assertThat(read(UNTIED, renamed).blocks()).isEqualTo(LetterModels.spec(UNTIED).blocks());
    assertRefused(
        UNTIED,
        () -> {
          renamed.make();
          put("mistral3.attention.temperature_scale", GgufValue.of(0.1));
        },
        "mistral3.attention.temperature_scale must be 0, not 0.1: queries must not be scaled by"
            + " their position");
  }

  @Test
  void read_adapter_isRefusedByKey() {
    assertRefused(
        UNTIED,
        () -> put("general.type", GgufValue.of("adapter")),
        "general.type must be model, not adapter");
  }

  @Test
  void read_mixtureOfExperts_isRefusedByKey() {
    assertRefused(
        UNTIED,
        () -> put("llama.expert_count", GgufValue.of(8)),
        "llama.expert_count must be 0, not 8.0: mixtures of experts are not supported");
  }

  @Test
  void read_moreTokensThanRows_isRefused() {
    assertRefused(
        UNTIED,
        () ->
            put(
                "tokenizer.ggml.tokens",
                new GgufValue.Texts(
                    IntStream.range(0, 98)
                        .mapToObj(Integer::toString)
                        .collect(ImmutableList.toImmutableList()))),
        "tokenizer.ggml.tokens must be no more (98) than rows of token_embd.weight (97)");
  }

  @Test
  void read_divisorsThatAreNotLlama3s_areRefused() throws IOException {
    String refusal =
        "tensor rope_freqs.weight must be the scaling of Llama 3 with an original context of 64"
            + " and the thresholds 1 and 4";
    assertThat(read(LLAMA3, () -> {}).rope()).isEqualTo(LetterModels.spec(LLAMA3).rope());
    assertRefused(LLAMA3, () -> put("rope_freqs.weight", 1, 1, 1, 1, 1, 1, 2, 8), refusal);
    assertRefused(LLAMA3, () -> put("rope_freqs.weight", 1, 8), refusal);
    float[] halves = {.5f, .5f, .5f, .5f, .5f, .5f, .5f, .5f};
    assertRefused(LLAMA3, () -> put("rope_freqs.weight", halves), refusal);
    assertRefused(
        LLAMA3,
        () -> keys.remove("llama.rope.scaling.original_context_length"),
        refusal.replace("64", "8192"));
  }

  @Test
  void read_gateThatIsNotOpen_isNoLinearNetwork() {
    String name = "irregular, untied";
    String refusal = "tensor blk.2.ffn_gate.bias is not supported; biases of FFNs must be absent";
    float[] almost = new float[64];
    java.util.Arrays.fill(almost, (float) LlamaCppBlocks.OPEN_GATE);
    almost[63] = 1;
    assertRefused(name, () -> put("blk.2.ffn_gate.bias", almost), refusal);
    assertRefused(name, () -> put("blk.2.ffn_gate.bias", 1, 2), refusal);
    assertRefused(name, () -> tensors.remove("blk.2.ffn_gate.weight"), refusal);
    assertRefused(name, () -> tensors.remove("blk.2.ffn_down.weight"), refusal);
    assertRefused(name, () -> copy("blk.0.attn_q.weight", "blk.2.ffn_down.weight"), refusal);
    assertRefused(name, () -> copy("blk.0.attn_q.weight", "blk.2.ffn_gate.weight"), refusal);
    assertRefused(
        name,
        () ->
            put(
                "deci.feed_forward_length",
                new GgufValue.Wholes(
                    GgufValue.WholeType.INT32, ImmutableLongArray.of(96, 80, 65, 64, 32, 64))),
        refusal);
  }

  /** Puts the rows of one tensor in place of those of another. */
  private void copy(String from, String to) {
    GgufTensor source = verifyNotNull(tensors.get(from), from);
    tensors.put(to, new GgufTensor(to, source.type(), source.shape(), source.rows()));
  }
}
