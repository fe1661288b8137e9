package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;

/**
 * The tokens of one sequence that a step reads: a piece of a prompt, or the one token generated
 * last. Immutable.
 *
 * @param pages the sequence's pages in order, enough for all tokens up to the last of this chunk
 * @param start how many tokens of the sequence were read before; a multiple of {@link
 *     KvCache#PAGE_TOKENS} where the chunk is a piece of a prompt with more than one token
 * @param tokens ids, at least one
 * @param logits of which tokens they are wanted
 */
public record SequenceChunk(
    ImmutableIntArray pages, int start, ImmutableIntArray tokens, LogitsWanted logits) {
  /** Of which tokens of a chunk the logits are wanted. */
  public enum LogitsWanted {
    /** Of none: more of the prompt follows. */
    NONE,
    /** Of the last: the next token is to be chosen. */
    LAST,
    /** Of all: the text is scored. */
    ALL
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
        pages.length() >= KvCache.pagesFor(start + tokens.length()),
        "%s pages are too few for %s tokens",
        pages.length(),
        start + tokens.length());
    checkArgument(
        tokens.length() == 1 || start % KvCache.PAGE_TOKENS == 0,
        "start (%s) must be a multiple of %s for a chunk of %s tokens",
        start,
        KvCache.PAGE_TOKENS,
        tokens.length());
  }

  /** Returns how many rows of logits are wanted. */
  public int wanted() {
    return switch (logits) {
      case NONE -> 0;
      case LAST -> 1;
      case ALL -> tokens.length();
    };
  }
}
