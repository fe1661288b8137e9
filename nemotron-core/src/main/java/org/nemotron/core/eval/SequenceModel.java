package org.nemotron.core.eval;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.TreeModel;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.Tokenizer;

/**
 * A model over whole sequences: what requests have in common at their beginning is computed once,
 * and logits only behind the tokens where a continuation is scored.
 *
 * <p>All requests of a call are sorted into trees of tokens, however they are ordered: the choices
 * of an item share its prompt, and items share few-shot examples. On the CPU in half precision a
 * request's result has the same bits alone and in company, with trees of any size and any number of
 * threads; unless {@link #notes} names a matrix that half precision cannot hold. On a GPU the last
 * bits of results depend on the company.
 *
 * <p>A request longer than {@link #maxLength} loses tokens of its context from the left.
 *
 * <p>Used by one thread at a time, which may change. Closing twice is harmless; requests after
 * close are refused.
 */
public final class SequenceModel implements LanguageModel, AutoCloseable {
  private final Tokenizer tokenizer;
  private final ModelSpec spec;
  private final WeightSource weights;
  private final InferenceBackend backend;
  private final WeightFormat format;
  private final ImmutableSet<Integer> endTokens;
  private final TreeModel trees;
  private final int batchTokens;
  private @Nullable InferenceModel steps;
  private ModelEffort effort = ModelEffort.NONE;
  private boolean closed;

  private SequenceModel(Builder settings) {
    this.tokenizer = settings.tokenizer;
    this.spec = settings.spec;
    this.weights = settings.weights;
    this.backend = settings.backend;
    this.format = settings.format;
    this.endTokens = settings.endTokens;
    this.trees = backend.prepareTrees(spec, weights, format);
    this.batchTokens = settings.batchTokens == 0 ? trees.usualRows() : settings.batchTokens;
  }

  /**
   * Returns a builder of a model.
   *
   * @param tokenizer whose ids the requests are made of; it stays the caller's
   * @param spec what the model is
   * @param weights its tensors; they stay the caller's and must stay open, since text that is
   *     generated needs them packed in another way
   * @param backend computes; it stays the caller's, and closes after the model
   */
  public static Builder builder(
      Tokenizer tokenizer, ModelSpec spec, WeightSource weights, InferenceBackend backend) {
    return new Builder(tokenizer, spec, weights, backend);
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private final Tokenizer tokenizer;
    private final ModelSpec spec;
    private final WeightSource weights;
    private final InferenceBackend backend;
    private WeightFormat format;
    private ImmutableSet<Integer> endTokens;
    private int batchTokens;

    private Builder(
        Tokenizer tokenizer, ModelSpec spec, WeightSource weights, InferenceBackend backend) {
      this.tokenizer = tokenizer;
      this.spec = spec;
      this.weights = weights;
      this.backend = backend;
      this.format = backend.bestFormat();
      this.endTokens = ImmutableSet.copyOf(spec.specialTokens().endOfText());
    }

    /** Sets how weights are held; {@link InferenceBackend#bestFormat} unless set. */
    @CanIgnoreReturnValue
    public Builder format(WeightFormat wanted) {
      format = wanted;
      return this;
    }

    /** Sets the tokens that end a generated text; those of the spec unless set. */
    @CanIgnoreReturnValue
    public Builder endTokens(Iterable<Integer> ids) {
      endTokens = ImmutableSet.copyOf(ids);
      return this;
    }

    /**
     * Sets how many tokens are computed together, which changes time and memory only; as the device
     * likes it unless set. A tree with a longer sequence has more.
     */
    @CanIgnoreReturnValue
    public Builder batchTokens(int tokens) {
      checkArgument(tokens > 0, "batchTokens (%s) must be positive", tokens);
      batchTokens = tokens;
      return this;
    }

    /**
     * Packs the weights.
     *
     * @throws IllegalArgumentException if the backend does not serve such weights
     */
    public SequenceModel build() {
      return new SequenceModel(this);
    }
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public int maxLength() {
    return spec.maxPositions();
  }

  /** Returns what is held otherwise than asked for: see {@link InferenceModel#notes}. */
  public ImmutableList<String> notes() {
    return trees.notes();
  }

  /** Returns what was done for all requests so far. */
  public ModelEffort effort() {
    return effort;
  }

  /**
   * Returns the log-likelihood of every continuation given its context.
   *
   * @throws IllegalArgumentException if a continuation is longer than {@link #maxLength}, or a
   *     token is not in the model's vocabulary
   * @throws org.nemotron.core.tensor.NonFiniteException if a logit is not a number
   * @throws java.util.concurrent.CancellationException if the work of this thread is cancelled
   */
  @Override
  public ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests) {
    checkState(!closed, "this model is closed");
    Stopwatch time = Stopwatch.createStarted();
    ImmutableList<ScoredSequence> sequences =
        requests.stream()
            .map(request -> ScoredSequence.of(request, spec.vocabularySize(), maxLength()))
            .collect(ImmutableList.toImmutableList());
    long tokens = sequences.stream().mapToLong(sequence -> sequence.tokens().length()).sum();
    ImmutableList<ScoredTree> parts = ScoredTrees.of(sequences, treeRows(tokens));
    TokenScores scores = new TokenScores(sequences, parts);
    trees.run(ImmutableList.copyOf(parts.stream().map(ScoredTree::tree).iterator()), scores::read);
    long computed = parts.stream().mapToLong(part -> part.tree().rows()).sum();
    effort = effort.plus(new ModelEffort(requests.size(), tokens, computed, 0, time.elapsed()));
    return scores.likelihoods();
  }

  /** Few requests are divided so that every stream has work. */
  private int treeRows(long tokens) {
    return (int) Math.min(batchTokens, Math.max(1, tokens / trees.streams()));
  }

  /**
   * Returns the text that is written after every prompt, of which tokens are cut from the left
   * where prompt and text would be longer than {@link #maxLength}.
   *
   * @throws IllegalArgumentException if {@code maxTokens} of a request leaves no room for its
   *     prompt, or a token is not in the model's vocabulary
   * @throws org.nemotron.core.tensor.NonFiniteException if a logit is not a number
   * @throws java.util.concurrent.CancellationException if the work of this thread is cancelled
   */
  @Override
  public ImmutableList<GeneratedText> generate(List<GenerationRequest> requests) {
    checkState(!closed, "this model is closed");
    Stopwatch time = Stopwatch.createStarted();
    WrittenTexts texts = new WrittenTexts(steps(), tokenizer, endTokens);
    ImmutableList<GeneratedText> written = texts.write(requests);
    effort = effort.plus(texts.effort(time.elapsed()));
    return written;
  }

  private InferenceModel steps() {
    InferenceModel held = steps;
    if (held == null) {
      held = backend.prepare(spec, weights, format, backend.usualRows());
      steps = held;
    }
    return held;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      trees.close();
      if (steps != null) {
        steps.close();
      }
    }
  }
}
