package org.nemotron.runtime.sampling;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;

/**
 * How a request's tokens are chosen. Immutable.
 *
 * @param temperature divides the logits; 0 chooses the likeliest token, and the filters and the
 *     seed have no say
 * @param topK how many of the likeliest tokens stay, and those that tie with the last; 0 keeps all
 * @param topP the likeliest tokens stay until their probabilities reach this; 1 keeps all
 * @param minP a token stays whose probability is at least this share of the likeliest one's; 0
 *     keeps all
 * @param repetitionPenalty divides a positive logit of a token that was seen and multiplies a
 *     negative one; 1 switches it off
 * @param penaltyWindow how many of the last tokens, prompt included, count as seen; 0 for all
 * @param seed starts the request's own generator
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
    long seed,
    boolean logProbs,
    int topLogProbs) {

  /** The most tokens that may be reported with each chosen one. */
  public static final int MAX_TOP_LOG_PROBS = 1000;

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
    checkArgument(
        topLogProbs >= 0 && topLogProbs <= MAX_TOP_LOG_PROBS,
        "topLogProbs (%s) must lie in [0, %s]",
        topLogProbs,
        MAX_TOP_LOG_PROBS);
    checkArgument(logProbs || topLogProbs == 0, "topLogProbs (%s) needs logProbs", topLogProbs);
  }

  /** Returns settings that always choose the likeliest token, and report nothing beside it. */
  public static SamplingParams greedy() {
    return GREEDY;
  }

  /** Returns a builder of temperature 1 without any filter: the model's own distribution. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns whether the likeliest token is always chosen. */
  public boolean isGreedy() {
    return temperature == 0;
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private double temperature = 1;
    private int topK = 0;
    private double topP = 1;
    private double minP = 0;
    private double repetitionPenalty = 1;
    private int penaltyWindow = 0;
    private long seed = 0;
    private boolean logProbs = false;
    private int topLogProbs = 0;

    private Builder() {}

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

    /** Lets only the last {@code tokens} count for the repetition penalty. 0, the default: all. */
    @CanIgnoreReturnValue
    public Builder penaltyWindow(int tokens) {
      penaltyWindow = tokens;
      return checked();
    }

    /** Starts the request's generator: the same seed draws the same tokens. Default 0. */
    @CanIgnoreReturnValue
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Asks for the log-probability of each chosen token, and of the {@code count} likeliest. */
    @CanIgnoreReturnValue
    public Builder topLogProbs(int count) {
      logProbs = true;
      topLogProbs = count;
      return checked();
    }

    /** Returns the settings. */
    public SamplingParams build() {
      return new SamplingParams(
          temperature,
          topK,
          topP,
          minP,
          repetitionPenalty,
          penaltyWindow,
          seed,
          logProbs,
          topLogProbs);
    }

    /** Has the record check the values at once, so that an error points at the setter's line. */
    private Builder checked() {
      SamplingParams unused = build();
      return this;
    }
  }
}
