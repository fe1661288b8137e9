package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;

final class ModelWriterTest {
  private Path temporary;
  private Path parent;
  private Path child;
  private HeterogeneousModel model;

  @BeforeEach
  void makeModel(@TempDir Path temporary) throws IOException {
    this.temporary = temporary;
    parent = Files.createDirectory(temporary.resolve("parent"));
    Files.writeString(parent.resolve("tokenizer.json"), "{\"a\": 1}");
    Files.writeString(parent.resolve("README.md"), "not copied");
    child = temporary.resolve("child");
    model = Checkpoints.model(spec(), DType.FLOAT32, 3);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  private static ModelSpec spec() {
    return new ModelSpec(
        11,
        32,
        4,
        8,
        1e-5,
        new RopeSpec.Llama3(500_000, 8, 1, 4, 8192),
        64,
        true,
        new SpecialTokens(ImmutableList.of(0), ImmutableList.of(1, 2), ImmutableList.of()),
        ImmutableList.of(
            new BlockSpec(new AttentionSpec.GroupedQuery(4, 2, 8), new FfnSpec.Gated(300)),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear()),
            BlockSpec.NO_OP));
  }

  @Test
  void write_child_hasTheFilesOfACheckpoint() throws IOException {
    write();
    assertThat(Checkpoints.contents(child).keySet())
        .containsExactly(
            "config.json", "generation_config.json", "model.safetensors", "tokenizer.json");
    assertThat(child.resolve("tokenizer.json")).hasContent("{\"a\": 1}");
    assertThat(json(child.resolve("generation_config.json")).toString())
        .isEqualTo("{\"bos_token_id\":0,\"eos_token_id\":[1,2],\"pad_token_id\":null}");
  }

  @Test
  void write_child_describesItselfAsOtherReadersExpect() throws IOException {
    write();
    JsonNode config = json(child.resolve("config.json"));
    assertThat(config.path("architectures").toString()).isEqualTo("[\"DeciLMForCausalLM\"]");
    assertThat(config.path("model_type").asText()).isEqualTo("nemotron-nas");
    assertThat(config.path("auto_map").toString())
        .isEqualTo(
            "{\"AutoConfig\":\"configuration_decilm.DeciLMConfig\","
                + "\"AutoModelForCausalLM\":\"modeling_decilm.DeciLMForCausalLM\"}");
    assertThat(config.has("intermediate_size")).isTrue();
    assertThat(config.path("intermediate_size").isNull()).isTrue();
    assertThat(config.path("num_key_value_heads").isNull()).isTrue();
    assertThat(config.path("torch_dtype").asText()).isEqualTo("float32");
    assertThat(config.path("rope_theta").asDouble()).isEqualTo(500_000);
    assertThat(config.path("rope_scaling").toString())
        .isEqualTo(
            "{\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
                + "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192}");
    assertThat(config.path("eos_token_id").toString()).isEqualTo("[1,2]");
    JsonNode blocks = config.path("block_configs");
    // 24.0: a whole multiplier must still be written as a real number.
    assertThat(blocks.path(0).path("ffn").toString())
        .isEqualTo(
            "{\"no_op\":false,\"replace_with_linear\":false,\"ffn_mult\":24.0,"
                + "\"intermediate_size\":300,\"sparsify\":null}");
    assertThat(blocks.path(0).path("attention").toString())
        .isEqualTo(
            "{\"no_op\":false,\"replace_with_linear\":false,\"n_heads_in_group\":2,"
                + "\"num_sink_tokens\":null,\"sparsify\":null,\"unshifted_sink\":false,"
                + "\"use_prefill_window_in_sink_attention\":false,\"window_length\":null}");
    assertThat(blocks.path(1).path("ffn").toString())
        .isEqualTo(
            "{\"no_op\":false,\"replace_with_linear\":true,\"ffn_mult\":null,\"sparsify\":null}");
    assertThat(blocks.path(2).path("attention").path("no_op").asBoolean()).isTrue();
    assertThat(blocks.path(2).path("attention").path("n_heads_in_group").isNull()).isTrue();
  }

  @Test
  void write_child_storesPaddedWidthsAndNothingOfAbsentSubBlocks() throws IOException {
    write();
    try (SafetensorsFile file = SafetensorsFile.open(child.resolve("model.safetensors"))) {
      assertThat(file.shape("model.layers.0.mlp.up_proj.weight")).containsExactly(512L, 32L);
      assertThat(file.shape("model.layers.0.mlp.down_proj.weight")).containsExactly(32L, 512L);
      assertThat(file.shape("model.layers.1.self_attn.linear_attn.weight"))
          .containsExactly(32L, 32L);
      assertThat(file.names()).noneMatch(name -> name.startsWith("model.layers.2."));
      assertThat(file.names()).doesNotContain("lm_head.weight");
      assertThat(file.metadata()).containsEntry("format", "pt");
    }
  }

  @Test
  void write_twice_givesTheSameBytes() throws IOException {
    write();
    java.util.Map<String, Integer> first = Checkpoints.contents(child);
    write();
    assertThat(Checkpoints.contents(child)).isEqualTo(first);
  }

  @Test
  void write_parentHasGenerationSettings_keepsThem() throws IOException {
    Files.writeString(parent.resolve("generation_config.json"), "{\"temperature\": 0.6}");
    write();
    assertThat(child.resolve("generation_config.json")).hasContent("{\"temperature\": 0.6}");
  }

  @Test
  void write_directoryWithOtherFiles_isRefusedAndUntouched() throws IOException {
    Files.createDirectory(child);
    Files.writeString(child.resolve("thesis.tex"), "precious");
    assertThatThrownBy(this::write)
        .isInstanceOf(IOException.class)
        .hasMessage(
            child
                + " would be replaced, but holds thesis.tex, which is no part of a checkpoint.\n"
                + "Maybe name a new directory.");
    assertThat(child.resolve("thesis.tex")).hasContent("precious");
  }

  @Test
  void write_fileOfThatName_isRefused() throws IOException {
    Files.writeString(child, "precious");
    assertThatThrownBy(this::write)
        .isInstanceOf(IOException.class)
        .hasMessage(child + " is a file and is not replaced.\nMaybe name a new directory.");
    assertThat(child).hasContent("precious");
  }

  @Test
  void write_parentDirectory_isRefused() {
    assertThatThrownBy(() -> ModelWriter.write(model, parent, DType.FLOAT32, parent))
        .isInstanceOf(IOException.class)
        .hasMessage(parent + " holds the parent and is not replaced.\nMaybe name a new directory.");
  }

  @Test
  void write_failsHalfWay_leavesTheFormerChild() throws IOException {
    write();
    java.util.Map<String, Integer> former = Checkpoints.contents(child);
    // A directory of that name cannot be read as a file.
    Files.delete(parent.resolve("tokenizer.json"));
    Files.createDirectory(parent.resolve("tokenizer.json"));
    assertThatThrownBy(this::write).isInstanceOf(IOException.class);
    assertThat(Checkpoints.contents(child)).isEqualTo(former);
    assertThat(temporary).isDirectoryNotContaining("glob:**.partial");
  }

  private void write() throws IOException {
    ModelWriter.write(model, child, DType.FLOAT32, parent);
  }

  private static JsonNode json(Path file) throws IOException {
    return new JsonMapper().readTree(Files.readString(file));
  }
}
