package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Tokenizes a long text in pieces, with the tokens of the whole: a tokenizer's working memory, many
 * times the text, stays small, and all cores have work.
 */
final class TextPieces {
  /*
   * A tokenizer may put something before a text (a space, with SentencePiece), and its words may
   * go on across any place that looks like a boundary. So a place to cut is tried: the tokens of the
   * CONTEXT characters before it must be the first of the tokens of the same characters and as many
   * behind it. Then a token ends there whatever follows. The next piece is tokenized with those
   * characters before it, and their tokens, of which the first may be wrong, are dropped.
   *
   * What is taken for granted is that a token does not depend on characters further away than
   * CONTEXT with words between: true of pre-tokenizers, which look at a few characters, and of
   * merges within words. If the tokens to drop are not there, or no place is found, more is
   * tokenized at once, in the end the whole text.
   */
  private static final int CONTEXT = 256;

  /** How many places of a kind are tried before others. */
  private static final int TRIES = 16;

  private final String text;
  private final Function<String, ImmutableIntArray> tokenizer;

  private TextPieces(String text, Function<String, ImmutableIntArray> tokenizer) {
    this.text = text;
    this.tokenizer = tokenizer;
  }

  /** Where a piece begins, behind which characters, and their tokens. */
  private record Cut(int contextBegin, int at, ImmutableIntArray before) {}

  private static final Cut BEGIN = new Cut(0, 0, ImmutableIntArray.of());

  /**
   * Returns the tokens of {@code text}, piece by piece.
   *
   * @param maxChars how long a piece should be at most
   */
  static ImmutableList<ImmutableIntArray> encode(
      String text, int maxChars, Function<String, ImmutableIntArray> tokenizer) {
    checkArgument(maxChars > 1, "maxChars (%s) must be above 1", maxChars);
    TextPieces pieces = new TextPieces(text, tokenizer);
    ImmutableList<Cut> cuts = pieces.cuts(maxChars);
    ImmutableList<Optional<ImmutableIntArray>> encoded =
        IntStream.range(0, cuts.size())
            .parallel()
            .mapToObj(index -> pieces.tokens(cuts, index))
            .collect(ImmutableList.toImmutableList());
    return encoded.stream().allMatch(Optional::isPresent)
        ? encoded.stream().map(Optional::orElseThrow).collect(ImmutableList.toImmutableList())
        : ImmutableList.of(tokenizer.apply(text));
  }

  /**
   * Returns the tokens of {@code text}, encoded piece by piece while {@code goesOn} accepts how
   * many there are so far; empty once it does not.
   *
   * @param maxChars how long a piece should be at most
   */
  static Optional<ImmutableIntArray> encodeWhile(
      String text,
      int maxChars,
      Function<String, ImmutableIntArray> tokenizer,
      IntPredicate goesOn) {
    TextPieces pieces = new TextPieces(text, tokenizer);
    ImmutableIntArray.Builder all = ImmutableIntArray.builder();
    int count = 0;
    Optional<Cut> cut = Optional.of(BEGIN);
    while (cut.isPresent()) {
      Optional<Cut> next = pieces.next(cut.get(), maxChars);
      Optional<ImmutableIntArray> tokens =
          pieces.tokens(cut.get(), next.map(Cut::at).orElse(text.length()));
      if (tokens.isEmpty()) {
        ImmutableIntArray whole = tokenizer.apply(text);
        return goesOn.test(whole.length()) ? Optional.of(whole) : Optional.empty();
      }
      all.addAll(tokens.get());
      count += tokens.get().length();
      if (!goesOn.test(count)) {
        return Optional.empty();
      }
      cut = next;
    }
    return Optional.of(all.build());
  }

  private Optional<ImmutableIntArray> tokens(ImmutableList<Cut> cuts, int index) {
    return tokens(
        cuts.get(index), index + 1 < cuts.size() ? cuts.get(index + 1).at() : text.length());
  }

  private Optional<ImmutableIntArray> tokens(Cut cut, int end) {
    ImmutableIntArray tokens = tokenizer.apply(text.substring(cut.contextBegin(), end));
    return startsWith(tokens, cut.before())
        ? Optional.of(tokens.subArray(cut.before().length(), tokens.length()))
        : Optional.empty();
  }

  private ImmutableList<Cut> cuts(int maxChars) {
    ImmutableList.Builder<Cut> cuts = ImmutableList.builder();
    Optional<Cut> cut = Optional.of(BEGIN);
    while (cut.isPresent()) {
      cuts.add(cut.get());
      cut = next(cut.get(), maxChars);
    }
    return cuts.build();
  }

  /** Returns where the next piece begins; empty where there is no other one. */
  private Optional<Cut> next(Cut before, int maxChars) {
    Optional<Cut> cut = Optional.empty();
    long end = (long) before.at() + maxChars;
    while (cut.isEmpty() && end < text.length()) {
      cut = cut(before.at(), (int) end);
      end += maxChars;
    }
    return cut;
  }

  /** Returns a place to cut behind {@code begin} and up to {@code end}, where one is found. */
  private Optional<Cut> cut(int begin, int end) {
    return cut(begin, end, this::isBetweenWords).or(() -> cut(begin, end, this::isBetweenKinds));
  }

  private Optional<Cut> cut(int begin, int end, IntPredicate likely) {
    int tries = 0;
    for (int at = end; at > begin && tries < TRIES; at--) {
      if (likely.test(at)) {
        Optional<Cut> cut = tried(at);
        if (cut.isPresent()) {
          return cut;
        }
        tries++;
      }
    }
    return Optional.empty();
  }

  /** A space between letters: the rules of GPT-2 and Llama 3 begin a word there. */
  private boolean isBetweenWords(int at) {
    return text.charAt(at) == ' '
        && Character.isLetter(text.charAt(at - 1))
        && at + 1 < text.length()
        && Character.isLetter(text.charAt(at + 1));
  }

  /** A letter beside something else, in scripts without spaces most often punctuation. */
  private boolean isBetweenKinds(int at) {
    return !Character.isLowSurrogate(text.charAt(at))
        && Character.isLetter(text.charAt(at)) != Character.isLetter(text.charAt(at - 1));
  }

  private Optional<Cut> tried(int at) {
    int begin = characterAt(Math.max(0, at - CONTEXT));
    int end = characterAt(Math.min(text.length(), at + CONTEXT));
    ImmutableIntArray before = tokenizer.apply(text.substring(begin, at));
    ImmutableIntArray both = tokenizer.apply(text.substring(begin, end));
    return startsWith(both, before) ? Optional.of(new Cut(begin, at, before)) : Optional.empty();
  }

  /** Returns {@code index}, or the one before where that is within a character. */
  private int characterAt(int index) {
    boolean within = index < text.length() && Character.isLowSurrogate(text.charAt(index));
    return within ? index - 1 : index;
  }

  private static boolean startsWith(ImmutableIntArray tokens, ImmutableIntArray first) {
    return tokens.length() >= first.length() && tokens.subArray(0, first.length()).equals(first);
  }
}
