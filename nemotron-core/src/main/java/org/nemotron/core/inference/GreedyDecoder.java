package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nemotron.core.inference.SequenceChunk.LogitsWanted;
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
      return new SequenceChunk(pages, 0, prompt, LogitsWanted.LAST);
    }

    SequenceChunk lastToken() {
      return new SequenceChunk(
          pages,
          prompt.length() + count - 1,
          ImmutableIntArray.of(generated[count - 1]),
          LogitsWanted.LAST);
    }

    void add(int token) {
      generated[count++] = token;
    }
  }

  /** Takes the likeliest token of a row. */
  @FunctionalInterface
  public interface TokenReader {
    /** Takes the token of row {@code index}, counted over all wanted rows of a step. */
    void accept(int index, int token);
  }

  /** Gives each row's likeliest token to another reader, whoever chooses it. */
  private record Likeliest(TokenReader reader) implements InferenceModel.LogitsReader {
    @Override
    public Optional<TokenSampling> choice(int index) {
      return Optional.of(TokenSampling.LIKELIEST);
    }

    @Override
    public void accept(int index, int token) {
      reader.accept(index, token);
    }

    @Override
    public void accept(int index, float[] logits) {
      reader.accept(index, likeliest(logits));
    }
  }

  /** Returns a reader that gives the likeliest token of each row to {@code reader}. */
  public static InferenceModel.LogitsReader likeliest(TokenReader reader) {
    return new Likeliest(reader);
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
    try (KvCache memory = model.newMemory(pages(model, prompts, newTokens))) {
      return generate(model, memory, prompts, newTokens);
    }
  }

  /**
   * Returns the same, with keys and values in {@code memory}.
   *
   * @param memory of {@link #pages} pages at least; what it held is overwritten
   */
  public static ImmutableList<ImmutableIntArray> generate(
      InferenceModel model, KvCache memory, List<ImmutableIntArray> prompts, int newTokens) {
    ImmutableList.Builder<Sequence> made = ImmutableList.builder();
    int first = 0;
    for (ImmutableIntArray prompt : prompts) {
      int needed = KvCache.pagesFor(seenTokens(model, prompt, newTokens));
      made.add(new Sequence(prompt, range(first, first + needed), newTokens));
      first += needed;
    }
    ImmutableList<Sequence> sequences = made.build();
    prefill(model, memory, sequences);
    for (int token = 1; token < newTokens; token++) {
      decode(model, memory, sequences);
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
        .mapToInt(prompt -> KvCache.pagesFor(seenTokens(model, prompt, newTokens)))
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

  private static void prefill(
      InferenceModel model, KvCache memory, ImmutableList<Sequence> sequences) {
    Iterator<Sequence> read = sequences.iterator();
    List<SequenceChunk> prompts = Lists.transform(sequences, Sequence::wholePrompt);
    for (ImmutableList<SequenceChunk> step : ChunkedPrefill.of(prompts, model.maxRows())) {
      model.step(step, memory, likeliest((index, token) -> read.next().add(token)));
    }
  }

  private static void decode(
      InferenceModel model, KvCache memory, ImmutableList<Sequence> sequences) {
    for (List<Sequence> some : Lists.partition(sequences, model.maxSequences())) {
      ImmutableList<SequenceChunk> step =
          some.stream().map(Sequence::lastToken).collect(ImmutableList.toImmutableList());
      model.step(step, memory, likeliest((index, token) -> some.get(index).add(token)));
    }
  }

  /**
   * Returns the id of the largest logit, the first of equals.
   *
   * @throws IllegalStateException if one is not a number
   */
  public static int likeliest(float[] logits) {
    int best = 0;
    float largest = Float.NEGATIVE_INFINITY;
    for (int id = 0; id < logits.length; id++) {
      if (!(logits[id] <= largest)) {
        if (Float.isNaN(logits[id])) {
          throw new NonFiniteException(
              "the logit of token "
                  + id
                  + " (NaN) must be a number.\nMaybe the weights are damaged.");
        }
        best = id;
        largest = logits[id];
      }
    }
    return best;
  }
}
