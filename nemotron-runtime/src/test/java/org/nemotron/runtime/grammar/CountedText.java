package org.nemotron.runtime.grammar;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * A text that ends a judgement which reads it too often: the JDK's expressions go back over a text
 * as often as it has readings, and some have more than can be counted in hours.
 */
final class CountedText implements CharSequence {
  private static final int MOST_READS = 20_000_000;

  private final String text;
  private int reads = 0;

  private CountedText(String text) {
    this.text = text;
  }

  /** Returns what a judge says of a text; empty where it does not come to an end. */
  static Optional<Boolean> judged(String text, Predicate<CharSequence> judge) {
    try {
      return Optional.of(judge.test(new CountedText(text)));
    } catch (TooManyReads e) {
      return Optional.empty();
    }
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public char charAt(int index) {
    if (++reads > MOST_READS) {
      throw new TooManyReads();
    }
    return text.charAt(index);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.subSequence(start, end);
  }

  @Override
  public String toString() {
    return text;
  }

  private static final class TooManyReads extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
