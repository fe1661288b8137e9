package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableBiMap;
import com.google.common.collect.ImmutableList;
import java.util.Optional;

/**
 * How the common byte-level tokenizers cut a text before they merge: what tokenizer.json says in
 * rules, llama.cpp knows by names.
 *
 * <p>A pre-tokenizer is told by its steps in order; a step is its kind and what matters of it.
 */
final class PreTokenizers {
  private static final String GPT2_BYTES = "ByteLevel with its regex";
  private static final String BYTES = "ByteLevel";
  private static final String DIGITS = "Digits one by one";

  private static final String LLAMA3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String QWEN2 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String TEKKEN =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
          + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final ImmutableBiMap<ImmutableList<String>, String> NAMES =
      ImmutableBiMap.of(
          ImmutableList.of(GPT2_BYTES), "gpt-2",
          ImmutableList.of(DIGITS, GPT2_BYTES), "smollm",
          ImmutableList.of(LLAMA3, BYTES), "llama-bpe",
          ImmutableList.of(QWEN2, BYTES), "qwen2",
          ImmutableList.of(TEKKEN, BYTES), "tekken");

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
    return Optional.ofNullable(
        NAMES.get(
            flat(preTokenizer, "pretokenizers").stream()
                .map(PreTokenizers::step)
                .collect(ImmutableList.toImmutableList())));
  }

  /** Returns the pre-tokenizer that llama.cpp calls {@code name}, or empty for another name. */
  static Optional<ObjectNode> json(String name) {
    ImmutableList<String> steps = NAMES.inverse().get(name);
    if (steps == null) {
      return Optional.empty();
    }
    ObjectNode sequence = new JsonMapper().createObjectNode().put("type", "Sequence");
    ArrayNode members = sequence.putArray("pretokenizers");
    for (String step : steps) {
      ObjectNode member = members.addObject();
      switch (step) {
        case GPT2_BYTES, BYTES ->
            member
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", step.equals(GPT2_BYTES));
        case DIGITS -> member.put("type", "Digits").put("individual_digits", true);
        default ->
            member
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false)
                .putObject("pattern")
                .put("Regex", step);
      }
    }
    return Optional.of(sequence);
  }

  private static String step(JsonNode step) {
    String type = step.path("type").asText();
    return switch (type) {
      case "ByteLevel" ->
          step.path("add_prefix_space").asBoolean()
              ? "ByteLevel with a space before"
              : step.path("use_regex").asBoolean(true) ? GPT2_BYTES : BYTES;
      case "Digits" -> step.path("individual_digits").asBoolean() ? DIGITS : type;
      case "Split" ->
          step.path("behavior").asText().equals("Isolated") && !step.path("invert").asBoolean()
              ? step.path("pattern").path("Regex").asText()
              : type;
      default -> type;
    };
  }
}
