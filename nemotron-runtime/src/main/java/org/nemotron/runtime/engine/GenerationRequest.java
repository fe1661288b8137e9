package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatOptions;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * A prompt, and how its answer is generated. Immutable.
 *
 * @param prompt what is continued
 * @param maxNewTokens how many tokens the answer may have; fewer where the model's context ends
 * @param sampling how tokens are chosen
 * @param stopStrings texts that end the answer; they are not part of it
 * @param ignoreEndTokens whether the answer goes on when the model would end it
 * @param maxTime after which time from its submission the answer ends as it is
 */
public record GenerationRequest(
    Prompt prompt,
    int maxNewTokens,
    SamplingParams sampling,
    ImmutableList<String> stopStrings,
    boolean ignoreEndTokens,
    Duration maxTime) {

  private static final Duration UNLIMITED = Duration.ofNanos(EarliestDeadline.NEVER_NANOS);

  /** Checks the ranges. */
  public GenerationRequest {
    checkNotNull(prompt, "the prompt of a request must not be null");
    checkArgument(maxNewTokens > 0, "maxNewTokens (%s) must be positive", maxNewTokens);
    checkNotNull(sampling, "the sampling of a request must not be null");
    checkNotNull(stopStrings, "the stop strings of a request must not be null");
    stopStrings.forEach(stop -> checkArgument(!stop.isEmpty(), "a stop string must not be empty"));
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

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private final Prompt prompt;
    private int maxNewTokens = 256;
    private SamplingParams sampling = SamplingParams.greedy();
    private ImmutableList<String> stopStrings = ImmutableList.of();
    private boolean ignoreEndTokens = false;
    private Duration maxTime = UNLIMITED;

    private Builder(Prompt prompt) {
      this.prompt = prompt;
    }

    /** Sets how many tokens the answer may have. */
    @CanIgnoreReturnValue
    public Builder maxNewTokens(int tokens) {
      maxNewTokens = tokens;
      return checked();
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

    /** Returns the request. */
    public GenerationRequest build() {
      return new GenerationRequest(
          prompt, maxNewTokens, sampling, stopStrings, ignoreEndTokens, maxTime);
    }

    private Builder checked() {
      GenerationRequest unused = build();
      return this;
    }
  }
}
