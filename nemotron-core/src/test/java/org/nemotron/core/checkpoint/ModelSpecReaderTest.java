package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.huggingface.DeciLmConfigs;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;

final class ModelSpecReaderTest {
  private static final Path CONFIGS = Path.of("src/test/resources/configs");

  private Path directory;
  private Path config;

  @BeforeEach
  void nameConfig(@TempDir Path directory) {
    this.directory = directory;
    config = directory.resolve("config.json");
  }

  @Test
  void read_llama2_fillsInWhatItLeavesOut() throws IOException {
    ModelSpec spec = published("llama-2-7b");
    assertThat(spec.parameters()).isEqualTo(6_738_415_616L);
    assertThat(spec.headDim()).isEqualTo(128);
    assertThat(spec.rope()).isEqualTo(new RopeSpec.Plain(10_000));
    assertThat(spec.block(31).id()).isEqualTo("kv32+w11008");
    assertThat(spec.specialTokens())
        .isEqualTo(new SpecialTokens(ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of()));
  }

  @Test
  void read_llama3_hasItsOwnBase() throws IOException {
    ModelSpec spec = published("llama-3-8b");
    assertThat(spec.parameters()).isEqualTo(8_030_261_248L);
    assertThat(spec.rope()).isEqualTo(new RopeSpec.Plain(500_000));
    assertThat(spec.block(0).id()).isEqualTo("kv8+w14336");
  }

  @Test
  void read_llama31_hasScaledRotationAndSeveralEndTokens() throws IOException {
    ModelSpec spec = published("llama-3.1-70b-instruct");
    assertThat(spec.parameters()).isEqualTo(70_553_706_496L);
    assertThat(spec.rope()).isEqualTo(new RopeSpec.Llama3(500_000, 8, 1, 4, 8192));
    assertThat(spec.maxPositions()).isEqualTo(131_072);
    assertThat(spec.specialTokens().endOfText()).containsExactly(128_001, 128_008, 128_009);
  }

  @Test
  void read_llama32_knowsRopeParametersHeadDimAndTiedHead() throws IOException {
    ModelSpec spec = published("llama-3.2-1b");
    assertThat(spec.parameters()).isEqualTo(1_235_814_400L);
    assertThat(spec.rope()).isEqualTo(new RopeSpec.Llama3(500_000, 32, 1, 4, 8192));
    assertThat(spec.headDim()).isEqualTo(64);
    assertThat(spec.tiedEmbeddings()).isTrue();
  }

