package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/** The tokenizer.json of small GGUF files, worked out by hand. */
final class GgufTokenizersTest {
  private static final double NEVER = -1e9;

  private final Map<String, GgufValue> values = new HashMap<>();

  /** Unknown, control, a byte, four ordinary ones, one of the user's, one unused. */
  @BeforeEach
  void putSentencePiece() {
    put("model", GgufValue.of("llama"));
    put(
        "tokens",
        new GgufValue.Texts(
            ImmutableList.of("<unk>", "<s>", "<0x48>", "a", "b", "ab", "aba", "<tool>", "[PAD8]")));
    put("token_type", types(2, 3, 6, 1, 1, 1, 1, 4, 5));
    put("scores", scores(0, 0, 0, NEVER, NEVER, -1, -2, 0, 0));
    put("bos_token_id", GgufValue.of(1));
  }

  private static GgufValue types(long... types) {
    return new GgufValue.Wholes(GgufValue.WholeType.INT32, ImmutableLongArray.copyOf(types));
  }

  private static GgufValue scores(double... scores) {
    return new GgufValue.Reals(4, ImmutableDoubleArray.copyOf(scores));
  }

  private void put(String name, GgufValue value) {
    GgufValue unused = values.put("tokenizer.ggml." + name, value);
  }

  private void putLetters() {
    values.clear();
    put("model", GgufValue.of("gpt2"));
    put("pre", GgufValue.of("gpt-2"));
    put("tokens", new GgufValue.Texts(ImmutableList.of("a", "b", "ab")));
    put("token_type", types(1, 1, 1));
    put("merges", new GgufValue.Texts(ImmutableList.of("a b")));
  }

  private GgufKeys keys() {
    return new GgufKeys("x.gguf", ImmutableMap.copyOf(values));
  }

  private ObjectNode json() throws CheckpointFormatException {
    return GgufTokenizers.toJson(keys());
  }

  private void assertRefused(String sentence) {
    assertThatThrownBy(this::json)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage("x.gguf: " + sentence);
  }

  private static String added(int id, String content, boolean special) {
    return """
    {"id": %s, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": %s}
    """
        .formatted(id, content, special);
  }

  @Test
  void toJson_sentencePiece_isTheTokenizerOfItsScores()
      throws CheckpointFormatException, JsonProcessingException {
    assertThat(json())
        .isEqualTo(
            new JsonMapper()
                .readTree(
                    """
                    {"version": "1.0", "truncation": null, "padding": null,
                     "added_tokens": [%s, %s, %s],
                     "normalizer": {"type": "Sequence", "normalizers": [
                       {"type": "Prepend", "prepend": "\u2581"},
                       {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
                     "pre_tokenizer": null,
                     "decoder": {"type": "Sequence", "decoders": [
                       {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
                       {"type": "ByteFallback"},
                       {"type": "Fuse"},
                       {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                     "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>",
                       "continuing_subword_prefix": null, "end_of_word_suffix": null,
                       "fuse_unk": true, "byte_fallback": true,
                       "vocab": {"<unk>": 0, "<s>": 1, "<0x48>": 2, "a": 3, "b": 4, "ab": 5,
                                 "aba": 6, "<tool>": 7},
                       "merges": ["a b", "ab a"]},
                     "post_processor": {"type": "TemplateProcessing",
                       "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                  {"Sequence": {"id": "A", "type_id": 0}}],
                       "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                {"Sequence": {"id": "A", "type_id": 0}},
                                {"Sequence": {"id": "B", "type_id": 1}}],
                       "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}}
                    """
                        .formatted(
                            added(0, "<unk>", true),
                            added(1, "<s>", true),
                            added(7, "<tool>", false))));
  }

  @Test
  void toJson_severalWaysToPutATokenTogether_areInTheOrderOfScoresThenOfIds()
      throws CheckpointFormatException {
    put(
        "tokens",
        new GgufValue.Texts(
            ImmutableList.of("<unk>", "a", "aa", "aaa", "aaaa", "x", "y", "b", "c")));
    put("token_type", types(2, 1, 1, 1, 1, 1, 1, 1, 1));
    put("scores", scores(0, NEVER, -5, -3, -3, NEVER, NEVER, NEVER, NEVER));
    values.remove("tokenizer.ggml.bos_token_id");
    assertThat(json().path("model").path("merges").toString())
        .isEqualTo("[\"a aa\",\"a aaa\",\"aa a\",\"aa aa\",\"aaa a\",\"a a\"]");
  }

  @Test
  void toJson_noSpaceBeforeATextNorBeginToken_hasNeither() throws CheckpointFormatException {
    put("add_space_prefix", GgufValue.of(false));
    put("add_bos_token", GgufValue.of(false));
    ObjectNode json = json();
    assertThat(json.path("normalizer").path("normalizers")).hasSize(1);
    assertThat(json.path("decoder").path("decoders")).hasSize(3);
    assertThat(json.path("post_processor").isNull()).isTrue();
  }

