package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The nemotron-nas models that exist, by their configurations, and the one before them. Numbers of
 * parameters are those of the published weights.
 */
final class PublishedNemotronsTest {
  /** What the multipliers of the 51B and 49B models come to at a hidden size of 8192. */
  private static final ImmutableMap<Double, Integer> CHANNELS =
      ImmutableMap.of(
          0.5, 2816, 1.0, 5632, 1.3125, 7168, 2.625, 14336, 3.28125, 17920, 5.25, 28672);

  private Path directory;

  @BeforeEach
  void nameDirectory(@TempDir Path temporary) {
    directory = temporary;
  }

  private ModelSpec read(JsonNode config) throws IOException {
    Files.writeString(directory.resolve("config.json"), config.toString());
    return ModelSpecReader.read(directory);
  }

  private static AttentionSpec grouped(int queryHeads, int kvHeads) {
    return new AttentionSpec.GroupedQuery(queryHeads, kvHeads, 128);
  }

  private static BlockSpec block(AttentionSpec attention, int channels) {
    return new BlockSpec(attention, new FfnSpec.Gated(channels));
  }

  @Test
  void read_51b_hasItsLinearAttentionsAndSingleKvHeads() throws IOException {
    ModelSpec spec = read(PublishedNemotrons.NEMOTRON_51B.config());
    assertThat(spec.layers()).isEqualTo(80);
    assertThat(spec.block(0)).isEqualTo(block(grouped(64, 8), 7168));
    assertThat(spec.block(1)).isEqualTo(block(grouped(64, 4), 14336));
    assertThat(spec.block(5)).isEqualTo(block(grouped(64, 2), 14336));
    assertThat(spec.block(7)).isEqualTo(block(grouped(64, 1), 14336));
    assertThat(spec.block(11)).isEqualTo(block(new AttentionSpec.Linear(), 14336));
    assertThat(spec.block(39)).isEqualTo(block(new AttentionSpec.Linear(), 28672));
    assertThat(spec.block(43)).isEqualTo(block(new AttentionSpec.NoOp(), 7168));
    assertThat(spec.block(79)).isEqualTo(block(grouped(64, 8), 28672));
    assertThat(spec.rope()).isEqualTo(new RopeSpec.Llama3(500_000, 8, 1, 4, 8192));
    assertThat(spec.parameters()).isEqualTo(51_501_015_040L);
  }

  @Test
  void read_49b_hasNoAttentionInItsSecondHalf() throws IOException {
    ModelSpec spec = read(PublishedNemotrons.NEMOTRON_SUPER_49B.config());
    assertThat(spec.layers()).isEqualTo(80);
    assertThat(spec.block(0)).isEqualTo(block(grouped(64, 8), 14336));
    assertThat(spec.block(1)).isEqualTo(block(grouped(64, 8), 28672));
    assertThat(spec.block(6)).isEqualTo(block(new AttentionSpec.NoOp(), 14336));
    assertThat(spec.block(11)).isEqualTo(block(new AttentionSpec.NoOp(), 17920));
    assertThat(spec.block(54)).isEqualTo(block(new AttentionSpec.NoOp(), 5632));
    assertThat(spec.block(70)).isEqualTo(block(new AttentionSpec.NoOp(), 2816));
    assertThat(spec.rope()).isEqualTo(new RopeSpec.Llama3(500_000, 8, 1, 4, 8192));
    assertThat(spec.specialTokens())
        .isEqualTo(
            new SpecialTokens(
                ImmutableList.of(128000),
                ImmutableList.of(128001, 128008, 128009),
                ImmutableList.of()));
    assertThat(spec.parameters()).isEqualTo(49_867_145_216L);
  }

