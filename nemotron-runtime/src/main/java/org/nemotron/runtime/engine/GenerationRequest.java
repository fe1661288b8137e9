package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * What to continue, and how. Immutable.
 *
 * @param prompt what is continued
 * @param maxNewTokens how many tokens the answer may have; fewer where the model's context ends
 * @param sampling how tokens are chosen
 * @param stopStrings texts that end the answer; they are not part of it
 * @param ignoreEndTokens whether the answer goes on when the model would end it
 */
public record GenerationRequest(
    Prompt prompt,
    int maxNewTokens,
    SamplingParams sampling,
    ImmutableList<String> stopStrings,
    boolean ignoreEndTokens) {

  /** What is continued: a text, a text with its special tokens written out, or tokens. */
  public sealed interface Prompt {
    /** A plain text; the tokens that begin a text are put before it. */
    record Text(String text) implements Prompt {}

    /** A text as a chat template gives it, in which special tokens are written out. */
    record Rendered(String text) implements Prompt {}

    /** Token ids. */
    record Tokens(ImmutableIntArray ids) implements Prompt {}
  }

  /** Checks the ranges. */
  public GenerationRequest {
    checkArgument(maxNewTokens > 0, "maxNewTokens (%s) must be positive", maxNewTokens);
    stopStrings.forEach(stop -> checkArgument(!stop.isEmpty(), "a stop string must not be empty"));
  }

  /** Returns a builder that continues {@code text}: greedily, by at most 256 tokens. */
  public static Builder continuing(String text) {
    return new Builder(new Prompt.Text(text));
  }

  /** Returns a builder that continues what a chat template rendered. */
  public static Builder continuingRendered(String text) {
    return new Builder(new Prompt.Rendered(text));
  }

  /** Returns a builder that continues {@code tokens}. */
  public static Builder continuing(ImmutableIntArray tokens) {
    return new Builder(new Prompt.Tokens(tokens));
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private final Prompt prompt;
    private int maxNewTokens = 256;
    private SamplingParams sampling = SamplingParams.greedy();
    private ImmutableList<String> stopStrings = ImmutableList.of();
    private boolean ignoreEndTokens = false;

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
    public Builder sampling(SamplingParams settings) {
      sampling = settings;
      return this;
    }

    /** Sets the texts that end the answer. */
    @CanIgnoreReturnValue
    public Builder stopStrings(String... stops) {
      stopStrings = ImmutableList.copyOf(stops);
      return checked();
    }

    /** Lets the answer go on when the model would end it: to measure, mostly. */
    @CanIgnoreReturnValue
    public Builder ignoreEndTokens() {
      ignoreEndTokens = true;
      return this;
    }

    /** Returns the request. */
    public GenerationRequest build() {
      return new GenerationRequest(prompt, maxNewTokens, sampling, stopStrings, ignoreEndTokens);
    }

    private Builder checked() {
      GenerationRequest unused = build();
      return this;
    }
  }
}