  @Test
  void toJson_noOrABadBeginToken_isTheDefaultOfTheKind() throws CheckpointFormatException {
    String named = "[1]";
    for (GgufValue bad : ImmutableList.of(GgufValue.of(9), GgufValue.of(4_294_967_295L))) {
      put("bos_token_id", bad);
      assertThat(beginIds("<s>")).isEqualTo(named);
    }
    values.remove("tokenizer.ggml.bos_token_id");
    assertThat(beginIds("<s>")).isEqualTo(named);
  }

  private String beginIds(String token) throws CheckpointFormatException {
    return json().path("post_processor").path("special_tokens").path(token).path("ids").toString();
  }

  /** llama.cpp's default begin token of byte-level files is 11; these have fewer tokens. */
  @Test
  void toJson_beginTokenThatIsAddedButNotThere_isRefused() {
    putLetters();
    put("add_bos_token", GgufValue.of(true));
    assertRefused(
        "tokenizer.ggml.bos_token_id is missing; it must be a token of the file: a begin token is"
            + " put before texts");
  }

  @Test
  void toJson_endTokenThatIsAdded_isAfterTheText() throws CheckpointFormatException {
    put("add_eos_token", GgufValue.of(true));
    put("eos_token_id", GgufValue.of(7));
    assertThat(json().path("post_processor").path("single").toString())
        .isEqualTo(
            "[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},"
                + "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
                + "{\"SpecialToken\":{\"id\":\"<tool>\",\"type_id\":0}}]");
  }

  @Test
  void toJson_byteLevel_hasItsMergesAndWhatCutsIt() throws CheckpointFormatException {
    putLetters();
    ObjectNode json = json();
    assertThat(json.path("normalizer").isNull()).isTrue();
    assertThat(json.path("pre_tokenizer")).isEqualTo(PreTokenizers.json(PreTokenizerCut.GPT2));
    assertThat(json.path("decoder").toString())
        .isEqualTo(
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,"
                + "\"use_regex\":true}");
    assertThat(json.path("model").toString())
        .isEqualTo(
            "{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,"
                + "\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,"
                + "\"fuse_unk\":false,\"byte_fallback\":false,\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},"
                + "\"merges\":[\"a b\"],\"ignore_merges\":false}");
    assertThat(json.path("post_processor").isNull()).isTrue();
  }

  @Test
  void toJson_byteLevelWithABeginToken_addsItOnlyWhereTheFileSaysSo()
      throws CheckpointFormatException {
    putLetters();
    put("bos_token_id", GgufValue.of(0));
    assertThat(json().path("post_processor").isNull()).isTrue();
    put("add_bos_token", GgufValue.of(true));
    assertThat(
            json().path("post_processor").path("special_tokens").path("a").path("ids").toString())
        .isEqualTo("[0]");
  }

  @Test
  void toJson_llama3AndTekken_takeWholeTokensBeforeMerges() throws CheckpointFormatException {
    putLetters();
    put("bos_token_id", GgufValue.of(0));
    for (String name : ImmutableList.of("llama-bpe", "tekken", "qwen2", "smollm")) {
      put("pre", GgufValue.of(name));
      assertThat(json().path("model").path("ignore_merges").asBoolean())
          .as(name)
          .isEqualTo(name.equals("llama-bpe") || name.equals("tekken"));
    }
  }

  @Test
  void toJson_otherKind_isRefusedByName() {
    String remedy = ".\nMaybe take the Hugging Face directory of the original model";
    put("model", GgufValue.of("bert"));
    assertRefused("tokenizer.ggml.model must be gpt2 or llama to be read, not bert" + remedy);
    values.remove("tokenizer.ggml.model");
    assertRefused(
        "tokenizer.ggml.model is missing; it must be gpt2 or llama to be read, not (not named)"
            + remedy);
    putLetters();
    put("pre", GgufValue.of("superbpe"));
    assertRefused(
        "tokenizer.ggml.pre must be one of "
            + String.join(", ", PreTokenizerNames.all())
            + " to be read, not superbpe"
            + remedy);
  }

  @Test
  void toJson_noNameOfTheCut_isLlamaCppsDefault() throws CheckpointFormatException {
    putLetters();
    put("pre", GgufValue.of("default"));
    assertThat(json().path("pre_tokenizer")).isEqualTo(PreTokenizers.json(PreTokenizerCut.DEFAULT));
    values.remove("tokenizer.ggml.pre");
    assertThat(json().path("pre_tokenizer")).isEqualTo(PreTokenizers.json(PreTokenizerCut.DEFAULT));
  }

