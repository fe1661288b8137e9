package org.nemotron.core.eval.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Enums;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.task.ItemAnswer;

/**
 * Lines of an item log: a JSON object each, whose last field is a digest of all in front of it, so
 * that a changed byte is noticed.
 */
final class ItemLine {
  private static final String CHECK = ",\"check\":\"";
  private static final int CHECK_DIGITS = 8;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ItemLine() {}

  /** Returns the line of {@code entry}, without the end of the line. */
  static String of(AnswerStore.Entry entry) {
    ObjectNode json =
        JSON.createObjectNode()
            .put("task", entry.task())
            .put("item", entry.item())
            .put("key", entry.key());
    if (!entry.answer().likelihoods().isEmpty()) {
      ArrayNode sums = json.putArray("sums");
      ArrayNode greedy = json.putArray("greedy");
      for (Likelihood likelihood : entry.answer().likelihoods()) {
        sums.add(likelihood.logProbability());
        greedy.add(likelihood.greedy());
      }
    }
    if (!entry.answer().texts().isEmpty()) {
      ArrayNode texts = json.putArray("texts");
      for (GeneratedText text : entry.answer().texts()) {
        texts
            .addObject()
            .put("text", text.text())
            .put("tokens", text.tokens())
            .put("ending", text.ending().name());
      }
    }
    String all = json.toString();
    String open = all.substring(0, all.length() - 1);
    return open + CHECK + check(open) + "\"}";
  }

  private static String check(String open) {
    return Hashing.sha256()
        .hashString(open, StandardCharsets.UTF_8)
        .toString()
        .substring(0, CHECK_DIGITS);
  }

  /** Returns what {@link #of} wrote; empty if the line is not whole. */
  static Optional<AnswerStore.Entry> parse(String line) {
    int end = line.lastIndexOf(CHECK);
    if (end < 0 || !line.substring(end).equals(CHECK + check(line.substring(0, end)) + "\"}")) {
      return Optional.empty();
    }
    try {
      return entry(JSON.readTree(line));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Optional<AnswerStore.Entry> entry(JsonNode json) {
    ImmutableList.Builder<Likelihood> likelihoods = ImmutableList.builder();
    for (int index = 0; index < json.path("sums").size(); index++) {
      likelihoods.add(
          new Likelihood(
              json.path("sums").path(index).asDouble(),
              json.path("greedy").path(index).asBoolean()));
    }
    ImmutableList.Builder<GeneratedText> texts = ImmutableList.builder();
    for (JsonNode text : json.path("texts")) {
      Optional<GeneratedText.Ending> ending =
          Enums.getIfPresent(GeneratedText.Ending.class, text.path("ending").asText()).toJavaUtil();
      if (ending.isEmpty()) {
        return Optional.empty();
      }
      texts.add(
          new GeneratedText(text.path("text").asText(), text.path("tokens").asInt(), ending.get()));
    }
    return Optional.of(
        new AnswerStore.Entry(
            json.path("task").asText(),
            json.path("item").asInt(),
            json.path("key").asText(),
            new ItemAnswer(likelihoods.build(), texts.build())));
  }
}
