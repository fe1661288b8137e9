package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Ints;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.nemotron.runtime.sampling.SamplingParams;

/** Reads the fields that completions and chat share. */
final class OptionFields {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final double ANY = Double.POSITIVE_INFINITY;

  /** The most answers to one prompt. */
  private static final int MOST_CHOICES = 128;

  private static final int MOST_STOPS = 16;
  private static final int MOST_BAD_WORDS = 128;

  private final Fields fields;
  private final RequestReader.Defaults defaults;

  OptionFields(Fields fields, RequestReader.Defaults defaults) {
    this.fields = fields;
    this.defaults = defaults;
  }

  /**
   * Returns the options.
   *
   * @param maxTokens how many tokens an answer may have
   * @param exactTokens whether that was asked for
   * @param topLogProbs how many likeliest tokens are reported; negative for no log-probabilities
   */
  GenerationOptions read(int maxTokens, boolean exactTokens, int topLogProbs) {
    refuseOthers();
    boolean stream = fields.flag("stream", false);
    Optional<Fields> streaming = fields.object("stream_options");
    if (streaming.isPresent() && !stream) {
      throw fields.invalid("stream_options", "needs stream: true");
    }
    FormatFields formats = new FormatFields(fields);
    return new GenerationOptions(
        fields.string("model").orElse(""),
        fields.whole("n", 1, MOST_CHOICES).orElse(1),
        maxTokens,
        exactTokens,
        sampling(topLogProbs),
        stops(),
        ImmutableSet.copyOf(tokens("stop_token_ids")),
        fields.flag("include_stop_str_in_output", false),
        fields.whole("min_tokens", 0, Integer.MAX_VALUE).orElse(0),
        fields.string("cache_salt").orElse(""),
        formats.format(),
        formats.field(),
        fields.flag("ignore_eos", false),
        keepTokens(),
        stream,
        streaming.map(options -> options.flag("include_usage", false)).orElse(false),
        streaming.map(options -> options.flag("continuous_usage_stats", false)).orElse(false),
        topLogProbs >= 0,
        fields.flag("return_token_ids", false),
        fields.flag("return_tokens_as_token_ids", false),
        !fields.flag("skip_special_tokens", true),
        promptLogProbs(stream),
        badWords(formats));
  }

  private SamplingParams sampling(int topLogProbs) {
    SamplingParams usual = defaults.sampling();
    SamplingParams.Builder params = usual.toBuilder();
    params.temperature(fields.number("temperature", usual.temperature(), 0, ANY));
    params.topP(topP(usual.topP()));
    params.minP(fields.number("min_p", usual.minP(), 0, 1));
    OptionalInt topK = fields.whole("top_k", -1, Integer.MAX_VALUE);
    params.topK(Math.max(0, topK.orElse(usual.topK())));
    params.repetitionPenalty(penalty(usual.repetitionPenalty()));
    params.presencePenalty(fields.number("presence_penalty", usual.presencePenalty(), -2, 2));
    params.frequencyPenalty(fields.number("frequency_penalty", usual.frequencyPenalty(), -2, 2));
    bias(params);
    fields.whole("seed").ifPresent(params::seed);
    if (topLogProbs >= 0) {
      params.topLogProbs(topLogProbs);
    }
    return params.build();
  }

  private void bias(SamplingParams.Builder params) {
    Optional<Fields> added = fields.object("logit_bias");
    if (added.isPresent()) {
      Map<Integer, Double> bias = new LinkedHashMap<>();
      added
          .orElseThrow()
          .json()
          .fieldNames()
          .forEachRemaining(id -> put(bias, added.orElseThrow(), id));
      params.logitBias(bias);
    }
    if (fields.has("allowed_token_ids")) {
      ImmutableList<Integer> allowed = tokens("allowed_token_ids");
      if (allowed.isEmpty()) {
        throw fields.invalid("allowed_token_ids", "must not be empty");
      }
      params.allowedTokens(allowed);
    }
  }