  @Test
  void toJson_byteLevelWithoutMerges_isRefused() {
    putLetters();
    values.remove("tokenizer.ggml.merges");
    assertRefused("tokenizer.ggml.merges is missing; it must be a list of texts");
  }

  /** The tokenizers library refuses merges that make no token; llama.cpp passes them over. */
  @Test
  void toJson_mergesOfWhatIsNoToken_arePassedOver() throws CheckpointFormatException {
    putLetters();
    put(
        "merges",
        new GgufValue.Texts(ImmutableList.of("b a", "a b", "c a", "a b", "ab", "a \u0120")));
    assertThat(json().path("model").path("merges").toString()).isEqualTo("[\"a b\"]");
  }

  @Test
  void toJson_unusedTokenThatMergesName_staysAToken() throws CheckpointFormatException {
    putLetters();
    put("token_type", types(1, 5, 5));
    assertThat(json().path("model").path("vocab").toString())
        .isEqualTo("{\"a\":0,\"b\":1,\"ab\":2}");
    put("merges", new GgufValue.Texts(ImmutableList.of()));
    assertThat(json().path("model").path("vocab").toString()).isEqualTo("{\"a\":0}");
  }

  @Test
  void toJson_noTypes_areOrdinaryTokens() throws CheckpointFormatException {
    putLetters();
    ObjectNode typed = json();
    values.remove("tokenizer.ggml.token_type");
    assertThat(json()).isEqualTo(typed);
  }

  @Test
  void toJson_scoresAndTypesLongerThanTheTokens_areReadAsFarAsNeeded()
      throws CheckpointFormatException {
    ObjectNode exact = json();
    put("scores", scores(0, 0, 0, NEVER, NEVER, -1, -2, 0, 0, 0, 0));
    put("token_type", types(2, 3, 6, 1, 1, 1, 1, 4, 5, 5, 5));
    assertThat(json()).isEqualTo(exact);
    put("scores", types(0, 0, 0, -9, -9, -1, -2, 0, 0));
    assertThat(json().path("model").path("merges").toString()).isEqualTo("[\"a b\",\"ab a\"]");
  }

  @Test
  void toJson_emptyTokensAndOnesTwice_areNamedOrRefused() throws CheckpointFormatException {
    putLetters();
    put("tokens", new GgufValue.Texts(ImmutableList.of("a", "b", "ab", "")));
    put("token_type", types(1, 1, 1, 1));
    assertThat(json().path("model").path("vocab").path("[EMPTY_3]").asInt()).isEqualTo(3);
    put("tokens", new GgufValue.Texts(ImmutableList.of("a", "b", "ab", "b")));
    assertRefused(
        "tokenizer.ggml.tokens must be different from one another: b has the ids 1 and 3");
  }

  @Test
  void toJson_listsOfOtherLengths_areRefused() {
    put("scores", scores(1, 2));
    assertRefused("tokenizer.ggml.scores must be a number per token");
    put("scores", types(1, 2));
    assertRefused("tokenizer.ggml.scores must be a number per token");
    values.remove("tokenizer.ggml.scores");
    assertRefused("tokenizer.ggml.scores is missing; it must be a list of numbers");
    put("token_type", types(1, 2));
    assertRefused("tokenizer.ggml.token_type must be as long as tokenizer.ggml.tokens");
  }

  @Test
  void toConfig_specialTokensAndTemplate_areNamed() throws CheckpointFormatException {
    put("eos_token_id", GgufValue.of(7));
    put("unknown_token_id", GgufValue.of(0));
    put("padding_token_id", GgufValue.of(9));
    values.put("tokenizer.chat_template", GgufValue.of("{{ messages }}"));
    assertThat(GgufTokenizers.toConfig(keys()).toString())
        .isEqualTo(
            "{\"bos_token\":\"<s>\",\"eos_token\":\"<tool>\",\"unk_token\":\"<unk>\","
                + "\"chat_template\":\"{{ messages }}\","
                + "\"tokenizer_class\":\"PreTrainedTokenizerFast\"}");
    put("padding_token_id", GgufValue.of(8));
    assertThat(GgufTokenizers.toConfig(keys()).path("pad_token").asText()).isEqualTo("[PAD8]");
  }

  @Test
  void toConfig_severalTemplates_areAListByName() throws CheckpointFormatException {
    values.put("tokenizer.chat_template", GgufValue.of("usual"));
    values.put("tokenizer.chat_template.tool_use", GgufValue.of("of tools"));
    assertThat(GgufTokenizers.toConfig(keys()).path("chat_template").toString())
        .isEqualTo(
            "[{\"name\":\"default\",\"template\":\"usual\"},"
                + "{\"name\":\"tool_use\",\"template\":\"of tools\"}]");
  }
}
