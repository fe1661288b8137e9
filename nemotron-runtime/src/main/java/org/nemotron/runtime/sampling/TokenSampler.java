package org.nemotron.runtime.sampling;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import java.util.SplittableRandom;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.tensor.NonFiniteException;

/**
 * Chooses the tokens of one request, one after another. It keeps the tokens chosen, for the
 * penalties, and has its own random generator: its choice depends on the parameters, the prompt and
 * the logits, not on other requests.
 *
 * <p>Filters run in the order of Hugging Face transformers: repetition penalty, temperature, top-k,
 * top-p, min-p. The logit bias comes before them; frequency and presence penalty come behind the
 * repetition penalty, and then the tokens that may not follow are taken out. Where top-p would
 * separate tokens of equal probability, those with the lower ids stay.
 *
 * <p>A greedy choice without log-probabilities is one pass over the logits. Not safe for use by
 * several threads.
 */
public final class TokenSampler {
  private final SamplingParams settings;
  private final int vocabularySize;
  private final RepetitionPenalty penalty;
  private final LogitEdits edits;
  private final TokenDistribution distribution;
  private final SplittableRandom random;

  /**
   * Makes a sampler for one request.
   *
   * @param vocabularySize how many logits a row has
   * @param prompt the request's prompt, which counts for the repetition penalty
   * @throws IllegalArgumentException if a token of the prompt is beyond the vocabulary
   */
  public TokenSampler(SamplingParams settings, int vocabularySize, ImmutableIntArray prompt) {
    this(settings, vocabularySize, prompt, AnswerLimits.NONE, TokenConstraint.NONE);
  }

  /**
   * Makes a sampler for one request, whose answer is what a constraint allows and does not end
   * before it may.
   *
   * @param vocabularySize how many logits a row has
   * @param prompt the request's prompt, which counts for the repetition penalty
   * @param limits which tokens end the answer, and from where on
   * @param constraint which tokens may follow
   * @throws IllegalArgumentException if a token of the prompt, or one that the parameters name, is
   *     beyond the vocabulary
   */
  public TokenSampler(
      SamplingParams settings,
      int vocabularySize,
      ImmutableIntArray prompt,
      AnswerLimits limits,
      TokenConstraint constraint) {
    checkArgument(vocabularySize > 0, "vocabularySize (%s) must be positive", vocabularySize);
    prompt.forEach(
        token ->
            checkArgument(
                token >= 0 && token < vocabularySize,
                "token %s of the prompt is beyond the model's vocabulary of %s.\n"
                    + "Maybe the tokenizer belongs to another model.",
                token,
                vocabularySize));
    settings.bias().checkWithin(vocabularySize);
    this.settings = settings;
    this.vocabularySize = vocabularySize;
    this.penalty =
        new RepetitionPenalty(settings.repetitionPenalty(), settings.penaltyWindow(), prompt);
    this.edits = new LogitEdits(settings, limits, constraint);
    this.distribution = new TokenDistribution(settings);
    this.random = new SplittableRandom(settings.seed());
  }

  /**
   * Returns the next token, and counts it for the penalties.
   *
   * @param logits the model's logits for this position, one per token; changed during the call, and
   *     restored when it returns
   * @throws NonFiniteException if a logit is not a number or +Infinity, or if all are -Infinity
   * @throws NoTokenLeftException if the parameters and the constraint leave no token
   * @throws ConstraintException if the constraint fails
   */
  public Sampled next(float[] logits) {
    checkArgument(
        logits.length == vocabularySize,
        "a row of %s logits must have one for each of %s tokens",
        logits.length,
        vocabularySize);
    int token = choose(logits);
    penalty.add(token);
    edits.add(token);
    return settings.logProbs()
        ? LogProbs.of(logits, token, settings.topLogProbs())
        : Sampled.of(token);
  }

  /**
   * Returns how the backend is to choose the next token; each call draws anew. Empty where the
   * choice needs the logits here: with a penalty, a bias or log-probabilities, with tokens that are
   * banned or the only ones allowed, with a constraint, and until an answer may end.
   */
  public Optional<TokenSampling> choice() {
    if (settings.logProbs() || settings.repetitionPenalty() != 1 || edits.isOn()) {
      return Optional.empty();
    }
    return Optional.of(
        settings.isGreedy()
            ? TokenSampling.LIKELIEST
            : new TokenSampling(
                settings.temperature(),
                settings.topK(),
                settings.topP(),
                settings.minP(),
                random.nextDouble()));
  }

  /** Returns a token that was chosen by {@link #choice}, as {@link #next} returns its own. */
  public static Sampled chosen(int token) {
    return Sampled.of(token);
  }

  /** Returns whether the constraint lets nothing but the end of the answer follow. */
  public boolean isComplete() {
    return edits.isComplete();
  }

  private int choose(float[] logits) {
    float[] row = edits.begin(logits);
    penalty.apply(row);
    try {
      edits.finish(row);
      int likeliest = LogitMath.argmax(row);
      return settings.isGreedy()
          ? likeliest
          : distribution.draw(row, row[likeliest], random.nextDouble());
    } finally {
      penalty.takeBack(row);
    }
  }
}