  @Test
  void read_nemotronNas_hasALayerOfEachKind() throws IOException {
    ModelSpec spec = published("nemotron-nas");
    assertThat(spec.blocks())
        .containsExactly(
            new BlockSpec(new AttentionSpec.GroupedQuery(64, 8, 128), new FfnSpec.Gated(14336)),
            new BlockSpec(new AttentionSpec.GroupedQuery(64, 4, 128), new FfnSpec.Gated(28672)),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear()),
            BlockSpec.NO_OP);
  }

  @Test
  void read_headDimUnlikeTheQuotient_isHonored() throws IOException {
    write(json -> json.put("head_dim", 6));
    assertThat(ModelSpecReader.read(directory).headDim()).isEqualTo(6);
  }

  @Test
  void read_linearScalingUnderItsOldName_isPositionInterpolation() throws IOException {
    write(json -> json.putObject("rope_scaling").put("type", "linear").put("factor", 4));
    assertThat(ModelSpecReader.read(directory).rope())
        .isEqualTo(new RopeSpec.PositionInterpolation(10_000, 4));
  }

  @Test
  void read_bothRopeSpellings_prefersTheNewer() throws IOException {
    write(json -> json.putObject("rope_parameters").put("rope_theta", 7e4));
    assertThat(ModelSpecReader.read(directory).rope()).isEqualTo(new RopeSpec.Plain(7e4));
  }

  @Test
  void read_noConfig_isNamed() {
    assertRefused(config + " is missing");
  }

  @Test
  void read_damagedJson_isRefused() throws IOException {
    Files.writeString(config, "{\"a\": ");
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(config + " is not JSON (");
  }

  @Test
  void read_emptyFile_isRefused() throws IOException {
    Files.writeString(config, "");
    assertRefused(config + " is empty; it must hold JSON");
  }

  @Test
  void read_otherArchitecture_isRefusedWithTheNearestAndWhatItLacks() throws IOException {
    write(
        json -> {
          json.putArray("architectures").add("MixtralForCausalLM");
          json.put("sliding_window", 4096).put("num_local_experts", 8);
          json.put("num_experts_per_tok", 2).put("output_router_logits", false);
        });
    assertRefused(
        config
            + ": architecture MixtralForCausalLM is not supported; [LlamaForCausalLM,"
            + " MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, DeciLMForCausalLM,"
            + " AnyModel] are.\n"
            + "The nearest is MistralForCausalLM, which does not have num_local_experts (8),"
            + " num_experts_per_tok (2).");
  }

  @Test
  void read_windowBelowTheContext_isRefusedWithTheRemedy() throws IOException {
    write(
        json -> json.put("sliding_window", 8).put("model_type", "mistral").remove("architectures"));
    assertRefused(
        config
            + ": sliding_window (8) is not supported; it must be null, or not below"
            + " max_position_embeddings (32).\n"
            + "Maybe lower max_position_embeddings to 8: within one window the model is the same.");
  }

  @Test
  void read_windowAsLongAsTheContext_changesNothing() throws IOException {
    write(
        json ->
            json.put("sliding_window", 32).put("model_type", "mistral").remove("architectures"));
    assertThat(ModelSpecReader.read(directory)).isEqualTo(Checkpoints.llama(false));
  }

  @Test
  void read_qwenWindowSwitchedOff_isIgnored() throws IOException {
    write(
        json ->
            json.put("sliding_window", 8)
                .put("use_sliding_window", false)
                .put("model_type", "qwen2")
                .remove("architectures"));
    assertThat(ModelSpecReader.read(directory).block(0).attention())
        .isEqualTo(
            new AttentionSpec.GroupedQuery(2, 1, 4, ImmutableSet.of(AttentionTrait.INPUT_BIASES)));
  }

  @Test
  void read_slidingLayerTypes_areRefused() throws IOException {
    write(json -> json.putArray("layer_types").add("full_attention").add("sliding_attention"));
    assertRefused(
        config + ": layer_types (sliding_attention) is not supported; it must be full_attention");
  }

  @Test
  void read_qwen3_normalizesHeadsOf128() throws IOException {
    write(
        json -> {
          json.put("model_type", "qwen3").putArray("architectures").add("Qwen3ForCausalLM");
          json.remove("head_dim");
        });
    assertThat(ModelSpecReader.read(directory).block(0).attention())
        .isEqualTo(
            new AttentionSpec.GroupedQuery(2, 1, 128, ImmutableSet.of(AttentionTrait.HEAD_NORMS)));
  }

  @Test
  void read_attentionBias_isOfAllFourProjections() throws IOException {
    write(json -> json.put("attention_bias", true));
    assertThat(ModelSpecReader.read(directory).block(0).attention())
        .isEqualTo(
            new AttentionSpec.GroupedQuery(
                2, 1, 4, ImmutableSet.of(AttentionTrait.INPUT_BIASES, AttentionTrait.OUTPUT_BIAS)));
  }

  @Test
  void read_anyModel_takesWhatALayerDoesNotSayFromOutside() throws IOException {
    write(
        json -> {
          json.putArray("architectures").add("AnyModel");
          json.put("base_architecture", "Qwen2ForCausalLM");
          ObjectNode first = json.putArray("block_configs").addObject();
          first.putObject("attention").put("num_key_value_heads", 2);
          first.putObject("ffn").put("no_op", true);
          ObjectNode second = ((ArrayNode) json.path("block_configs")).addObject();
          second.putObject("attention").put("no_op", false);
          second.putObject("ffn").put("intermediate_size", 7);
        });
    ImmutableSet<AttentionTrait> biases = ImmutableSet.of(AttentionTrait.INPUT_BIASES);
    assertThat(ModelSpecReader.read(directory).blocks())
        .containsExactly(
            new BlockSpec(new AttentionSpec.GroupedQuery(2, 2, 4, biases), new FfnSpec.NoOp()),
            new BlockSpec(new AttentionSpec.GroupedQuery(2, 1, 4, biases), new FfnSpec.Gated(7)));
  }

  @Test
  void read_blocksOfAFamily_areReadInItsOwnConfig() throws IOException {
    write(
        json -> {
          json.put("num_hidden_layers", 1);
          ObjectNode block = json.putArray("block_configs").addObject();
          block.putObject("attention").put("replace_with_linear", true);
          block.putObject("ffn").put("intermediate_size", 7);
        });
    assertThat(ModelSpecReader.read(directory).blocks())
        .containsExactly(new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(7)));
  }

  @Test
  void read_onlyModelType_isEnough() throws IOException {
    write(json -> json.remove("architectures"));
    assertThat(ModelSpecReader.read(directory)).isEqualTo(Checkpoints.llama(false));
  }

  @Test
  void read_otherRopeType_isRefusedByName() throws IOException {
    write(json -> json.putObject("rope_scaling").put("rope_type", "yarn").put("factor", 4));
    assertRefused(
        config + ", rope_scaling: rope type yarn is not supported; default, linear and llama3 are");
  }

  @Test
  void read_ropePerKindOfLayer_isRefused() throws IOException {
    write(json -> json.putObject("rope_parameters").putObject("full_attention"));
    assertRefused(config + ", rope_parameters: settings per kind of layer are not supported");
  }

  @Test
  void read_partialRotation_isRefused() throws IOException {
    write(json -> json.putObject("rope_parameters").put("partial_rotary_factor", 0.5));
    assertRefused(
        config + ", rope_parameters: partial_rotary_factor (0.5) is not supported; it must be 1");
  }

  @Test
  void read_scalingWithoutFactor_isRefused() throws IOException {
    write(json -> json.putObject("rope_scaling").put("rope_type", "linear"));
    assertRefused(config + ", rope_scaling: factor is missing; it must be a number");
  }

  @Test
  void read_biasesOfNetworks_areRefusedByName() throws IOException {
    write(json -> json.put("mlp_bias", true));
    assertRefused(config + ": mlp_bias (true) is not supported; it must be false");
  }

  @Test
  void read_otherActivation_isRefusedByName() throws IOException {
    write(json -> json.put("hidden_act", "gelu"));
    assertRefused(config + ": hidden_act (gelu) is not supported; it must be silu");
  }

  @Test
  void read_quantized_isRefused() throws IOException {
    write(json -> json.putObject("quantization_config").put("quant_method", "awq"));
    assertRefused(
        config
            + ", quantization_config: quant_method (awq) is not supported; weights of 8-bit floats are"
            + " read in compressed-tensors' float-quantized form with a scale for a matrix or each row,"
            + " and in ModelOpt's FP8.\n"
            + "Maybe the model is also published in bfloat16 or float16.");
  }

  @Test
  void read_sizeMissing_isNamed() throws IOException {
    write(json -> json.remove("hidden_size"));
    assertRefused(config + ": hidden_size is missing; it must be a positive whole number");
  }

  @Test
  void read_sizeNotANumber_isRefused() throws IOException {
    write(json -> json.put("vocab_size", "many"));
    assertRefused(config + ": vocab_size (\"many\") must be a positive whole number");
  }

  @Test
  void read_sizeZero_isRefused() throws IOException {
    write(json -> json.put("num_hidden_layers", 0));
    assertRefused(config + ": num_hidden_layers (0) must be a positive whole number below 2^31");
  }

  @Test
  void read_absurdNumberOfLayers_isRefused() throws IOException {
    write(json -> json.put("num_hidden_layers", Integer.MAX_VALUE));
    assertRefused(config + ": num_hidden_layers (2147483647) must be at most 10000");
  }

  @Test
  void read_headsThatDoNotDivide_areRefused() throws IOException {
    write(json -> json.put("num_key_value_heads", 3));
    assertRefused(config + ": num_key_value_heads (3) must divide num_attention_heads (2)");
  }

  @Test
  void read_widthThatHeadsDoNotDivide_isRefused() throws IOException {
    write(
        json -> {
          json.remove("head_dim");
          json.put("hidden_size", 9);
        });
    assertRefused(
        config
            + ": hidden_size (9) must be a multiple of num_attention_heads (2) where head_dim is"
            + " not given");
  }

  @Test
  void read_blockCountUnlikeLayers_isRefused() throws IOException {
    writeDeci(json -> json.put("num_hidden_layers", 3));
    assertRefused(config + ": block_configs has 2 entries but num_hidden_layers is 3");
  }

  @Test
  void read_windowedAttention_isRefusedByName() throws IOException {
    writeDeci(json -> attention(json).put("window_length", 4096));
    assertRefused(
        config + ", block_configs[0], attention: window_length is not supported; it must be null");
  }

  @Test
  void read_layerOrNetworkWithWhatIsNotSupported_isRefusedByName() throws IOException {
    writeDeci(json -> ((ObjectNode) json.path("block_configs").path(1)).put("parallel_blocks", 2));
    assertRefused(config + ", block_configs[1]: parallel_blocks is not supported; it must be null");
    writeDeci(json -> ffn(json).putObject("moe"));
    assertRefused(config + ", block_configs[0], ffn: moe is not supported; it must be null");
    writeDeci(json -> ffn(json).put("hidden_act", "gelu"));
    assertRefused(
        config + ", block_configs[0], ffn: hidden_act (gelu) is not supported; it must be silu");
  }

  @Test
  void read_multiplierOfNoOrTooManyChannels_isRefused() throws IOException {
    for (double multiplier : new double[] {-1, 1e12}) {
      writeDeci(json -> ffn(json).put("ffn_mult", multiplier).putNull("intermediate_size"));
      assertThatThrownBy(() -> ModelSpecReader.read(directory))
          .isInstanceOf(CheckpointFormatException.class)
          .hasMessageStartingWith(config + ", block_configs[0], ffn: ffn_mult (")
          .hasMessageEndingWith(") must be positive and below 2^31 channels");
    }
  }

  @Test
  void read_noOpAndLinear_isRefused() throws IOException {
    writeDeci(json -> attention(json).put("no_op", true).put("replace_with_linear", true));
    assertRefused(
        config
            + ", block_configs[0], attention: no_op and replace_with_linear must not both be"
            + " true");
  }

  @Test
  void read_groupThatDoesNotDivide_isRefused() throws IOException {
    writeDeci(json -> attention(json).put("n_heads_in_group", 3));
    assertRefused(
        config
            + ", block_configs[0], attention: n_heads_in_group (3) must divide"
            + " num_attention_heads (2)");
  }

  @Test
  void read_widthUnlikeItsMultiplier_isRefused() throws IOException {
    writeDeci(json -> ffn(json).put("intermediate_size", 300));
    assertRefused(
        config
            + ", block_configs[0], ffn: intermediate_size (300) must be a width that ffn_mult"
            + " rounds up to 256");
  }

  @Test
  void read_onlyIntermediateSize_isTakenAsItIs() throws IOException {
    writeDeci(json -> ffn(json).put("intermediate_size", 300).putNull("ffn_mult"));
    assertThat(ModelSpecReader.read(directory).block(0).ffn()).isEqualTo(new FfnSpec.Gated(300));
  }

  private static ObjectNode attention(ObjectNode config) {
    return (ObjectNode) config.path("block_configs").path(0).path("attention");
  }

  private static ObjectNode ffn(ObjectNode config) {
    return (ObjectNode) config.path("block_configs").path(0).path("ffn");
  }

  private ModelSpec published(String name) throws IOException {
    Files.copy(CONFIGS.resolve(name + ".json"), config);
    return ModelSpecReader.read(directory);
  }

  private void write(Consumer<ObjectNode> change) throws IOException {
    ObjectNode json = Checkpoints.llamaConfig(Checkpoints.llama(false));
    change.accept(json);
    Files.writeString(config, json.toString());
  }

  private void writeDeci(Consumer<ObjectNode> change) throws IOException {
    ObjectNode json =
        DeciLmConfigs.toJson(Checkpoints.llama(false), org.nemotron.core.tensor.DType.FLOAT32);
    change.accept(json);
    Files.writeString(config, json.toString());
  }

  private void assertRefused(String sentence) {
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(sentence);
  }
}
