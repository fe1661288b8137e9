package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Streams;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tokenizers whose tokens stand in several files. The ids are those of transformers 5.18; where it
 * settles a contradiction in silence, the files are refused.
 */
final class TokenizerSideFilesTest {
  private static final Path REPORTED = Path.of("src/test/resources/reported");
  private static final Path BASE = REPORTED.resolve("added-tokens-beside");
  private static final JsonMapper JSON = new JsonMapper();

  private final Path directory;

  TokenizerSideFilesTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void encode_tokensOnlyBesideTheTokenizer_areOneTokenEach() throws IOException {
    JsonNode expected = JSON.readTree(BASE.resolve("expected.json").toFile());
    try (Tokenizer tokenizer = Tokenizer.open(BASE)) {
      assertThat(tokenizer.encode(expected.path("text").asText()))
          .isEqualTo(ids(expected.path("ids")));
    }
  }

  @ParameterizedTest
  @MethodSource("agreeing")
  void encode_filesBesideTheTokenizer_areReadAsTransformersReadsThem(JsonNode files)
      throws IOException {
    write(files);
    try (Tokenizer tokenizer = Tokenizer.open(directory)) {
      for (JsonNode expected : files.path("expected")) {
        String text = expected.path("text").asText();
        ImmutableIntArray ids = tokenizer.encode(text);
        assertThat(ids).isEqualTo(ids(expected.path("ids")));
        assertThat(tokenizer.encodeWhole(text)).isEqualTo(ids(expected.path("whole")));
        assertThat(tokenizer.decodeText(ids)).isEqualTo(expected.path("skipped").asText());
      }
    }
  }

  static Stream<Named<JsonNode>> agreeing() throws IOException {
    return Streams.stream(JSON.readTree(REPORTED.resolve("side-files.json").toFile()))
        .filter(files -> files.has("expected"))
        .map(files -> Named.of(files.path("name").asText(), files));
  }

  @Test
  void open_idBehindAGap_isRefused() throws IOException {
    write("decoder-gap");
    assertRefused(
        "tokenizer_config.json",
        "the added token <|turn|> (305) must have the id 300, the next one behind the vocabulary"
            + " and the added tokens before it.\n"
            + "Maybe the file belongs to another tokenizer.");
  }

  @Test
  void open_idOfAnotherToken_isRefused() throws IOException {
    write("decoder-taken-id");
    assertRefused(
        "tokenizer_config.json",
        "the added token <|turn|> (299) must have the id 300, the next one behind the vocabulary"
            + " and the added tokens before it.\n"
            + "Maybe the file belongs to another tokenizer.");
  }

  @Test
  void open_wrongIdsInTheTokenizerItself_areRefused() throws IOException {
    write("json-ids-wrong");
    assertRefused(
        "tokenizer.json",
        "the added token <s> (305) must have the id 298, the next one behind the vocabulary"
            + " and the added tokens before it.\n"
            + "Maybe the file belongs to another tokenizer.");
  }

  @Test
  void open_splitSpecialTokens_isRefused() throws IOException {
    write("split-special");
    assertRefused(
        "tokenizer_config.json", "split_special_tokens (true) is not supported; it must be false");
  }

  @Test
  void open_wrongKinds_areNamed() throws IOException {
    write("decoder");
    Path config = directory.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"bos_token\": {\"lstrip\": true}}");
    assertRefused(
        "tokenizer_config.json",
        "bos_token ({\"lstrip\":true}) must be a text, or an object with its content");
    Files.writeString(config, "{\"added_tokens_decoder\": {\"x\": {\"content\": \"y\"}}}");
    assertRefused(
        "tokenizer_config.json",
        "added_tokens_decoder, x ({\"content\":\"y\"}) must be a token id and an object with its"
            + " content");
    Files.delete(config);
    Path ids = directory.resolve("added_tokens.json");
    Files.writeString(ids, "{\"<|turn|>\": \"300\"}");
    assertRefused("added_tokens.json", "<|turn|> (\"300\") must be a token id");
    Files.writeString(ids, "{\"<|turn|>\": 300, \"<|end|>\": 300}");
    assertRefused("added_tokens.json", "<|end|> and <|turn|> have the same id (300)");
  }

  @Test
  void open_pointerOfGitLfs_isNamed() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.copy(REPORTED.resolve("lfs-pointer/pointer"), file);
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + " is a pointer of git-lfs, not the file itself.\n"
                + "Maybe the repository was cloned without git-lfs: install it, then run"
                + " \"git lfs pull\" in the clone.");
  }

  private void assertRefused(String file, String sentence) {
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(directory.resolve(file) + ": " + sentence);
  }

  private void write(String name) throws IOException {
    for (JsonNode files : JSON.readTree(REPORTED.resolve("side-files.json").toFile())) {
      if (files.path("name").asText().equals(name)) {
        write(files);
      }
    }
  }

  private void write(JsonNode files) throws IOException {
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(BASE.resolve("tokenizer.json").toFile());
    files
        .path("tokenizer")
        .properties()
        .forEach(entry -> tokenizer.set(entry.getKey(), entry.getValue()));
    Files.writeString(directory.resolve("tokenizer.json"), tokenizer.toString());
    for (Map.Entry<String, JsonNode> file : files.path("files").properties()) {
      Files.writeString(directory.resolve(file.getKey()), file.getValue().toString());
    }
  }

  private static ImmutableIntArray ids(JsonNode ids) {
    return Streams.stream(ids)
        .mapToInt(JsonNode::asInt)
        .collect(
            ImmutableIntArray::builder,
            ImmutableIntArray.Builder::add,
            (one, other) -> one.addAll(other.build()))
        .build();
  }
}
