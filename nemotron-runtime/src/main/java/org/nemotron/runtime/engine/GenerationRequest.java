package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatOptions;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.sampling.TokenConstraint;

/**
 * A prompt, and how its answer is generated. Immutable.
 *
 * @param prompt what is continued
 * @param maxNewTokens how many tokens the answer may have; fewer where the model's context ends; 0
 *     only with log-probabilities of the prompt
 * @param sampling how tokens are chosen
 * @param stopStrings texts that end the answer
 * @param stopTokens tokens that end the answer, beside the model's end tokens
 * @param includeStop whether the stop string or stop token that ended the answer is part of it
 * @param minNewTokens how many tokens the answer has before an end token, a stop token or a stop
 *     string can end it
 * @param constraint says which tokens may follow
 * @param promptLogProbs whether the log-probability of each token of the prompt is reported
 * @param promptTopLogProbs how many of the likeliest tokens are reported with it
 * @param ignoreEndTokens whether the answer goes on when the model would end it
 * @param maxTime after which time from its submission the answer ends as it is
 * @param cacheSalt only requests of equal salts share the KV cache of common beginnings; empty for
 *     those without one
 * @param specialTokens whether the text of the answer has its special tokens
 */
public record GenerationRequest(
    Prompt prompt,
    int maxNewTokens,
    SamplingParams sampling,
    ImmutableList<String> stopStrings,
    ImmutableSet<Integer> stopTokens,
    boolean includeStop,
    int minNewTokens,
    TokenConstraint constraint,
    boolean promptLogProbs,
    int promptTopLogProbs,
    boolean ignoreEndTokens,
    Duration maxTime,
    String cacheSalt,
    boolean specialTokens) {

  private static final Duration UNLIMITED = Duration.ofNanos(EarliestDeadline.NEVER_NANOS);

  /** Checks the ranges. */
  public GenerationRequest {
    checkNotNull(prompt, "the prompt of a request must not be null");
    checkArgument(
        maxNewTokens > 0 || (maxNewTokens == 0 && promptLogProbs),
        "maxNewTokens (%s) must be positive",
        maxNewTokens);
    checkNotNull(sampling, "the sampling of a request must not be null");
    checkNotNull(stopStrings, "the stop strings of a request must not be null");
    stopStrings.forEach(stop -> checkArgument(!stop.isEmpty(), "a stop string must not be empty"));
    checkNotNull(stopTokens, "the stop tokens of a request must not be null");
    stopTokens.forEach(
        token -> checkArgument(token >= 0, "a stop token (%s) must not be negative", token));
    checkArgument(
        minNewTokens >= 0 && minNewTokens <= maxNewTokens,
        "minNewTokens (%s) must lie between 0 and maxNewTokens (%s)",
        minNewTokens,
        maxNewTokens);
    checkNotNull(constraint, "the constraint of a request must not be null");
    checkArgument(
        promptTopLogProbs >= 0 && promptTopLogProbs <= SamplingParams.MAX_TOP_LOG_PROBS,
        "promptTopLogProbs (%s) must lie in [0, %s]",
        promptTopLogProbs,
        SamplingParams.MAX_TOP_LOG_PROBS);
    checkArgument(
        promptLogProbs || promptTopLogProbs == 0,
        "promptTopLogProbs (%s) needs promptLogProbs",
        promptTopLogProbs);
    checkNotNull(cacheSalt, "the cache salt of a request must not be null");
    checkNotNull(maxTime, "the maxTime of a request must not be null");
    checkArgument(
        !maxTime.isNegative() && !maxTime.isZero(), "maxTime (%s) must be positive", maxTime);
    maxTime = maxTime.compareTo(UNLIMITED) < 0 ? maxTime : UNLIMITED;
  }

  /** Returns a builder that continues {@code text}: greedily, by at most 256 tokens. */
  public static Builder continuing(String text) {
    return new Builder(new Prompt.Text(text));
  }

  /** Returns a builder that continues the prompt that a chat template rendered. */
  public static Builder continuingRendered(String text) {
    return new Builder(new Prompt.Rendered(text));
  }

  /** Returns a builder that continues {@code tokens}. */
  public static Builder continuing(ImmutableIntArray tokens) {
    return new Builder(new Prompt.Tokens(tokens));
  }

  /** Returns a builder that continues {@code tokens}, which are copied. */
  public static Builder continuing(int[] tokens) {
    checkNotNull(tokens, "the tokens of a prompt must not be null");
    return continuing(ImmutableIntArray.copyOf(tokens));
  }

  /** Returns a builder that continues {@code tokens}, which are copied. */
  public static Builder continuing(List<Integer> tokens) {
    checkNotNull(tokens, "the tokens of a prompt must not be null");
    return continuing(ImmutableIntArray.copyOf(tokens));
  }

  /**
   * Returns a builder that continues a conversation with the model's turn: greedily, by at most 256
   * tokens. The model's chat template renders the messages, which are copied.
   */
  public static Builder chat(List<ChatMessage> messages) {
    return chat(messages, ChatOptions.DEFAULT);
  }

  /**
   * Returns a builder that continues a conversation as {@link #chat(List)} does.
   *
   * @param options tools, variables of the chat template, and how the prompt ends
   */
  public static Builder chat(List<ChatMessage> messages, ChatOptions options) {
    checkNotNull(messages, "the messages of a conversation must not be null");
    messages.forEach(
        message -> checkNotNull(message, "a message of a conversation must not be null"));
    return new Builder(new Prompt.Chat(ImmutableList.copyOf(messages), options));
  }

  /** Returns a builder that continues {@code prompt}: greedily, by at most 256 tokens. */
  public static Builder continuing(Prompt prompt) {
    checkNotNull(prompt, "the prompt of a request must not be null");
    return new Builder(prompt);
  }

  /** Returns a builder that starts from this request. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private final Prompt prompt;
    private int maxNewTokens = 256;
    private SamplingParams sampling = SamplingParams.greedy();
    private ImmutableList<String> stopStrings = ImmutableList.of();
    private ImmutableSet<Integer> stopTokens = ImmutableSet.of();
    private boolean includeStop = false;
    private int minNewTokens = 0;
    private TokenConstraint constraint = TokenConstraint.NONE;
    private boolean promptLogProbs = false;
    private int promptTopLogProbs = 0;
    private boolean ignoreEndTokens = false;
    private Duration maxTime = UNLIMITED;
    private String cacheSalt = "";
    private boolean specialTokens = false;

    private Builder(Prompt prompt) {
      this.prompt = prompt;
    }

    private Builder(GenerationRequest from) {
      prompt = from.prompt;
      maxNewTokens = from.maxNewTokens;
      sampling = from.sampling;
      stopStrings = from.stopStrings;
      stopTokens = from.stopTokens;
      includeStop = from.includeStop;
      minNewTokens = from.minNewTokens;
      constraint = from.constraint;
      promptLogProbs = from.promptLogProbs;
      promptTopLogProbs = from.promptTopLogProbs;
      ignoreEndTokens = from.ignoreEndTokens;
      maxTime = from.maxTime;
      cacheSalt = from.cacheSalt;
      specialTokens = from.specialTokens;
    }

    /** Sets how many tokens the answer may have; 0 with {@link #promptLogProbs} only. */
    @CanIgnoreReturnValue
    public Builder maxNewTokens(int tokens) {
      checkArgument(tokens >= 0, "maxNewTokens (%s) must be positive", tokens);
      maxNewTokens = tokens;
      return this;
    }

    /** Sets how tokens are chosen; greedily where it is not called. */
    @CanIgnoreReturnValue
    public Builder sampling(SamplingParams params) {
      sampling = params;
      return checked();
    }

    /** Sets the texts that end the answer. */
    @CanIgnoreReturnValue
    public Builder stopStrings(String... stops) {
      checkNotNull(stops, "the stop strings of a request must not be null");
      return stopStrings(Arrays.asList(stops));
    }

    /** Sets the texts that end the answer. */
    @CanIgnoreReturnValue
    public Builder stopStrings(List<String> stops) {
      checkNotNull(stops, "the stop strings of a request must not be null");
      stops.forEach(stop -> checkNotNull(stop, "a stop string must not be null"));
      stopStrings = ImmutableList.copyOf(stops);
      return checked();
    }

    /** Sets tokens that end the answer, beside the model's end tokens. */
    @CanIgnoreReturnValue
    public Builder stopTokens(Collection<Integer> tokens) {
      stopTokens = ImmutableSet.copyOf(tokens);
      return checked();
    }

    /** Leaves the stop string or stop token that ends the answer in it; else it is taken off. */
    @CanIgnoreReturnValue
    public Builder includeStop() {
      includeStop = true;
      return this;
    }

    /**
     * Sets how many tokens the answer has before it may end: until then no end token and no stop
     * token can be chosen, and no stop string is looked for.
     */
    @CanIgnoreReturnValue
    public Builder minNewTokens(int tokens) {
      checkArgument(tokens >= 0, "minNewTokens (%s) must not be negative", tokens);
      minNewTokens = tokens;
      return this;
    }

    /**
     * Sets what says which tokens may follow. An answer that it completes ends: {@link
     * FinishReason#COMPLETE}.
     */
    @CanIgnoreReturnValue
    public Builder constraint(TokenConstraint constrains) {
      constraint = constrains;
      return checked();
    }

    /**
     * Asks for the log-probability of each token of the prompt, and of the {@code count} likeliest
     * in its place: in the same job as the answer. The whole prompt is read then, also what the KV
     * cache has of it. With it, {@link #maxNewTokens} may be 0: no answer, only these.
     */
    @CanIgnoreReturnValue
    public Builder promptLogProbs(int count) {
      promptLogProbs = true;
      promptTopLogProbs = count;
      return checked();
    }

    /** Asks for no log-probabilities of the prompt. */
    Builder withoutPromptLogProbs() {
      promptLogProbs = false;
      promptTopLogProbs = 0;
      return this;
    }

    /** Generates on where the model would end the answer: for measurements, mostly. */
    @CanIgnoreReturnValue
    public Builder ignoreEndTokens() {
      ignoreEndTokens = true;
      return this;
    }

    /**
     * Sets after which time from its submission the answer ends as it is, with the token under way:
     * {@link FinishReason#TIME}. Unlimited unless set.
     */
    @CanIgnoreReturnValue
    public Builder maxTime(Duration time) {
      maxTime = time;
      return checked();
    }

    /**
     * Sets a text that only requests with the same one share: the KV cache of a common beginning is
     * not reused between different salts, so that nobody learns from response times what the
     * prompts of others were.
     */
    @CanIgnoreReturnValue
    public Builder cacheSalt(String salt) {
      cacheSalt = salt;
      return checked();
    }

    /** Leaves special tokens in the text of the answer; else its text has none of them. */
    @CanIgnoreReturnValue
    public Builder specialTokens() {
      specialTokens = true;
      return this;
    }

    /**
     * Returns the request.
     *
     * @throws IllegalArgumentException if minNewTokens is more than maxNewTokens, or that is 0
     *     without log-probabilities of the prompt
     */
    public GenerationRequest build() {
      return built(maxNewTokens, minNewTokens);
    }

    private GenerationRequest built(int most, int least) {
      return new GenerationRequest(
          prompt,
          most,
          sampling,
          stopStrings,
          stopTokens,
          includeStop,
          least,
          constraint,
          promptLogProbs,
          promptTopLogProbs,
          ignoreEndTokens,
          maxTime,
          cacheSalt,
          specialTokens);
    }

    /** Checks each value at once; only {@link #build} knows the final two numbers of tokens. */
    private Builder checked() {
      GenerationRequest unused = built(Math.max(1, maxNewTokens), 0);
      return this;
    }
  }
}
