package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;

/**
 * The tokens of one sequence that a step reads: a piece of a prompt, or the one token generated
 * last. Immutable.
 *
 * @param pages the sequence's pages in order, enough for all tokens up to the last of this chunk
 * @param start how many tokens of the sequence were read before; a multiple of {@link
 *     KvPages#PAGE_TOKENS} where the chunk is a piece of a prompt with more than one token
 * @param tokens ids, at least one
 * @param output what is wanted
 */
public record SequenceChunk(
    ImmutableIntArray pages, int start, ImmutableIntArray tokens, Output output) {
  /** Nothing is wanted: more of the prompt follows. */
  public static final Output NOTHING = new Output.Nothing();

  /** The logits of the last token are wanted. */
  public static final Output LAST_LOGITS = new Output.LastLogits();

  /** The logits of all tokens are wanted: the text is scored. */
  public static final Output ALL_LOGITS = new Output.AllLogits();

  /** The likeliest token behind the last is wanted. */
  public static final Output LIKELIEST_TOKEN = new Output.NextToken(TokenSampling.LIKELIEST);

  /** What a step is to give for a chunk. */
  public sealed interface Output {
    /** Returns how many rows that is of a chunk of {@code tokens} tokens, the last ones. */
    int rows(int tokens);

    /** Returns how a token is to be sampled; empty where none is. */
    default Optional<TokenSampling> sampling() {
      return Optional.empty();
    }

    /** See {@link SequenceChunk#NOTHING}. */
    record Nothing() implements Output {
      @Override
      public int rows(int tokens) {
        return 0;
      }
    }

    /** See {@link SequenceChunk#LAST_LOGITS}. */
    record LastLogits() implements Output {
      @Override
      public int rows(int tokens) {
        return 1;
      }
    }

    /** See {@link SequenceChunk#ALL_LOGITS}. */
    record AllLogits() implements Output {
      @Override
      public int rows(int tokens) {
        return tokens;
      }
    }

    /**
     * The token behind the last; its logits from a device that does not {@linkplain
     * InferenceModel#samplesTokens sample}.
     *
     * @param how it is sampled
     */
    record NextToken(TokenSampling how) implements Output {
      @Override
      public int rows(int tokens) {
        return 1;
      }

      @Override
      public Optional<TokenSampling> sampling() {
        return Optional.of(how);
      }
    }
  }

  /** Checks that there are tokens, and pages for them. */
  public SequenceChunk {
    checkArgument(!tokens.isEmpty(), "a chunk must have a token");
    checkArgument(start >= 0, "start (%s) must not be negative", start);
    checkArgument(
        start <= Integer.MAX_VALUE - tokens.length(),
        "start (%s) leaves no room for %s tokens",
        start,
        tokens.length());
    checkArgument(
        pages.length() >= KvPages.pagesFor(start + tokens.length()),
        "%s pages are too few for %s tokens",
        pages.length(),
        start + tokens.length());
    checkArgument(
        tokens.length() == 1 || start % KvPages.PAGE_TOKENS == 0,
        "start (%s) must be a multiple of %s for a chunk of %s tokens",
        start,
        KvPages.PAGE_TOKENS,
        tokens.length());
  }

  /** Returns how many rows are wanted: the last ones. */
  public int wanted() {
    return output.rows(tokens.length());
  }
}
