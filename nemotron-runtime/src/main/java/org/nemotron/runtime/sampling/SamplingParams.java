package org.nemotron.runtime.sampling;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How the tokens of a request's answer are chosen. Immutable.
 *
 * @param temperature divides the logits; 0 chooses the likeliest token, without effect of the
 *     filters and the seed
 * @param topK how many of the likeliest tokens stay, and those that tie with the last; 0 keeps all
 * @param topP the likeliest tokens stay until their probabilities reach this; 1 keeps all
 * @param minP a token stays whose probability is at least this share of the likeliest one's; 0
 *     keeps all
 * @param repetitionPenalty divides a positive logit of a token that was seen and multiplies a
 *     negative one; 1 switches it off
 * @param penaltyWindow how many of the last tokens, prompt included, count as seen; 0 for all
 * @param presencePenalty is subtracted from the logit of a token that the answer has already, from
 *     -2 to 2; 0 switches it off
 * @param frequencyPenalty is subtracted as often as the answer has the token, from -2 to 2; 0
 *     switches it off
 * @param bias which tokens are preferred, allowed and banned
 * @param seed initializes the request's own random generator
 * @param freshSeed whether each request draws a seed of its own instead, which its result tells
 * @param logProbs whether the chosen token's log-probability is reported
 * @param topLogProbs how many of the likeliest tokens are reported with it
 */
