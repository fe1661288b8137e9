package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.ModelSpecBuilder;

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
    Files.writeString(
        parent.resolve("README.md"), "---\nlicense: mit\ntags: [fast]\n---\nnot copied");
    child = temporary.resolve("child");
    model = Checkpoints.model(spec(), DType.FLOAT32, 3);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  private static ModelSpec spec() {
    return new ModelSpecBuilder()
        .vocabularySize(11)
        .width(32)
        .heads(4, 8)
        .rope(new RopeSpec.Llama3(500_000, 8, 1, 4, 8192))
        .maxPositions(64)
        .tied(true)
        .specialTokens(
            new SpecialTokens(ImmutableList.of(0), ImmutableList.of(1, 2), ImmutableList.of()))
        .blocks(
            new BlockSpec(new AttentionSpec.GroupedQuery(4, 2, 8), new FfnSpec.Gated(300)),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear()),
            BlockSpec.NO_OP)
        .build();
  }

  @Test
  void write_child_hasTheFilesOfACheckpoint() throws IOException {
    write();
    assertThat(Checkpoints.contents(child).keySet())
        .containsExactly(
            "README.md",
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "tokenizer.json");
    assertThat(child.resolve("tokenizer.json")).hasContent("{\"a\": 1}");
    assertThat(json(child.resolve("generation_config.json")).toString())
        .isEqualTo("{\"bos_token_id\":0,\"eos_token_id\":[1,2],\"pad_token_id\":null}");
  }

  @Test
  void write_tensorsHandedOutOneByOne_givesTheBytesOfTheModel() throws IOException {
    write();
    Path other = temporary.resolve("other");
    ModelWriter.write(
        model.spec(), WeightSource.of(model).checked(model.spec()), other, DType.FLOAT32, parent);
    assertThat(other.resolve("model.safetensors"))
        .hasSameBinaryContentAs(child.resolve("model.safetensors"));
    assertThat(json(other.resolve("config.json"))).isEqualTo(json(child.resolve("config.json")));
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
  void write_layersAlike_isWrittenAsTheParentsFamily() throws IOException {
    ObjectNode config = Checkpoints.llamaConfig(Checkpoints.llama(false));
    config.put("model_type", "mistral").putArray("architectures").add("MistralForCausalLM");
    config.putNull("sliding_window");
    Files.writeString(parent.resolve("config.json"), config.toString());
    try (HeterogeneousModel uniform =
        Checkpoints.model(Checkpoints.llama(false), DType.FLOAT32, 1)) {
      ModelWriter.write(uniform, child, DType.FLOAT32, parent);
      JsonNode written = json(child.resolve("config.json"));
      assertThat(written.path("architectures").toString()).isEqualTo("[\"MistralForCausalLM\"]");
      assertThat(written.path("model_type").asText()).isEqualTo("mistral");
      assertThat(written.path("intermediate_size").asInt()).isEqualTo(12);
      assertThat(written.has("block_configs")).isFalse();
      assertThat(ModelSpecReader.read(child)).isEqualTo(uniform.spec());
    }
  }

  @Test
  void write_layersAlikeWithBiasesOrNorms_areQwensWithoutAParent() throws IOException {
    for (AttentionTrait trait :
        ImmutableList.of(AttentionTrait.INPUT_BIASES, AttentionTrait.HEAD_NORMS)) {
      ModelSpec spec =
          Checkpoints.llama(false)
              .withBlocks(
                  ImmutableList.of(
                      new BlockSpec(
                          new AttentionSpec.GroupedQuery(2, 1, 4, ImmutableSet.of(trait)),
                          new FfnSpec.Gated(12))));
      assertWrittenAs(
          spec, trait == AttentionTrait.HEAD_NORMS ? "Qwen3ForCausalLM" : "Qwen2ForCausalLM");
    }
  }

  @Test
  void write_irregularWithNorms_isAnyModel() throws IOException {
    ModelSpec spec =
        Checkpoints.llama(false)
            .withBlocks(
                ImmutableList.of(
                    new BlockSpec(
                        new AttentionSpec.GroupedQuery(
                            2, 1, 4, ImmutableSet.of(AttentionTrait.HEAD_NORMS)),
                        new FfnSpec.NoOp()),
                    new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(7))));
    assertWrittenAs(spec, "AnyModel");
    JsonNode config = json(child.resolve("config.json"));
    assertThat(config.path("base_architecture").asText()).isEqualTo("Qwen3ForCausalLM");
    assertThat(config.path("block_configs").path(0).path("attention").toString())
        .isEqualTo("{\"no_op\":false,\"replace_with_linear\":false,\"num_key_value_heads\":1}");
    assertThat(config.path("block_configs").path(1).path("ffn").toString())
        .isEqualTo("{\"no_op\":false,\"replace_with_linear\":false,\"intermediate_size\":7}");
  }

  @Test
  void write_irregularWithBiases_hasZerosWhereNemotronNasWantsOneMore() throws IOException {
    ModelSpec spec =
        Checkpoints.llama(false)
            .withBlocks(
                ImmutableList.of(
                    new BlockSpec(
                        new AttentionSpec.GroupedQuery(
                            2, 1, 4, ImmutableSet.of(AttentionTrait.INPUT_BIASES)),
                        new FfnSpec.NoOp()),
                    BlockSpec.NO_OP));
    assertWrittenAs(spec, "DeciLMForCausalLM");
    assertThat(json(child.resolve("config.json")).path("attention_bias").asBoolean()).isTrue();
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile file = SafetensorsFile.open(child.resolve("model.safetensors"))) {
      assertThat(Checkpoints.values(file.tensor("model.layers.0.self_attn.o_proj.bias")))
          .containsOnly(0f);
    }
  }

  /** Writes a model, and checks what it is called and that it is read back bit for bit. */
  private void assertWrittenAs(ModelSpec spec, String architecture) throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel written = Checkpoints.model(spec, DType.FLOAT32, 1)) {
      ModelWriter.write(written, child, DType.FLOAT32, parent);
      assertThat(json(child.resolve("config.json")).path("architectures").path(0).asText())
          .isEqualTo(architecture);
      assertReadBack(written);
    }
  }

  private void assertReadBack(HeterogeneousModel written) throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel read = ModelReader.read(child, DType.FLOAT32, Device.CPU);
        NamedTensors expected = NamedTensors.of(written.tensors());
        NamedTensors actual = NamedTensors.of(read.tensors())) {
      assertThat(read.spec()).isEqualTo(written.spec());
      for (String name : expected.asMap().keySet()) {
        assertThat(actual.get(name).equal(expected.get(name))).as(name).isTrue();
      }
    }
  }

  @Test
  void write_weightsAboveTheLimit_areDividedWithAnIndex() throws IOException {
    for (long limit : new long[] {1, 5000}) {
      ModelWriter.write(model, child, DType.FLOAT32, parent, CheckpointForm.ANY_MODEL, limit);
      assertThat(child.resolve("model.safetensors")).doesNotExist();
      JsonNode index = json(child.resolve("model.safetensors.index.json"));
      assertThat(index.path("metadata").path("total_size").asLong())
          .isEqualTo(4 * spec().parameters());
      assertThat(index.path("weight_map").size()).isEqualTo(spec().tensorShapes().size());
      assertReadBack(model);
    }
  }

  @Test
  void write_twice_givesTheSameBytes() throws IOException {
    write();
    Map<String, Integer> first = Checkpoints.contents(child);
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
  void write_chatTemplates_areCopied() throws IOException {
    for (String name :
        ImmutableList.of("tokenizer_config.json", "chat_template.jinja", "chat_template.json")) {
      Files.writeString(parent.resolve(name), "{\"of\": \"" + name + "\"}");
    }
    write();
    assertThat(child.resolve("tokenizer_config.json"))
        .hasContent("{\"of\": \"tokenizer_config.json\"}");
    assertThat(child.resolve("chat_template.jinja"))
        .hasContent("{\"of\": \"chat_template.jinja\"}");
    assertThat(child.resolve("chat_template.json")).hasContent("{\"of\": \"chat_template.json\"}");
  }

  @Test
  void write_child_carriesAGpuOfItselfUnderTheParentsLicense() throws IOException {
    write();
    assertThat(child.resolve("README.md"))
        .hasContent(ModelCard.of(child, parent, spec()).toMarkdown())
        .content()
        .startsWith("---\nlicense: mit\nbase_model: parent\n")
        .doesNotContain("not copied");
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
    Map<String, Integer> former = Checkpoints.contents(child);
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

  @Test
  void copies_filesOfTheTokenizerAndOfGeneration_andNoOther() {
    assertThat(ModelWriter.copies("tokenizer.json")).isTrue();
    assertThat(ModelWriter.copies("generation_config.json")).isTrue();
    assertThat(ModelWriter.copies("config.json")).isFalse();
    assertThat(ModelWriter.copies("README.md")).isFalse();
  }

  @Test
  void write_severalBeginTokens_areAList() throws IOException {
    ModelSpec several =
        ModelSpecBuilder.like(Checkpoints.llama(false))
            .specialTokens(
                new SpecialTokens(ImmutableList.of(3, 4), ImmutableList.of(), ImmutableList.of(5)))
            .build();
    try (HeterogeneousModel uniform = Checkpoints.model(several, DType.FLOAT32, 1)) {
      ModelWriter.write(uniform, child, DType.FLOAT32, parent);
    }
    assertThat(json(child.resolve("generation_config.json")).toString())
        .isEqualTo("{\"bos_token_id\":[3,4],\"eos_token_id\":null,\"pad_token_id\":5}");
    assertThat(ModelSpecReader.read(child)).isEqualTo(several);
  }

  @Test
  void write_layersUnlikeInAFormForLayersAlike_isRefused() {
    assertThatThrownBy(
            () ->
                ModelWriter.write(
                    model, child, DType.FLOAT32, parent, CheckpointForm.FAMILY, Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layers must be alike to be written as LlamaForCausalLM");
    assertThat(child).doesNotExist();
  }

  @Test
  void write_weightsAboveTheLimit_fillsEachFileAsFarAsItGoes() throws IOException {
    long limit = 5000;
    ModelWriter.write(model, child, DType.BFLOAT16, parent, CheckpointForm.ANY_MODEL, limit);
    Map<String, Long> bytesOfFile = new LinkedHashMap<>();
    Map<String, Long> firstOfFile = new LinkedHashMap<>();
    json(child.resolve("model.safetensors.index.json"))
        .path("weight_map")
        .properties()
        .forEach(
            entry -> {
              long bytes = 2 * Shapes.elements(shape(entry.getKey()));
              bytesOfFile.merge(entry.getValue().asText(), bytes, Long::sum);
              firstOfFile.putIfAbsent(entry.getValue().asText(), bytes);
            });
    List<String> files = List.copyOf(bytesOfFile.keySet());
    assertThat(files).hasSizeGreaterThan(2).isSorted();
    for (int file = 1; file < files.size(); file++) {
      long before = bytes(bytesOfFile, files.get(file - 1));
      long first = bytes(firstOfFile, files.get(file - 1));
      // Above the limit is a single tensor only, and the next one would not have fitted.
      assertThat(before <= limit || before == first).isTrue();
      assertThat(before + bytes(firstOfFile, files.get(file))).isGreaterThan(limit);
    }
    long all = bytesOfFile.values().stream().mapToLong(Long::longValue).sum();
    ModelWriter.write(model, child, DType.BFLOAT16, parent, CheckpointForm.ANY_MODEL, all);
    assertThat(child.resolve("model.safetensors")).exists();
  }

  private static ImmutableList<Long> shape(String tensor) {
    return verifyNotNull(spec().tensorShapes().get(tensor), tensor);
  }

  private static long bytes(Map<String, Long> files, String file) {
    return verifyNotNull(files.get(file), file);
  }

  @Test
  void read_outputBiasThatIsSaidToBeZeroButIsNot_isRefused() throws IOException {
    ModelSpec spec =
        Checkpoints.llama(false)
            .withBlocks(
                ImmutableList.of(
                    new BlockSpec(
                        new AttentionSpec.GroupedQuery(
                            2, 1, 4, ImmutableSet.of(AttentionTrait.INPUT_BIASES)),
                        new FfnSpec.NoOp()),
                    BlockSpec.NO_OP));
    assertWrittenAs(spec, "DeciLMForCausalLM");
    String bias = "model.layers.0.self_attn.o_proj.bias";
    try (NativeScope scope = NativeScope.open();
        CheckpointDirectory files = CheckpointDirectory.open(child)) {
      Map<String, Tensor> changed = new LinkedHashMap<>();
      for (String name : files.names()) {
        changed.put(name, files.tensor(name).clone());
      }
      changed.put(bias, Tensors.of(new float[] {0, 0, 0, 0, 0, 0, 0, 1}, 8));
      new SafetensorsWriter().addAll(changed).write(child.resolve("model.safetensors"));
    }
    assertThatThrownBy(() -> ModelReader.read(child, DType.FLOAT32, Device.CPU))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            child
                + ": layer 0, tensor "
                + bias
                + " must be zero: config.json says that the model does not have it");
  }
}
