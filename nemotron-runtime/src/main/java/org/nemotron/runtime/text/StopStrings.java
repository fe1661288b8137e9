package org.nemotron.runtime.text;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;

/**
 * Ends one request's text before a stop string: the one that is complete first, and of several
 * complete at the same character the longest. The stop string itself is not part of the answer.
 *
 * <p>Text that may be the beginning of a stop string is held back until that is certain. The answer
 * does not depend on where the text is cut into pieces. Each character costs a constant time per
 * stop string. Not safe for use by several threads.
 */
public final class StopStrings {
  private final ImmutableList<Search> searches;
  private final StringBuilder waiting = new StringBuilder();
  private Optional<String> found = Optional.empty();

  /**
   * Makes an instance for one request.
   *
   * @throws IllegalArgumentException if a stop string is empty
   */
  public StopStrings(List<String> stops) {
    stops.forEach(stop -> checkArgument(!stop.isEmpty(), "a stop string must not be empty"));
    this.searches = stops.stream().map(Search::new).collect(ImmutableList.toImmutableList());
  }

  /**
   * Returns the text that {@code piece} makes certain.
   *
   * @throws IllegalStateException if a stop string was found before
   */
  public String push(String piece) {
    checkState(found.isEmpty(), "the text has ended at a stop string");
    for (int i = 0; i < piece.length(); i++) {
      waiting.append(piece.charAt(i));
      int stop = advance(piece.charAt(i));
      if (stop > 0) {
        found = Optional.of(waiting.substring(waiting.length() - stop));
        waiting.setLength(waiting.length() - stop);
        return finish();
      }
    }
    return release(waiting.length() - matched());
  }

  /** Returns the text held back, when no more follows; nothing of a stop string. */
  public String finish() {
    return release(waiting.length());
  }

  /** Returns the stop string that ended the text; empty while there is none. */
  public Optional<String> found() {
    return found;
  }

  /** Returns the length of the longest stop string that ends with {@code next}; 0 for none. */
  private int advance(char next) {
    int longest = 0;
    for (Search search : searches) {
      search.advance(next);
      if (search.isComplete()) {
        longest = Math.max(longest, search.matched);
      }
    }
    return longest;
  }

  /** Returns how many of the last characters may be the beginning of a stop string. */
  private int matched() {
    int longest = 0;
    for (Search search : searches) {
      longest = Math.max(longest, search.matched);
    }
    return longest;
  }

  private String release(int length) {
    String text = waiting.substring(0, length);
    waiting.delete(0, length);
    return text;
  }

  /**
   * The length at which the end of the text agrees with the beginning of one stop string.
   *
   * <p>Source: Knuth, Morris and Pratt, Fast pattern matching in strings, 1977.
   */
  private static final class Search {
    private final String pattern;

    /** Of each length of agreement, the next shorter one that the same text has. */
    private final int[] shorter;

    private int matched = 0;

    private Search(String pattern) {
      this.pattern = pattern;
      this.shorter = new int[pattern.length() + 1];
      int length = 0;
      for (int i = 1; i < pattern.length(); i++) {
        length = extend(length, pattern.charAt(i));
        shorter[i + 1] = length;
      }
    }

    private int extend(int length, char next) {
      int agreeing = length;
      while (agreeing > 0 && pattern.charAt(agreeing) != next) {
        agreeing = shorter[agreeing];
      }
      return pattern.charAt(agreeing) == next ? agreeing + 1 : 0;
    }

    private void advance(char next) {
      matched = extend(matched, next);
    }

    private boolean isComplete() {
      return matched == pattern.length();
    }
  }
}
