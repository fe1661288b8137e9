package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.LetterModels;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.testing.ModelSpecBuilder;

/** The keys of small tokenizers, worked out by hand. */
final class GgufVocabularyTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final double NEVER = -1e9;

  /** Bytes "H" and "I" as SentencePiece spells what it has no token for, a space, two merges. */
  private static final String PIECES =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true},
                        {"id": 1, "content": "<s>", "special": true},
                        {"id": 8, "content": "<tool>", "special": false}],
       "normalizer": {"type": "Sequence", "normalizers": [
          {"type": "Prepend", "prepend": "\u2581"}]},
       "post_processor": {"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]},
       "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true,
          "vocab": {"<unk>": 0, "<s>": 1, "<0x48>": 2, "<0x49>": 3, "\u2581": 4, "a": 5,
                    "\u2581a": 6, "\u2581aa": 7},
          "merges": ["\u2581 a", "\u2581a a", "\u2581 aa", "a nothing"]}}
      """;

  private static final String LETTERS =
      """
      {"added_tokens": [{"id": 2, "content": "</s>", "special": true}],
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
       "model": {"vocab": {"a": 0, "b": 1}, "merges": [["a", "b"], "b a"]}}
      """;

  private Path directory;

  @BeforeEach
  void name(@TempDir Path temporary) {
    directory = temporary;
  }

  private static ModelSpec spec(int vocabulary) {
    return ModelSpecBuilder.like(LetterModels.spec("uniform, untied"))
        .vocabularySize(vocabulary)
        .specialTokens(
            new SpecialTokens(ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of()))
        .build();
  }

  private ImmutableMap<String, GgufValue> read(String tokenizer, int vocabulary)
      throws IOException {
    return read(tokenizer, spec(vocabulary));
  }

  private ImmutableMap<String, GgufValue> read(String tokenizer, ModelSpec spec)
      throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), tokenizer);
    return GgufVocabulary.read(directory, spec);
  }

  private ImmutableMap<String, GgufValue> readChanged(Consumer<ObjectNode> change)
      throws IOException {
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(PIECES);
    change.accept(tokenizer);
    return read(tokenizer.toString(), 10);
  }

  private void settings(String json) throws IOException {
    Files.writeString(directory.resolve("tokenizer_config.json"), json);
  }

  private static GgufValue at(ImmutableMap<String, GgufValue> values, String name) {
    return verifyNotNull(values.get("tokenizer.ggml." + name), name);
  }

  private void assertRefused(String tokenizer, int vocabulary, String sentence) {
    assertThatThrownBy(() -> read(tokenizer, vocabulary))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(directory.resolve("tokenizer.json") + sentence);
  }

  @Test
  void read_sentencePiece_hasATypeAndAScorePerToken() throws IOException {
    ImmutableMap<String, GgufValue> values = read(PIECES, 10);
    assertThat(at(values, "model")).isEqualTo(GgufValue.of("llama"));
    assertThat(at(values, "pre")).isEqualTo(GgufValue.of("default"));
    assertThat(at(values, "tokens"))
        .isEqualTo(
            new GgufValue.Texts(
                ImmutableList.of(
                    "<unk>",
                    "<s>",
                    "<0x48>",
                    "<0x49>",
                    "\u2581",
                    "a",
                    "\u2581a",
                    "\u2581aa",
                    "<tool>",
                    "[PAD9]")));
    // Unknown, control, two bytes, four ordinary ones, one of the user's, one unused.
    assertThat(at(values, "token_type"))
        .isEqualTo(
            new GgufValue.Wholes(
                GgufValue.WholeType.INT32, ImmutableLongArray.of(2, 3, 6, 6, 1, 1, 1, 1, 4, 5)));
    // The rank of the first merge that makes the token.
    assertThat(at(values, "scores"))
        .isEqualTo(
            new GgufValue.Reals(4, ImmutableDoubleArray.of(0, 0, 0, 0, NEVER, NEVER, 0, -1, 0, 0)));
    assertThat(values).doesNotContainKey("tokenizer.ggml.merges");
  }

  @Test
  void read_template_saysWhichTokensStandAroundAText() throws IOException {
    ImmutableMap<String, GgufValue> values = read(PIECES, 10);
    assertThat(at(values, "add_bos_token")).isEqualTo(GgufValue.of(true));
    assertThat(at(values, "add_eos_token")).isEqualTo(GgufValue.of(false));
    String sequence = "{\"Sequence\": {\"id\": \"A\"}}";
    ImmutableMap<String, GgufValue> atTheEnd =
        read(
            PIECES.replace(
                "{\"SpecialToken\": {\"id\": \"<s>\"}}, " + sequence,
                sequence + ", {\"SpecialToken\": {\"id\": \"<s>\"}}"),
            10);
    assertThat(at(atTheEnd, "add_bos_token")).isEqualTo(GgufValue.of(false));
    assertThat(at(atTheEnd, "add_eos_token")).isEqualTo(GgufValue.of(true));
    ImmutableMap<String, GgufValue> none = readChanged(json -> json.remove("post_processor"));
    assertThat(at(none, "add_bos_token")).isEqualTo(GgufValue.of(false));
    assertThat(at(none, "add_eos_token")).isEqualTo(GgufValue.of(false));
    ImmutableMap<String, GgufValue> alone =
        read(PIECES.replace(", {\"Sequence\": {\"id\": \"A\"}}", ""), 10);
    assertThat(at(alone, "add_bos_token")).isEqualTo(GgufValue.of(true));
    assertThat(at(alone, "add_eos_token")).isEqualTo(GgufValue.of(false));
  }

  @Test
  void read_spaceBeforeATextInAnySpelling_isSaid() throws IOException {
    assertThat(at(read(PIECES, 10), "add_space_prefix")).isEqualTo(GgufValue.of(true));
    assertThat(at(readChanged(json -> json.remove("normalizer")), "add_space_prefix"))
        .isEqualTo(GgufValue.of(false));
    ImmutableMap<String, GgufValue> others =
        readChanged(
            json -> {
              json.putObject("normalizer").put("type", "NFC");
              json.putObject("pre_tokenizer").put("type", "Split");
            });
    assertThat(at(others, "add_space_prefix")).isEqualTo(GgufValue.of(false));
    for (String scheme : ImmutableList.of("always", "first", "never")) {
      ImmutableMap<String, GgufValue> values =
          readChanged(
              json -> {
                json.remove("normalizer");
                json.putObject("pre_tokenizer")
                    .put("type", "Metaspace")
                    .put("prepend_scheme", scheme);
              });
      assertThat(at(values, "add_space_prefix"))
          .as(scheme)
          .isEqualTo(GgufValue.of(!scheme.equals("never")));
    }
    for (boolean added : new boolean[] {false, true}) {
      ImmutableMap<String, GgufValue> values =
          readChanged(
              json -> {
                json.remove("normalizer");
                json.putObject("pre_tokenizer")
                    .put("type", "Metaspace")
                    .put("add_prefix_space", added);
              });
      assertThat(at(values, "add_space_prefix")).isEqualTo(GgufValue.of(added));
    }
  }

  @Test
  void read_byteLevel_hasItsMergesInEitherSpelling() throws IOException {
    ImmutableMap<String, GgufValue> values = read(LETTERS, 3);
    assertThat(at(values, "model")).isEqualTo(GgufValue.of("gpt2"));
    assertThat(at(values, "pre")).isEqualTo(GgufValue.of("gpt-2"));
    assertThat(at(values, "merges")).isEqualTo(new GgufValue.Texts(ImmutableList.of("a b", "b a")));
    assertThat(values)
        .doesNotContainKeys("tokenizer.ggml.scores", "tokenizer.ggml.add_space_prefix");
  }

  @Test
  void read_specialTokens_areThoseOfTheSettingsElseOfTheConfig() throws IOException {
    ImmutableMap<String, GgufValue> ofConfig = read(PIECES, 10);
    assertThat(at(ofConfig, "bos_token_id")).isEqualTo(GgufValue.of(1));
    assertThat(at(ofConfig, "eos_token_id")).isEqualTo(GgufValue.of(2));
    assertThat(ofConfig)
        .doesNotContainKeys("tokenizer.ggml.padding_token_id", "tokenizer.ggml.unknown_token_id");
    settings(
        """
        {"bos_token": {"content": "a"}, "eos_token": "<tool>", "pad_token": "<0x48>",
         "unk_token": "<unk>"}
        """);
    ImmutableMap<String, GgufValue> ofSettings = read(PIECES, 10);
    assertThat(at(ofSettings, "bos_token_id")).isEqualTo(GgufValue.of(5));
    assertThat(at(ofSettings, "eos_token_id")).isEqualTo(GgufValue.of(8));
    assertThat(at(ofSettings, "padding_token_id")).isEqualTo(GgufValue.of(2));
    assertThat(at(ofSettings, "unknown_token_id")).isEqualTo(GgufValue.of(0));
  }

  /** As Llama 3.1's: end of text, of a message, of a turn. */
  @Test
  void read_severalEndTokens_haveTheKeysOfTurnAndMessage() throws IOException {
    ModelSpec spec =
        ModelSpecBuilder.like(spec(8))
            .specialTokens(
                new SpecialTokens(
                    ImmutableList.of(), ImmutableList.of(2, 3, 4, 99), ImmutableList.of()))
            .build();
    String tokenizer =
        LETTERS.replace(
            "\"b\": 1", "\"b\": 1, \"</s>\": 2, \"<|eom_id|>\": 3, \"<stop>\": 4, \"<|end|>\": 5");
    ImmutableMap<String, GgufValue> values = read(tokenizer, spec);
    assertThat(at(values, "eos_token_id")).isEqualTo(GgufValue.of(2));
    assertThat(at(values, "eom_token_id")).isEqualTo(GgufValue.of(3));
    assertThat(at(values, "eot_token_id")).isEqualTo(GgufValue.of(4));
  }

  @Test
  void read_endTokenBeyondTheVocabulary_isLeftOut() throws IOException {
    ImmutableMap<String, GgufValue> values =
        read("{\"model\": {\"vocab\": {\"a\": 0}, \"byte_fallback\": true}}", 2);
    assertThat(at(values, "bos_token_id")).isEqualTo(GgufValue.of(1));
    assertThat(values).doesNotContainKey("tokenizer.ggml.eos_token_id");
  }

  @Test
  void read_chatTemplate_isTheFileElseTheSettings() throws IOException {
    assertThat(read(PIECES, 10)).doesNotContainKey("tokenizer.chat_template");
    settings("{\"chat_template\": \"of the settings\"}");
    assertThat(read(PIECES, 10))
        .containsEntry("tokenizer.chat_template", GgufValue.of("of the settings"));
    settings(
        """
        {"chat_template": [{"name": "tool_use", "template": "of tools"},
                           {"name": "default", "template": "usual"}]}
        """);
    assertThat(read(PIECES, 10)).containsEntry("tokenizer.chat_template", GgufValue.of("usual"));
    settings("{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"of tools\"}]}");
    assertThat(read(PIECES, 10))
        .doesNotContainKey("tokenizer.chat_template")
        .containsEntry("tokenizer.chat_template.tool_use", GgufValue.of("of tools"));
    Files.writeString(directory.resolve("chat_template.jinja"), "of the file");
    assertThat(read(PIECES, 10))
        .containsEntry("tokenizer.chat_template", GgufValue.of("of the file"));
  }

  @Test
  void read_tokenOutsideTheModel_isNamed() {
    assertRefused(
        LETTERS.replace("\"a\": 0", "\"a\": 3"),
        3,
        ", model, vocab: the id of token a (3) must be below the model's vocabulary size (3).\n"
            + "Maybe give the model rows for all tokens in transformers:"
            + " model.resize_token_embeddings(len(tokenizer)), then save both.");
    assertRefused(
        LETTERS.replace("\"a\": 0", "\"a\": -1"),
        3,
        ", model, vocab: the id of token a (-1) must be below the model's vocabulary size (3)");
    assertRefused(
        LETTERS.replace("\"a\": 0", "\"a\": \"x\""),
        3,
        ", model, vocab: the id of token a (\"x\") must be below the model's vocabulary size (3)");
  }

  /** As Llama 2 was published: a padding token, and no row for it. */
  @Test
  void read_addedTokenBeyondTheModel_isLeftOut() throws IOException {
    settings("{\"pad_token\": \"</s>\"}");
    ImmutableMap<String, GgufValue> values = read(LETTERS, 2);
    assertThat(at(values, "tokens")).isEqualTo(new GgufValue.Texts(ImmutableList.of("a", "b")));
    assertThat(values).doesNotContainKey("tokenizer.ggml.padding_token_id");
    String listed = LETTERS.replace("\"b\": 1", "\"b\": 1, \"</s>\": 2");
    assertThat(at(read(listed, 2), "tokens"))
        .isEqualTo(new GgufValue.Texts(ImmutableList.of("a", "b")));
    assertRefused(
        LETTERS.replace(
            "\"pre_tokenizer\"",
            "\"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": [],"
                + " \"special_tokens\": {\"</s>\": {}}}, \"pre_tokenizer\""),
        2,
        ": the id of token </s> (2) must be below the model's vocabulary size (2).\n"
            + "Maybe give the model rows for all tokens in transformers:"
            + " model.resize_token_embeddings(len(tokenizer)), then save both.");
  }

  @Test
  void read_otherKindOfTokenizer_isRefusedWithWhatItMustBe() {
    assertRefused(
        LETTERS.replace("\"model\": {", "\"model\": {\"type\": \"WordPiece\", "),
        3,
        ", model: type (\"WordPiece\") must be BPE to be written as GGUF");
    assertRefused(
        LETTERS.replace("\"b a\"", "[\"b\"]"), 3, ", model: merges ([\"b\"]) must be pairs");
    assertRefused(
        PIECES.replace("\"byte_fallback\": true", "\"byte_fallback\": false"),
        10,
        ": the tokenizer must be byte-level, or SentencePiece's with byte_fallback, to be written"
            + " as GGUF");
    assertRefused(
        LETTERS.replace("\"add_prefix_space\": false", "\"add_prefix_space\": true"),
        3,
        ": llama.cpp's name of the pre_tokenizer"
            + " {\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"use_regex\":true} is not known;"
            + " it must cut as GPT-2, Llama 3, Qwen 2, SmolLM or Tekken do, or as another that"
            + " llama.cpp has a name for");
  }
}
