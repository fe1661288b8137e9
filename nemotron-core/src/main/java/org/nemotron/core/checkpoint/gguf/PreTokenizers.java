package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Optional;

/**
 * How the common byte-level tokenizers cut a text before they merge: what tokenizer.json says in
 * rules, llama.cpp knows by names.
 *
 * <p>A pre-tokenizer is told by its steps in order; a step is its kind and what matters of it.
 */
final class PreTokenizers {
  private PreTokenizers() {}

  /** Returns the step of a tokenizer.json in order, those of sequences inside one another too. */
  static ImmutableList<JsonNode> flat(JsonNode step, String members) {
    if (step.path("type").asText().equals("Sequence")) {
      ImmutableList.Builder<JsonNode> steps = ImmutableList.builder();
      step.path(members).forEach(member -> steps.addAll(flat(member, members)));
      return steps.build();
    }
    return step.isObject() ? ImmutableList.of(step) : ImmutableList.of();
  }

  /** Returns whether {@code preTokenizer} maps bytes to letters, as GPT-2's does. */
  static boolean isByteLevel(JsonNode preTokenizer) {
    return flat(preTokenizer, "pretokenizers").stream()
        .anyMatch(step -> step.path("type").asText().equals("ByteLevel"));
  }

  /** Returns llama.cpp's name of a byte-level pre-tokenizer, or empty for one it does not know. */
  static Optional<String> name(JsonNode preTokenizer) {
    ImmutableList<String> steps =
        flat(preTokenizer, "pretokenizers").stream()
            .map(PreTokenizers::step)
            .collect(ImmutableList.toImmutableList());
    return Arrays.stream(PreTokenizerCut.values())
        .filter(cut -> cut.steps().equals(steps))
        .map(PreTokenizerCut::id)
        .findFirst();
  }

  /** Returns the pre_tokenizer of a tokenizer.json that cuts so. */
  static ObjectNode json(PreTokenizerCut cut) {
    ObjectNode sequence = new JsonMapper().createObjectNode().put("type", "Sequence");
    ArrayNode members = sequence.putArray("pretokenizers");
    for (String step : cut.steps()) {
      ObjectNode member = members.addObject();
      switch (step) {
        case PreTokenizerCut.GPT2_BYTES, PreTokenizerCut.BYTES ->
            member
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", step.equals(PreTokenizerCut.GPT2_BYTES));
        case PreTokenizerCut.DIGITS -> member.put("type", "Digits").put("individual_digits", true);
        default ->
            member
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false)
                .putObject("pattern")
                .put("Regex", step);
      }
    }
    return sequence;
  }

  private static String step(JsonNode step) {
    String type = step.path("type").asText();
    return switch (type) {
      case "ByteLevel" ->
          step.path("add_prefix_space").asBoolean()
              ? "ByteLevel with a space before"
              : step.path("use_regex").asBoolean(true)
                  ? PreTokenizerCut.GPT2_BYTES
                  : PreTokenizerCut.BYTES;
      case "Digits" -> step.path("individual_digits").asBoolean() ? PreTokenizerCut.DIGITS : type;
      case "Split" ->
          step.path("behavior").asText().equals("Isolated") && !step.path("invert").asBoolean()
              ? step.path("pattern").path("Regex").asText()
              : type;
      default -> type;
    };
  }
}