public record SamplingParams(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    int penaltyWindow,
    double presencePenalty,
    double frequencyPenalty,
    TokenBias bias,
    long seed,
    boolean freshSeed,
    boolean logProbs,
    int topLogProbs) {

  /** The most tokens that may be reported with each chosen one. */
  public static final int MAX_TOP_LOG_PROBS = 1000;

  private static final SamplingParams MODEL_DISTRIBUTION =
      new SamplingParams(1, 0, 1, 0, 1, 0, 0, 0, TokenBias.NONE, 0, true, false, 0);

  private static final SamplingParams GREEDY = builder().temperature(0).build();

  /** Checks the ranges. */
  public SamplingParams {
    checkArgument(
        temperature >= 0 && temperature < Double.POSITIVE_INFINITY,
        "temperature (%s) must be a number of at least 0 (0 chooses the likeliest token)",
        temperature);
    checkArgument(topK >= 0, "topK (%s) must not be negative (0 keeps all tokens)", topK);
    checkArgument(topP > 0 && topP <= 1, "topP (%s) must lie in (0, 1] (1 keeps all tokens)", topP);
    checkArgument(
        minP >= 0 && minP <= 1, "minP (%s) must lie in [0, 1] (0 keeps all tokens)", minP);
    checkArgument(
        repetitionPenalty > 0 && repetitionPenalty < Double.POSITIVE_INFINITY,
        "repetitionPenalty (%s) must be a positive number (1 switches it off)",
        repetitionPenalty);
    checkArgument(
        penaltyWindow >= 0,
        "penaltyWindow (%s) must not be negative (0 counts all tokens)",
        penaltyWindow);
    checkPenalty("presencePenalty", presencePenalty);
    checkPenalty("frequencyPenalty", frequencyPenalty);
    checkNotNull(bias, "the bias of a request must not be null");
    checkArgument(
        topLogProbs >= 0 && topLogProbs <= MAX_TOP_LOG_PROBS,
        "topLogProbs (%s) must lie in [0, %s]",
        topLogProbs,
        MAX_TOP_LOG_PROBS);
    checkArgument(logProbs || topLogProbs == 0, "topLogProbs (%s) needs logProbs", topLogProbs);
  }

  private static void checkPenalty(String name, double penalty) {
    checkArgument(
        penalty >= -2 && penalty <= 2,
        "%s (%s) must lie in [-2, 2] (0 switches it off)",
        name,
        penalty);
  }

  /** Returns parameters that always choose the likeliest token, without log-probabilities. */
  public static SamplingParams greedy() {
    return GREEDY;
  }

  /** Returns a builder of temperature 1 without any filter: the model's own distribution. */
  public static Builder builder() {
    return new Builder(MODEL_DISTRIBUTION);
  }

  /**
   * Returns the parameters that generation_config.json in {@code directory} recommends: do_sample,
   * temperature, top_k, top_p, min_p and repetition_penalty. As in Hugging Face transformers, the
   * likeliest token is chosen unless do_sample is true, and where it is, a missing top_k is 50.
   * Keys that would choose other tokens by other means, such as {@code num_beams}, must have no
   * effect. Without the file those of config.json count; without any the parameters are {@link
   * #greedy}.
   *
   * @throws IOException if the file is malformed, a value is out of its range, or a parameter is
   *     not supported
   */
  public static SamplingParams read(Path directory) throws IOException {
    return GenerationConfig.read(directory);
  }

  /** Returns a builder that starts from these parameters. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Returns these parameters with a seed drawn now, where each request has one of its own. */
  public SamplingParams seeded() {
    return freshSeed && !isGreedy()
        ? toBuilder().seed(ThreadLocalRandom.current().nextLong()).build()
        : this;
  }

  /** Returns whether the likeliest token is always chosen. */
  public boolean isGreedy() {
    return temperature == 0;
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private double temperature;
    private int topK;
    private double topP;
    private double minP;
    private double repetitionPenalty;
    private int penaltyWindow;
    private double presencePenalty;
    private double frequencyPenalty;
    private TokenBias bias;
    private long seed;
    private boolean freshSeed;
    private boolean logProbs;
    private int topLogProbs;

    private Builder(SamplingParams from) {
      temperature = from.temperature;
      topK = from.topK;
      topP = from.topP;
      minP = from.minP;
      repetitionPenalty = from.repetitionPenalty;
      penaltyWindow = from.penaltyWindow;
      presencePenalty = from.presencePenalty;
      frequencyPenalty = from.frequencyPenalty;
      bias = from.bias;
      seed = from.seed;
      freshSeed = from.freshSeed;
      logProbs = from.logProbs;
      topLogProbs = from.topLogProbs;
    }

    /** Sets what divides the logits: at least 0; 0 chooses the likeliest token. Default 1. */
    @CanIgnoreReturnValue
    public Builder temperature(double value) {
      temperature = value;
      return checked();
    }

    /** Keeps the {@code value} likeliest tokens and those that tie with the last. 0 keeps all. */
    @CanIgnoreReturnValue
    public Builder topK(int value) {
      topK = value;
      return checked();
    }

    /** Keeps the likeliest tokens until their probabilities reach {@code value}. 1 keeps all. */
    @CanIgnoreReturnValue
    public Builder topP(double value) {
      topP = value;
      return checked();
    }

    /** Keeps tokens of at least this share of the likeliest one's probability. 0 keeps all. */
    @CanIgnoreReturnValue
    public Builder minP(double value) {
      minP = value;
      return checked();
    }

    /** Makes tokens less likely that the prompt or the answer has already: above 1. Default 1. */
    @CanIgnoreReturnValue
    public Builder repetitionPenalty(double value) {
      repetitionPenalty = value;
      return checked();
    }

    /** Sets how many of the last tokens the repetition penalty counts. 0, the default, for all. */
    @CanIgnoreReturnValue
    public Builder penaltyWindow(int tokens) {
      penaltyWindow = tokens;
      return checked();
    }

    /** Sets what a token's logit loses once the answer has it: from -2 to 2. Default 0. */
    @CanIgnoreReturnValue
    public Builder presencePenalty(double value) {
      presencePenalty = value;
      return checked();
    }

    /** Sets what a token's logit loses each time the answer has it: from -2 to 2. Default 0. */
    @CanIgnoreReturnValue
    public Builder frequencyPenalty(double value) {
      frequencyPenalty = value;
      return checked();
    }

    /** Adds to the logits of tokens, from -100 to 100 each, before all penalties and filters. */
    @CanIgnoreReturnValue
    public Builder logitBias(Map<Integer, Double> added) {
      bias = new TokenBias(ImmutableMap.copyOf(added), bias.allowed(), bias.banned());
      return this;
    }

    /** Lets no other tokens be chosen, end tokens included; none given allow all. */
    @CanIgnoreReturnValue
    public Builder allowedTokens(Collection<Integer> tokens) {
      bias = new TokenBias(bias.added(), ImmutableSet.copyOf(tokens), bias.banned());
      return this;
    }

    /** Lets these tokens never be chosen. */
    @CanIgnoreReturnValue
    public Builder bannedTokens(Collection<Integer> tokens) {
      bias = new TokenBias(bias.added(), bias.allowed(), ImmutableSet.copyOf(tokens));
      return this;
    }

    /**
     * Sets the seed of the request's random generator: equal seeds draw equal tokens. Where it is
     * not called, each request draws a seed of its own.
     */
    @CanIgnoreReturnValue
    public Builder seed(long value) {
      seed = value;
      freshSeed = false;
      return this;
    }

    /** Asks for the log-probability of each chosen token, and of the {@code count} likeliest. */
    @CanIgnoreReturnValue
    public Builder topLogProbs(int count) {
      logProbs = true;
      topLogProbs = count;
      return checked();
    }

    /** Returns the parameters. */
    public SamplingParams build() {
      return new SamplingParams(
          temperature,
          topK,
          topP,
          minP,
          repetitionPenalty,
          penaltyWindow,
          presencePenalty,
          frequencyPenalty,
          bias,
          seed,
          freshSeed,
          logProbs,
          topLogProbs);
    }

    /** Checks the values at once, so that an error points at the setter's line. */
    private Builder checked() {
      SamplingParams unused = build();
      return this;
    }
  }
}
