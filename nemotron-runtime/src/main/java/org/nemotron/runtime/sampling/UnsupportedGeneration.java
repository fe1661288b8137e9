package org.nemotron.runtime.sampling;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The parameters of a generation_config.json that choose other tokens in transformers, by means
 * that this library does not have: one that is set to more than nothing is refused by name.
 */
final class UnsupportedGeneration {
  /** What each number must be to have no effect. */
  private static final ImmutableMap<String, Double> NUMBERS =
      ImmutableMap.<String, Double>builder()
          .put("num_beams", 1.0)
          .put("num_beam_groups", 1.0)
          .put("penalty_alpha", 0.0)
          .put("diversity_penalty", 0.0)
          .put("encoder_repetition_penalty", 1.0)
          .put("no_repeat_ngram_size", 0.0)
          .put("encoder_no_repeat_ngram_size", 0.0)
          .put("guidance_scale", 1.0)
          .put("min_length", 0.0)
          .put("min_new_tokens", 0.0)
          .buildOrThrow();

  /** The same for those that count only where tokens are sampled. */
  private static final ImmutableMap<String, Double> SAMPLING_NUMBERS =
      ImmutableMap.of(
          "typical_p", 1.0, "epsilon_cutoff", 0.0, "eta_cutoff", 0.0, "top_h", Double.NaN);

  /** Lists and objects, which have no effect where they are missing or empty. */
  private static final ImmutableSet<String> OTHERS =
      ImmutableSet.of(
          "bad_words_ids",
          "force_words_ids",
          "suppress_tokens",
          "begin_suppress_tokens",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "forced_decoder_ids",
          "sequence_bias",
          "constraints",
          "exponential_decay_length_penalty",
          "watermarking_config",
          "stop_strings");

  private UnsupportedGeneration() {}

  static void check(Path file, JsonNode config, boolean samples) throws IOException {
    checkNumbers(file, config, NUMBERS);
    if (samples) {
      checkNumbers(file, config, SAMPLING_NUMBERS);
    }
    for (String key : OTHERS) {
      JsonNode value = config.path(key);
      if (!value.isMissingNode()
          && !value.isNull()
          && !(value.isContainerNode() && value.isEmpty())) {
        throw refused(file, key, value, "null");
      }
    }
  }

  private static void checkNumbers(Path file, JsonNode config, ImmutableMap<String, Double> idle)
      throws IOException {
    for (Map.Entry<String, Double> entry : idle.entrySet()) {
      JsonNode value = config.path(entry.getKey());
      boolean given = !value.isMissingNode() && !value.isNull();
      if (given && !(value.isNumber() && value.doubleValue() == entry.getValue())) {
        String rule =
            entry.getValue().isNaN() ? "null" : String.format("null or %.0f", entry.getValue());
        throw refused(file, entry.getKey(), value, rule);
      }
    }
  }

  private static IOException refused(Path file, String key, JsonNode value, String rule) {
    return new IOException(
        file
            + ": "
            + key
            + " ("
            + value
            + ") is not supported; it must be "
            + rule
            + ".\nMaybe give the request its sampling parameters instead.");
  }
}
