package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

final class PreTokenizersTest {
  private static JsonNode json(String text) throws JsonProcessingException {
    return new JsonMapper().readTree(text);
  }

  @Test
  void name_whatJsonGives_isTheNameItWasGivenFor() {
    for (PreTokenizerCut cut : PreTokenizerCut.values()) {
      JsonNode written = PreTokenizers.json(cut);
      assertThat(PreTokenizers.name(written)).as(cut.id()).contains(cut.id());
      assertThat(PreTokenizers.isByteLevel(written)).isTrue();
    }
  }

  @Test
  void cut_everyName_isThatOfItsId() {
    for (PreTokenizerCut cut : PreTokenizerCut.values()) {
      assertThat(PreTokenizerNames.cut(cut.id())).contains(cut);
    }
    assertThat(PreTokenizerNames.all()).doesNotHaveDuplicates();
    assertThat(PreTokenizerNames.cut("bert")).isEmpty();
  }

  @Test
  void json_smollm_cutsDigitsOneByOneBeforeTheBytes() {
    assertThat(PreTokenizers.json(PreTokenizerCut.SMOLLM).toString())
        .isEqualTo(
            "{\"type\":\"Sequence\",\"pretokenizers\":["
                + "{\"type\":\"Digits\",\"individual_digits\":true},"
                + "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,"
                + "\"use_regex\":true}]}");
  }

  @Test
  void json_llama3_splitsByItsRegexAndNotByThatOfTheBytes() {
    JsonNode written = PreTokenizers.json(PreTokenizerCut.LLAMA3);
    JsonNode split = written.path("pretokenizers").path(0);
    assertThat(split.path("type").asText()).isEqualTo("Split");
    assertThat(split.path("behavior").asText()).isEqualTo("Isolated");
    assertThat(split.path("invert").asBoolean(true)).isFalse();
    assertThat(split.path("pattern").path("Regex").asText())
        .startsWith("(?i:'s|")
        .contains("{1,3}");
    assertThat(written.path("pretokenizers").path(1).path("use_regex").asBoolean(true)).isFalse();
  }

  @Test
  void name_sequencesInsideOneAnother_areReadInOrder() throws JsonProcessingException {
    String digits = "{\"type\": \"Digits\", \"individual_digits\": true}";
    String bytes = "{\"type\": \"ByteLevel\"}";
    String nested =
        "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Sequence\", \"pretokenizers\": ["
            + digits
            + "]}, "
            + bytes
            + "]}";
    assertThat(PreTokenizers.name(json(nested))).contains("smollm");
    assertThat(PreTokenizers.name(json(bytes))).contains("gpt-2");
  }

  @Test
  void name_stepThatDiffersInWhatMatters_isNotKnown() throws JsonProcessingException {
    String bytes = "{\"type\": \"ByteLevel\"}";
    for (String first :
        ImmutableList.of(
            "{\"type\": \"Digits\", \"individual_digits\": false}",
            "{\"type\": \"Punctuation\"}",
            "{\"type\": \"Split\", \"behavior\": \"Removed\"}")) {
      assertThat(
              PreTokenizers.name(
                  json(
                      "{\"type\": \"Sequence\", \"pretokenizers\": ["
                          + first
                          + ", "
                          + bytes
                          + "]}")))
          .as(first)
          .isEmpty();
    }
    assertThat(PreTokenizers.name(json("{\"type\": \"ByteLevel\", \"use_regex\": false}")))
        .isEmpty();
    assertThat(PreTokenizers.name(json("{\"type\": \"ByteLevel\", \"add_prefix_space\": true}")))
        .isEmpty();
    String qwen2 = PreTokenizers.json(PreTokenizerCut.QWEN2).toString();
    assertThat(PreTokenizers.name(json(qwen2.replace("\"invert\":false", "\"invert\":true"))))
        .isEmpty();
    assertThat(PreTokenizers.name(json(qwen2.replace("Isolated", "Removed")))).isEmpty();
  }

  @Test
  void isByteLevel_noneOrAnotherStep_isNot() throws JsonProcessingException {
    assertThat(PreTokenizers.isByteLevel(json("null"))).isFalse();
    assertThat(PreTokenizers.isByteLevel(json("{\"type\": \"Metaspace\"}"))).isFalse();
  }
}