  @Test
  void read_253b_hasEmptyLayersAndNetworksOfManyWidths() throws IOException {
    ModelSpec spec = read(PublishedNemotrons.NEMOTRON_ULTRA_253B.config());
    assertThat(spec.layers()).isEqualTo(162);
    assertThat(spec.width()).isEqualTo(16384);
    assertThat(spec.block(0)).isEqualTo(block(grouped(128, 8), 5376));
    assertThat(spec.block(1)).isEqualTo(block(grouped(128, 8), 10752));
    assertThat(spec.block(9)).isEqualTo(BlockSpec.NO_OP);
    assertThat(spec.blocks().stream().filter(BlockSpec.NO_OP::equals).count()).isEqualTo(81);
    assertThat(spec.blocks()).contains(block(new AttentionSpec.NoOp(), 399360));
    assertThat(spec.blocks()).contains(block(new AttentionSpec.NoOp(), 425984));
    assertThat(spec.rope()).isEqualTo(new RopeSpec.Llama3(500_000, 16, 1, 4, 8192));
    assertThat(Math.round(spec.parameters() / 1e9)).isEqualTo(253);
  }

  @Test
  void read_laterSpelling_isTheSameModel() throws IOException {
    for (PublishedNemotrons published :
        ImmutableList.of(PublishedNemotrons.NEMOTRON_51B, PublishedNemotrons.NEMOTRON_SUPER_49B)) {
      assertThat(read(published.anyModelConfig(CHANNELS))).isEqualTo(read(published.config()));
    }
  }

  @ParameterizedTest
  @EnumSource(PublishedNemotrons.class)
  void read_weightsOfThatShapeMadeSmall_loadAndRun(PublishedNemotrons published)
      throws IOException {
    ModelSpec spec = read(published.smallConfig());
    try (NativeScope scope = NativeScope.open()) {
      new SafetensorsWriter()
          .addAll(Checkpoints.weights(spec, 1))
          .write(directory.resolve("model.safetensors"));
      try (HeterogeneousModel read = ModelReader.read(directory, DType.FLOAT32, Device.CPU);
          HeterogeneousModel made = Checkpoints.model(spec, DType.FLOAT32, 1)) {
        Tensor idsBT = Tensors.of(new long[] {1, 5, 18, 0, 7, 7}, 1, 6);
        Tensor logitsBTV = read.logits(idsBT);
        assertThat(logitsBTV.equal(made.logits(idsBT))).isTrue();
        assertThat(Double.isFinite(logitsBTV.abs().max().item_double())).isTrue();
      }
    }
  }

  private static String deciLm7b(String kvHeads) {
    return """
        {"architectures": ["DeciLMForCausalLM"], "model_type": "deci", "hidden_act": "silu",
         "attention_bias": false, "bos_token_id": 1, "eos_token_id": 2, "hidden_size": 4096,
         "initializer_range": 0.02, "intermediate_size": 14336, "max_position_embeddings": 8192,
         "num_attention_heads": 32, "num_hidden_layers": 4, "pretraining_tp": 1,
         "num_key_value_heads_per_layer": %s, "rms_norm_eps": 1e-05, "rope_scaling": null,
         "rope_theta": 10000.0, "tie_word_embeddings": false, "vocab_size": 32000}
        """
        .formatted(kvHeads);
  }

  @Test
  void read_theFirstDeciLm_hasKvHeadsPerLayer() throws IOException {
    ModelSpec spec = read(new JsonMapper().readTree(deciLm7b("[4, 4, 2, 1]")));
    assertThat(spec.blocks())
        .containsExactly(
            block(grouped(32, 4), 14336),
            block(grouped(32, 4), 14336),
            block(grouped(32, 2), 14336),
            block(grouped(32, 1), 14336));
  }

  @Test
  void read_kvHeadsOfTooFewLayers_areRefused() throws IOException {
    JsonNode config = new JsonMapper().readTree(deciLm7b("[4, 4]"));
    assertThatThrownBy(() -> read(config))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            directory.resolve("config.json")
                + ": num_key_value_heads_per_layer ([4,4]) must be a list with one entry per layer"
                + " (4)");
  }

  @Test
  void read_kvHeadsThatDoNotDivide_areRefused() throws IOException {
    JsonNode config = new JsonMapper().readTree(deciLm7b("[4, 4, 3, 1]"));
    assertThatThrownBy(() -> read(config))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            directory.resolve("config.json")
                + ": queryHeads (32) must be a positive multiple of kvHeads (3)");
  }
}
