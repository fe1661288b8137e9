package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What {@link GreedyDecoder} does, as many tokens at a time as the caller likes: so that models can
 * be compared that take turns within a generation.
 *
 * <p>Used by one thread at a time; the session must serve nothing else meanwhile.
 */
public final class GreedyGeneration {
  private final InferenceSession session;
  private final ImmutableList<Sequence> sequences;
  private final int newTokens;
  private int generated;

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

  private GreedyGeneration(
      InferenceSession session, ImmutableList<Sequence> sequences, int newTokens) {
    this.session = session;
    this.sequences = sequences;
    this.newTokens = newTokens;
  }

  /**
   * Reads the prompts and generates the first token of each.
   *
   * @param session of {@link GreedyDecoder#pages} pages at least; what they held is overwritten
   * @param prompts ids of at least one token each; the lengths may differ
   * @param newTokens how many tokens there will be in the end, at least 1
   */
  public static GreedyGeneration begin(
      InferenceSession session, List<ImmutableIntArray> prompts, int newTokens) {
    checkArgument(newTokens > 0, "newTokens (%s) must be positive", newTokens);
    InferenceModel model = session.model();
    ImmutableList.Builder<Sequence> made = ImmutableList.builder();
    int first = 0;
    for (ImmutableIntArray prompt : prompts) {
      int needed = KvPages.pagesFor(GreedyDecoder.seenTokens(model, prompt, newTokens));
      made.add(new Sequence(prompt, range(first, first + needed), newTokens));
      first += needed;
    }
    GreedyGeneration generation = new GreedyGeneration(session, made.build(), newTokens);
    generation.prefill();
    return generation;
  }

  /** Returns whether all tokens are there. */
  public boolean isComplete() {
    return generated == newTokens;
  }

  /** Generates {@code tokens} further tokens of each sequence, or as many as are missing. */
  public void advance(int tokens) {
    checkArgument(tokens > 0, "tokens (%s) must be positive", tokens);
    for (int token = 0; token < tokens && !isComplete(); token++) {
      decode();
    }
  }

  /** Returns what follows each prompt so far. */
  public ImmutableList<ImmutableIntArray> tokens() {
    return sequences.stream()
        .map(sequence -> ImmutableIntArray.copyOf(sequence.generated).subArray(0, generated))
        .map(ImmutableIntArray::trimmed)
        .collect(ImmutableList.toImmutableList());
  }

  private static ImmutableIntArray range(int from, int to) {
    return ImmutableIntArray.copyOf(IntStream.range(from, to));
  }

  private void prefill() {
    Iterator<Sequence> read = sequences.iterator();
    List<SequenceChunk> prompts = Lists.transform(sequences, Sequence::wholePrompt);
    for (ForwardBatch batch : ChunkedPrefill.of(prompts, session.model().maxRows())) {
      StepOutput output = session.step(batch);
      for (int row = 0; row < output.rows(); row++) {
        read.next().add(GreedyDecoder.likeliest(output, row));
      }
    }
    generated = 1;
  }

  private void decode() {
    for (List<Sequence> some : Lists.partition(sequences, session.model().maxSequences())) {
      StepOutput output = session.step(ForwardBatch.of(Lists.transform(some, Sequence::lastToken)));
      for (int row = 0; row < output.rows(); row++) {
        some.get(row).add(GreedyDecoder.likeliest(output, row));
      }
    }
    generated++;
  }
}
