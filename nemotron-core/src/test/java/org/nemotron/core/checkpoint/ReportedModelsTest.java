package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Models as users reported them: read as transformers reads them, or refused by name. */
final class ReportedModelsTest {
  private static final Path REPORTED = Path.of("src/test/resources/reported");

  /** The logits are given with 5 decimals; float32 sums in another order differ by less. */
  private static final Offset<Double> TOLERANCE = Offset.offset(1e-4);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rope-both-keys",
        "qwen2-window-unused",
        "base-model-tied",
        "old-class-name",
        "index-names-absent-head",
        "mistral-window-of-no-layer",
        "llama3-scaled-from-its-context",
        "llama-both-types",
        "qwen2-base-defaults",
        "qwen3-biases"
      })
  void logits_reportedModel_areThoseOfTransformers(String name) throws IOException {
    Path directory = REPORTED.resolve(name);
    JsonNode expected = new JsonMapper().readTree(directory.resolve("expected.json").toFile());
    long[] ids = Streams.stream(expected.path("ids")).mapToLong(JsonNode::asLong).toArray();
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = ModelReader.read(directory)) {
      Tensor logitsTV = model.logits(Tensors.of(ids, 1, ids.length)).select(0, 0);
      float[] last = Tensors.floats(logitsTV.select(0, ids.length - 1));
      JsonNode wanted = expected.path("logits_last_position");
      assertThat(last).hasSize(wanted.size());
      for (int token = 0; token < last.length; token++) {
        assertThat((double) last[token]).isCloseTo(wanted.path(token).asDouble(), TOLERANCE);
      }
      for (int position = 0; position < ids.length; position++) {
        assertThat(logitsTV.select(0, position).argmax().item_long())
            .isEqualTo(expected.path("argmax_per_position").path(position).asLong());
      }
    }
  }

  @Test
  void read_tiedFlagAndAHeadOfItsOwn_isRefusedWithTheRemedy(@TempDir Path directory)
      throws IOException {
    copy("tied-flag-own-head", directory);
    assertRefused(
        directory,
        directory
            + ": tensor lm_head.weight differs from model.embed_tokens.weight, but"
            + " tie_word_embeddings is true in config.json.\n"
            + "Maybe the head was trained on its own: then set tie_word_embeddings to false.");
    Path config = directory.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false"));
    try (HeterogeneousModel model = ModelReader.read(directory)) {
      assertThat(model.spec().tiedEmbeddings()).isFalse();
    }
  }

  @Test
  void read_tokensBeyondTheVocabulary_areRefusedWithTheRemedy(@TempDir Path directory)
      throws IOException {
    copy("begin-token-beyond-vocabulary", directory);
    Path config = directory.resolve("config.json");
    String remedy =
        ".\nMaybe the ids are those of another model: name those of this model's tokenizer, or"
            + " null.";
    assertSpecRefused(
        directory, config + ": bos_token_id (128000) must be below vocab_size (64)" + remedy);
    Files.writeString(config, Files.readString(config).replace("128000", "null"));
    assertSpecRefused(
        directory,
        config + ": eos_token_id ([128001,128009]) must be below vocab_size (64)" + remedy);
    Files.writeString(
        config, Files.readString(config).replace("128001", "1").replace("128009", "2"));
    assertThat(ModelSpecReader.read(directory).specialTokens().endOfText()).containsExactly(1, 2);
  }

  @Test
  void read_byteOrderMark_isNoPartOfTheText(@TempDir Path directory) throws IOException {
    copy("bom-json", directory);
    ModelSpec spec = ModelSpecReader.read(directory);
    assertThat(spec.vocabularySize()).isEqualTo(64);
  }

  @Test
  void open_pointerOfGitLfs_isNamed(@TempDir Path directory) throws IOException {
    Path pointer = REPORTED.resolve("lfs-pointer/pointer");
    for (String name :
        new String[] {"model.safetensors", "model.safetensors.index.json", "config.json"}) {
      Files.deleteIfExists(directory.resolve("model.safetensors"));
      if (!name.equals("config.json")) {
        Files.copy(
            REPORTED.resolve("old-class-name/config.json"), directory.resolve("config.json"));
      }
      Files.copy(pointer, directory.resolve(name));
      assertRefused(
          directory,
          directory.resolve(name)
              + " is a pointer of git-lfs, not the file itself.\n"
              + "Maybe the repository was cloned without git-lfs: install it, then run"
              + " \"git lfs pull\" in the clone.");
      Files.delete(directory.resolve("config.json"));
    }
  }

  private static void copy(String name, Path directory) throws IOException {
    try (var files = Files.list(REPORTED.resolve(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
  }

  private static void assertRefused(Path directory, String sentence) {
    assertThatThrownBy(() -> ModelReader.read(directory).close())
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(sentence);
  }

  private static void assertSpecRefused(Path directory, String sentence) {
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(sentence);
  }
}