  private void put(Map<Integer, Double> bias, Fields added, String id) {
    Integer token = Ints.tryParse(id);
    if (token == null || token < 0 || token >= defaults.vocabularySize()) {
      throw added.invalid(id, "must be a token id below " + defaults.vocabularySize());
    }
    bias.put(token, added.number(id, 0, -100, 100));
  }

  private ImmutableList<Integer> tokens(String name) {
    ImmutableList<Integer> tokens =
        fields
            .get(name)
            .map(list -> ImmutableList.copyOf(fields.ids(list, name).asList()))
            .orElse(ImmutableList.of());
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.get(i) >= defaults.vocabularySize()) {
        throw fields.invalid(
            name + "[" + i + "]",
            "(" + tokens.get(i) + ") must be a token id below " + defaults.vocabularySize());
      }
    }
    return tokens;
  }

  private double topP(double usual) {
    double topP = fields.number("top_p", usual, 0, 1);
    if (topP == 0) {
      throw fields.invalid("top_p", "(0) must lie in (0, 1]");
    }
    return topP;
  }

  private double penalty(double usual) {
    double penalty = fields.number("repetition_penalty", usual, 0, ANY);
    if (penalty == 0) {
      throw fields.invalid("repetition_penalty", "(0) must be positive");
    }
    return penalty;
  }

  private ImmutableList<String> stops() {
    ImmutableList<String> stops = fields.strings("stop");
    if (stops.size() > MOST_STOPS) {
      throw fields.invalid("stop", "must be at most " + MOST_STOPS + " strings");
    }
    for (int i = 0; i < stops.size(); i++) {
      if (stops.get(i).isEmpty()) {
        throw fields.invalid("stop[" + i + "]", "must not be empty");
      }
    }
    return stops;
  }

  private int promptLogProbs(boolean stream) {
    OptionalInt wanted = fields.whole("prompt_logprobs", 0, defaults.mostLogProbs());
    if (wanted.isPresent() && stream) {
      throw fields.unsupported("prompt_logprobs", "is not supported beside stream: true");
    }
    return wanted.orElse(-1);
  }

  /** Beside a form, or a list of what is allowed, they could leave nothing to say. */
  private ImmutableList<String> badWords(FormatFields formats) {
    ImmutableList<String> words = fields.strings("bad_words");
    if (words.size() > MOST_BAD_WORDS) {
      throw fields.invalid("bad_words", "must be at most " + MOST_BAD_WORDS);
    }
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).isBlank()) {
        throw fields.invalid("bad_words[" + i + "]", "must not be blank");
      }
    }
    if (!words.isEmpty() && !formats.format().isEmpty()) {
      throw fields.unsupported("bad_words", "is not supported beside " + formats.field());
    }
    if (!words.isEmpty() && fields.has("allowed_token_ids")) {
      throw fields.unsupported("bad_words", "is not supported beside allowed_token_ids");
    }
    return words;
  }

  private int keepTokens() {
    return fields
        .whole("truncate_prompt_tokens", -1, Integer.MAX_VALUE)
        .orElse(GenerationOptions.TO_THE_END);
  }

  private void refuseOthers() {
    fields.ignore("user", "metadata", "store", "service_tier", "safety_identifier");
    fields.ignore("prompt_cache_key", "prompt_cache_retention", "request_id");
    fields.refuse("spaces_between_special_tokens", BooleanNode.TRUE);
    fields.refuse("priority", IntNode.valueOf(0));
    fields.refuse("guided_grammar");
    fields.refuse("use_beam_search", BooleanNode.FALSE);
    fields.refuse("length_penalty", IntNode.valueOf(1), JSON.numberNode(1.0));
    fields.refuse("stream_interval", IntNode.valueOf(1));
    fields.refuse("logits_processors", JSON.arrayNode());
  }
}
