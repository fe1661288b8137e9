package org.nemotron.core.eval.mtbench;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;

/**
 * A line of a file of answers in FastChat's form, of which the first choice counts; beside its
 * texts, where we wrote it, whether each was cut at its greatest length, and its prompt.
 *
 * @param question number of the question
 * @param key the answer's own; empty where a line has none
 * @param model what the model is called; empty where a line does not say
 * @param turns the answers
 */
record AnswerLine(int question, String key, String model, ImmutableList<MtBenchAnswer.Turn> turns) {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Returns the line, without its end. */
  String text() {
    ObjectNode line =
        JSON.createObjectNode()
            .put("question_id", question)
            .put("answer_id", key)
            .put("model_id", model);
    ObjectNode choice = line.putArray("choices").addObject().put("index", 0);
    ArrayNode texts = choice.putArray("turns");
    ArrayNode unfinished = choice.putArray("unfinished");
    ArrayNode cuts = choice.putArray("prompt_cut");
    for (MtBenchAnswer.Turn turn : turns) {
      texts.add(turn.text());
      unfinished.add(turn.unfinished());
      cuts.add(turn.promptCut());
    }
    return line.toString();
  }

  /**
   * Returns what a line says.
   *
   * @throws IllegalArgumentException if it is not whole, or of another form
   */
  static AnswerLine parse(String line) {
    JsonNode json = json(line);
    checkArgument(json.path("question_id").isIntegralNumber(), "question_id is missing");
    JsonNode choice = json.path("choices").path(0);
    checkArgument(choice.path("turns").isArray(), "choices[0].turns is missing");
    ImmutableList.Builder<MtBenchAnswer.Turn> turns = ImmutableList.builder();
    for (int i = 0; i < choice.path("turns").size(); i++) {
      JsonNode text = choice.path("turns").path(i);
      checkArgument(text.isTextual(), "choices[0].turns[%s] must be a text", i);
      turns.add(
          new MtBenchAnswer.Turn(
              text.asText(),
              choice.path("unfinished").path(i).asBoolean(),
              choice.path("prompt_cut").path(i).asInt()));
    }
    return new AnswerLine(
        json.path("question_id").asInt(),
        json.path("answer_id").asText(),
        json.path("model_id").asText(),
        turns.build());
  }

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("it is no whole JSON object", e);
    }
  }
}
