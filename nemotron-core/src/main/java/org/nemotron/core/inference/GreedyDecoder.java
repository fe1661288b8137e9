package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.nemotron.core.tensor.NonFiniteException;

/**
 * The bare decode loop: prefill, then the likeliest token of each sequence, again and again. End
 * tokens do not stop it: it measures throughput and shows samples, serving is the runtime's.
 */
public final class GreedyDecoder {
  private GreedyDecoder() {}

  /** A prompt and what follows it so far. */
  private static final class Sequence {
    private final ImmutableIntArray prompt;
    private final ImmutableIntArray pages;
    private final int[] generated;
    private int count;

    Sequence(ImmutableIntArray prompt, ImmutableIntArray pages, int newTokens) {
      this.prompt = prompt;
      this.pages = pages;
      this.generated = new int[newTokens];
    }

    SequenceChunk wholePrompt() {
      return new SequenceChunk(pages, 0, prompt, SequenceChunk.LIKELIEST_TOKEN);
    }

    SequenceChunk lastToken() {
      return new SequenceChunk(
          pages,
          prompt.length() + count - 1,
          ImmutableIntArray.of(generated[count - 1]),
          SequenceChunk.LIKELIEST_TOKEN);
    }

    void add(int token) {
      generated[count++] = token;
    }
  }

  /**
   * Returns {@code newTokens} tokens that follow each prompt.
   *
   * @param model with {@link InferenceModel#maxRows} of a page at least
   * @param prompts ids of at least one token each; the lengths may differ
   * @param newTokens how many to add, at least 1
   */
  public static ImmutableList<ImmutableIntArray> generate(
      InferenceModel model, List<ImmutableIntArray> prompts, int newTokens) {
    try (InferenceSession session = model.newSession(pages(model, prompts, newTokens))) {
      return generate(session, prompts, newTokens);
    }
  }

  /**
   * Returns the same, by steps of {@code session}.
   *
   * @param session of {@link #pages} pages at least; what they held is overwritten
   */
  public static ImmutableList<ImmutableIntArray> generate(
      InferenceSession session, List<ImmutableIntArray> prompts, int newTokens) {
    InferenceModel model = session.model();
    ImmutableList.Builder<Sequence> made = ImmutableList.builder();
    int first = 0;
    for (ImmutableIntArray prompt : prompts) {
      int needed = KvPages.pagesFor(seenTokens(model, prompt, newTokens));
      made.add(new Sequence(prompt, range(first, first + needed), newTokens));
      first += needed;
    }
    ImmutableList<Sequence> sequences = made.build();
    prefill(session, sequences);
    for (int token = 1; token < newTokens; token++) {
      decode(session, sequences);
    }
    return sequences.stream()
        .map(sequence -> ImmutableIntArray.copyOf(sequence.generated))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns how many pages {@code newTokens} tokens behind each prompt need. */
  public static int pages(InferenceModel model, List<ImmutableIntArray> prompts, int newTokens) {
    checkArgument(newTokens > 0, "newTokens (%s) must be positive", newTokens);
    checkArgument(!prompts.isEmpty(), "there must be a prompt");
    return prompts.stream()
        .mapToInt(prompt -> KvPages.pagesFor(seenTokens(model, prompt, newTokens)))
        .sum();
  }

  private static int seenTokens(InferenceModel model, ImmutableIntArray prompt, int newTokens) {
    checkArgument(!prompt.isEmpty(), "a prompt must have a token");
    long tokens = (long) prompt.length() + newTokens - 1;
    checkArgument(
        tokens <= model.spec().maxPositions(),
        "a prompt of %s tokens and %s more must not exceed max_position_embeddings (%s)",
        prompt.length(),
        newTokens - 1,
        model.spec().maxPositions());
    return (int) tokens;
  }

  private static ImmutableIntArray range(int from, int to) {
    return ImmutableIntArray.copyOf(IntStream.range(from, to));
  }

  private static void prefill(InferenceSession session, ImmutableList<Sequence> sequences) {
    Iterator<Sequence> read = sequences.iterator();
    List<SequenceChunk> prompts = Lists.transform(sequences, Sequence::wholePrompt);
    for (ForwardBatch batch : ChunkedPrefill.of(prompts, session.model().maxRows())) {
      StepOutput output = session.step(batch);
      for (int row = 0; row < output.rows(); row++) {
        read.next().add(likeliest(output, row));
      }
    }
  }

  private static void decode(InferenceSession session, ImmutableList<Sequence> sequences) {
    for (List<Sequence> some : Lists.partition(sequences, session.model().maxSequences())) {
      StepOutput output = session.step(ForwardBatch.of(Lists.transform(some, Sequence::lastToken)));
      for (int row = 0; row < output.rows(); row++) {
        some.get(row).add(likeliest(output, row));
      }
    }
  }

  /**
   * Returns the likeliest token of {@code row}, whoever finds it: the device, where {@link
   * SequenceChunk#LIKELIEST_TOKEN} was wanted of it, or this method.
   *
   * @throws NonFiniteException if a logit is NaN or +Infinity
   */
  public static int likeliest(StepOutput output, int row) {
    return output.isSampled(row) ? output.token(row) : likeliest(output.logits(row));
  }

  /**
   * Returns the id of the largest logit, the first of equals.
   *
   * @throws NonFiniteException if one is NaN or +Infinity
   */
  public static int likeliest(float[] logits) {
    int best = 0;
    float largest = Float.NEGATIVE_INFINITY;
    for (int id = 0; id < logits.length; id++) {
      if (!(logits[id] <= largest)) {
        if (!Float.isFinite(logits[id])) {
          throw new NonFiniteException(
              "the logit of token "
                  + id
                  + " ("
                  + logits[id]
                  + ") must be finite.\nMaybe the weights are damaged, or too large.");
        }
        best = id;
        largest = logits[id];
      }
    }
    return best;
  }
}
