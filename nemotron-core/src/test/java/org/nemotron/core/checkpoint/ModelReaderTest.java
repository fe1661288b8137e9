package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Verify;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class ModelReaderTest {
  private static final String UP = "model.layers.1.mlp.up_proj.weight";
  private static final String OTHER_MODELS =
      "\nMaybe the checkpoint and its config.json belong to different models.";

  private Path directory;
  private NativeScope scope;
  private ModelSpec spec;
  private Map<String, Tensor> weights;

  @BeforeEach
  void makeWeights(@TempDir Path directory) {
    this.directory = directory;
    scope = NativeScope.open();
    spec = Checkpoints.llama(false);
    weights = new LinkedHashMap<>(Checkpoints.weights(spec, 1));
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void read_sameType_isMappedAndLeavesTheFileAloneWhenWrittenTo() throws IOException {
    write();
    Path file = directory.resolve("model.safetensors");
    byte[] before = Files.readAllBytes(file);
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      Tensor norm = get(model, "model.norm.weight");
      norm.fill_(new Scalar(7.0));
      assertThat(Files.readAllBytes(file)).isEqualTo(before);
      Files.delete(file);
      assertThat(norm.min().item_double()).isEqualTo(7);
      assertThat(Checkpoints.values(get(model, UP))).isEqualTo(Checkpoints.values(weight(UP)));
    }
  }

  private Tensor weight(String name) {
    return Verify.verifyNotNull(weights.get(name));
  }

  @Test
  void read_llama_hasTheWeightsOfTheFile() throws IOException {
    write();
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      assertThat(model.spec()).isEqualTo(spec);
      weights.forEach(
          (name, tensor) ->
              assertThat(Checkpoints.values(get(model, name)))
                  .isEqualTo(Checkpoints.values(tensor)));
    }
  }

  @Test
  void read_pathAlone_isFloat32OnTheCpuWhateverTheFileHas() throws IOException {
    write();
    Path half = directory.resolveSibling(directory.getFileName() + "-half");
    try (HeterogeneousModel full = ModelReader.read(directory)) {
      assertThat(full.dtype()).isEqualTo(DType.FLOAT32);
      assertThat(full.device()).isEqualTo(Device.CPU);
      ModelWriter.write(full, half, DType.BFLOAT16, directory);
    }
    try (HeterogeneousModel read = ModelReader.read(half)) {
      assertThat(read.dtype()).isEqualTo(DType.FLOAT32);
      Tensor exact = Tensors.cast(Tensors.cast(weight(UP), DType.BFLOAT16), DType.FLOAT32);
      assertThat(get(read, UP).equal(exact)).isTrue();
    }
  }

  @Test
  void read_otherType_castsEveryTensor() throws IOException {
    write();
    try (HeterogeneousModel model = read(DType.BFLOAT16)) {
      weights.forEach(
          (name, tensor) ->
              assertThat(get(model, name).equal(Tensors.cast(tensor, DType.BFLOAT16))).isTrue());
    }
  }

  @Test
  void offloaded_otherType_leavesLayersAsTheFileHasThem() throws IOException {
    weights.replaceAll((name, tensor) -> Tensors.cast(tensor, DType.BFLOAT16));
    write();
    try (HeterogeneousModel model = ModelReader.offloaded(directory, DType.FLOAT32, Device.CPU)) {
      assertThat(model.dtype()).isEqualTo(DType.FLOAT32);
      assertThat(model.offloaded()).hasSize(spec.layers());
      weights.forEach(
          (name, tensor) -> {
            boolean ofLayer = name.startsWith("model.layers.");
            Tensor read = get(model, name);
            assertThat(DType.of(read)).isEqualTo(ofLayer ? DType.BFLOAT16 : DType.FLOAT32);
            assertThat(Checkpoints.values(Tensors.cast(read, DType.FLOAT32)))
                .isEqualTo(Checkpoints.values(Tensors.cast(tensor, DType.FLOAT32)));
          });
    }
  }

  @Test
  void offloaded_nanInALayer_isNamedAsByRead() throws IOException {
    float[] values = new float[96];
    values[95] = Float.NaN;
    weights.put(UP, Tensors.of(values, 12, 8));
    write();
    assertThatThrownBy(() -> ModelReader.offloaded(directory, DType.FLOAT32, Device.CPU))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            directory
                + ": layer 1, tensor "
                + UP
                + " holds NaN or infinite weights.\nMaybe its training diverged.");
  }

  @Test
  void read_fileDeletedAfterwards_modelLivesOn() throws IOException {
    write();
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      Files.delete(directory.resolve("model.safetensors"));
      Tensor up = get(model, UP);
      up.fill_(new org.bytedeco.pytorch.Scalar(2.0));
      assertThat(up.sum().item_double()).isEqualTo(2.0 * 12 * 8);
    }
  }

  @Test
  void read_sharded_givesTheSameModel() throws IOException {
    Checkpoints.writeLlamaConfig(directory, spec);
    SafetensorsWriter[] shards = {new SafetensorsWriter(), new SafetensorsWriter()};
    StringBuilder index = new StringBuilder("{\"weight_map\":{");
    int i = 0;
    for (Map.Entry<String, Tensor> entry : weights.entrySet()) {
      shards[i % 2].add(entry.getKey(), entry.getValue());
      index.append(i == 0 ? "" : ",").append("\"" + entry.getKey() + "\":\"" + (i % 2) + "\"");
      i++;
    }
    shards[0].write(directory.resolve("0"));
    shards[1].write(directory.resolve("1"));
    Files.writeString(directory.resolve("model.safetensors.index.json"), index + "}}");
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      weights.forEach(
          (name, tensor) -> assertThat(get(model, name).equal(tensor)).as(name).isTrue());
    }
  }

  @Test
  void read_leftOversOfOldWriters_areTolerated() throws IOException {
    spec = Checkpoints.llama(true);
    weights = new LinkedHashMap<>(Checkpoints.weights(spec, 1));
    weights.put(
        "lm_head.weight", Verify.verifyNotNull(weights.get("model.embed_tokens.weight")).clone());
    weights.put("model.layers.0.self_attn.rotary_emb.inv_freq", Tensors.of(new float[2], 2));
    write();
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      assertThat(model.tensors().keySet())
          .containsExactlyInAnyOrderElementsOf(spec.tensorShapes().keySet());
    }
  }

  @Test
  void read_wrongShape_isNamedWithLayerAndBothShapes() throws IOException {
    weights.put(UP, Tensors.of(new float[80], 10, 8));
    write();
    assertRefused(
        directory
            + ": layer 1, tensor "
            + UP
            + ": shape [10, 8] must be [12, 8] (from config.json)."
            + OTHER_MODELS);
  }

  @Test
  void read_resizedVocabulary_namesTheKeyThatMakesItRead() throws IOException {
    weights.put("model.embed_tokens.weight", Tensors.of(new float[104], 13, 8));
    weights.put("lm_head.weight", Tensors.of(new float[104], 13, 8));
    write();
    assertRefused(
        directory
            + ": tensor model.embed_tokens.weight: shape [13, 8] must be [11, 8] (from"
            + " config.json).\nMaybe the vocabulary was resized: then set vocab_size to 13.");
    Path config = directory.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"vocab_size\":11", "\"vocab_size\":13"));
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      assertThat(model.spec().vocabularySize()).isEqualTo(13);
    }
  }

  @Test
  void read_missingTensors_areNamed() throws IOException {
    weights.remove(UP);
    weights.remove("model.norm.weight");
    write();
    assertRefused(directory + ": tensor model.norm.weight is missing (and 1 more)" + OTHER_MODELS);
  }

  @Test
  void read_foreignTensor_isNamed() throws IOException {
    weights.put("model.layers.0.self_attn.q_proj.bias", Tensors.of(new float[8], 8));
    write();
    assertRefused(
        directory
            + ": layer 0, tensor model.layers.0.self_attn.q_proj.bias has no place in the model"
            + " of config.json"
            + OTHER_MODELS);
  }

  @Test
  void read_separateHeadButNone_isMissing() throws IOException {
    weights.remove("lm_head.weight");
    write();
    assertRefused(
        directory
            + ": tensor lm_head.weight is missing\n"
            + "Maybe its head is the embedding: then set tie_word_embeddings to true in"
            + " config.json.");
  }

  @Test
  void read_savedWithinAnotherModel_namesThePrefix() throws IOException {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    weights.forEach((name, tensor) -> renamed.put("language_model." + name, tensor));
    weights = renamed;
    write();
    assertRefused(
        directory
            + ": tensor model.embed_tokens.weight is missing (and "
            + (spec.tensorShapes().size() - 1)
            + " more)\nMaybe the model was saved within another: take the prefix language_model."
            + " off the names of its tensors.");
  }

  @Test
  void read_biasesThatTheConfigDoesNotName_namesTheKey() throws IOException {
    for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "o_proj"}) {
      int channels = projection.startsWith("k") || projection.startsWith("v") ? 4 : 8;
      for (int layer = 0; layer < 2; layer++) {
        weights.put(
            "model.layers." + layer + ".self_attn." + projection + ".bias",
            Tensors.of(new float[channels], channels));
      }
    }
    write();
    Path config = directory.resolve("config.json");
    assertThatThrownBy(() -> read(DType.FLOAT32))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageEndingWith(
            "has no place in the model of config.json (and 7 more)\n"
                + "Maybe its projections have biases: then set attention_bias to true in"
                + " config.json.");
    Files.writeString(
        config, Files.readString(config).replaceFirst("\\{", "{\"attention_bias\": true,"));
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      assertThat(model.spec().traits()).hasSize(2);
    }
  }

  @Test
  void read_savedWithoutItsHead_isReadOnlyWhereItIsTied() throws IOException {
    Map<String, Tensor> headless = new LinkedHashMap<>();
    weights.forEach((name, tensor) -> headless.put(name.replaceFirst("^model\\.", ""), tensor));
    headless.remove("lm_head.weight");
    weights = headless;
    write();
    assertRefused(
        directory
            + ": tensor lm_head.weight is missing\n"
            + "Maybe its head is the embedding: then set tie_word_embeddings to true in"
            + " config.json.");
    spec = Checkpoints.llama(true);
    write();
    try (HeterogeneousModel model = read(DType.FLOAT32)) {
      assertThat(model.tensors().keySet()).contains("model.norm.weight");
    }
  }

  @Test
  void read_tensorThatTheIndexPlacesWhereItIsNot_isNamedWithTheFile() throws IOException {
    Checkpoints.writeLlamaConfig(directory, spec);
    weights.remove(UP);
    new SafetensorsWriter().addAll(weights).write(directory.resolve("0"));
    StringBuilder index = new StringBuilder("{\"weight_map\":{\"" + UP + "\":\"0\"");
    weights.keySet().forEach(name -> index.append(",\"" + name + "\":\"0\""));
    Files.writeString(directory.resolve("model.safetensors.index.json"), index + "}}");
    assertRefused(
        directory
            + ": layer 1, tensor "
            + UP
            + " is missing, but model.safetensors.index.json places it in 0"
            + OTHER_MODELS);
  }

  @Test
  void read_nanOrInfinity_isNamed() throws IOException {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] values = new float[96];
      values[95] = bad;
      weights.put(UP, Tensors.of(values, 12, 8));
      write();
      assertRefused(
          directory
              + ": layer 1, tensor "
              + UP
              + " holds NaN or infinite weights.\nMaybe its training diverged.");
    }
  }

  @Test
  void read_weightBeyondTheType_isNamed() throws IOException {
    float[] values = new float[96];
    values[3] = 1e6f;
    weights.put(UP, Tensors.of(values, 12, 8));
    write();
    assertThatThrownBy(() -> read(DType.FLOAT16))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            directory
                + ": layer 1, tensor "
                + UP
                + " holds weights that are too large for float16.\n"
                + "Maybe bfloat16 serves: it has the range of float32.");
  }

  @Test
  void read_integerWeights_areRefused() throws IOException {
    weights.put(UP, Tensors.of(new long[96], 12, 8));
    write();
    assertRefused(directory + ": layer 1, tensor " + UP + " has dtype int64, not a real one");
  }

  @Test
  void read_integerTypeAskedFor_isRefused() throws IOException {
    write();
    assertThatThrownBy(() -> read(DType.INT64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dtype (int64) must be floating-point");
  }

  @Test
  void read_paddingNotZero_isRefused() throws IOException {
    try (HeterogeneousModel model = Checkpoints.model(spec, DType.FLOAT32, 1)) {
      ModelWriter.write(
          model,
          directory.resolve("child"),
          DType.FLOAT32,
          directory,
          CheckpointForm.NEMOTRON_NAS,
          Long.MAX_VALUE);
    }
    directory = directory.resolve("child");
    Map<String, Tensor> changed = new LinkedHashMap<>();
    try (CheckpointDirectory files = CheckpointDirectory.open(directory)) {
      for (String name : files.names()) {
        changed.put(name, files.tensor(name).clone());
      }
    }
    Tensor up = Verify.verifyNotNull(changed.get(UP));
    up.narrow(0, 255, 1).fill_(new org.bytedeco.pytorch.Scalar(1.0));
    new SafetensorsWriter().addAll(changed).write(directory.resolve("model.safetensors"));
    assertRefused(
        directory
            + ": layer 1, tensor "
            + UP
            + " must be zero from index 12 of dimension 0: config.json gives an intermediate_size"
            + " of 12 there");
  }

  private void write() throws IOException {
    Checkpoints.writeLlama(directory, spec, weights);
  }

  private HeterogeneousModel read(DType dtype) throws IOException {
    return ModelReader.read(directory, dtype, Device.CPU);
  }

  private static Tensor get(HeterogeneousModel model, String name) {
    return Verify.verifyNotNull(model.tensors().get(name), name);
  }

  private void assertRefused(String sentence) {
    assertThatThrownBy(() -> read(DType.FLOAT32))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(sentence);
  }
}
