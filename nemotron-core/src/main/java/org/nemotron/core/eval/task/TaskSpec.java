package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;

/**
 * A task as its JSON file defines it.
 *
 * @param name the harness's name where the prompts are the harness's
 * @param version the harness's version of the task
 * @param asks what is asked of the model
 * @param description what stands before everything else
 * @param data where the examples lie
 * @param split the split whose examples are the items
 * @param items how many items there should be; 0 where that is not known
 * @param itemName what an item is called where its answers are written; most often empty
 * @param prompt the question
 * @param target the answer of tasks without choices
 * @param choice a choice, as the field choice, on its way into the prompt
 * @param delimiter what stands between question and answer
 * @param shotDelimiter what stands behind a shot
 * @param answerBegin what the answer begins with, put there for the model; most often empty
 * @param shots how shots are taken
 * @param maxTokens the most tokens that are written
 * @param stops texts that end what is written
 * @param answers how written answers are judged
 * @param metrics names of metrics, the one usually quoted first
 */
record TaskSpec(
    String name,
    String version,
    Asks asks,
    String description,
    DataSpec data,
    String split,
    int items,
    Template itemName,
    Template prompt,
    Template target,
    Template choice,
    String delimiter,
    String shotDelimiter,
    Template answerBegin,
    ShotSpec shots,
    int maxTokens,
    ImmutableList<String> stops,
    AnswerSpec answers,
    ImmutableList<String> metrics) {
  private static final int USUAL_MAX_TOKENS = 256;

  /**
   * Returns the task that {@code json} defines.
   *
   * @param where what messages call the file
   * @throws IllegalArgumentException if a part of it is missing, unknown or wrong
   */
  static TaskSpec parse(String where, JsonNode json) {
    JsonFields fields = new JsonFields(where, json);
    JsonFields generation = fields.object("generation");
    TaskSpec spec =
        new TaskSpec(
            fields.text("name"),
            fields.text("version"),
            Asks.parse(fields),
            fields.text("description", ""),
            DataSpec.parse(fields.object("data")),
            fields.text("split"),
            fields.number("items", 0),
            fields.template("itemName", ""),
            fields.template("prompt", ""),
            fields.template("target", ""),
            fields.template("choice", "{choice}"),
            fields.text("delimiter", " "),
            fields.text("shotDelimiter", "\n\n"),
            fields.template("answerBegin", ""),
            ShotSpec.parse(fields.object("shots"), fields.text("target", "")),
            generation.number("maxTokens", USUAL_MAX_TOKENS),
            generation.texts("stops"),
            AnswerSpec.parse(fields.objects("answers"), fields.object("exactMatch")),
            fields.texts("metrics"));
    generation.checkAllKnown();
    fields.checkAllKnown();
    spec.check(fields);
    return spec;
  }

  private void check(JsonFields fields) {
    if (!data.files().containsKey(split)) {
      throw fields.fault(
          "split (" + split + ") must be one of " + String.join(", ", data.files().keySet()));
    }
    if (metrics.isEmpty()) {
      throw fields.fault("must name a metric");
    }
    for (String metric : metrics) {
      if (Metrics.of(metric, asks, answers).isEmpty()) {
        throw fields.fault(
            "metric ("
                + metric
                + ") must be one of "
                + String.join(", ", Metrics.names(asks))
                + " where a task asks for "
                + Ascii.toLowerCase(asks.name()));
      }
    }
  }
}
