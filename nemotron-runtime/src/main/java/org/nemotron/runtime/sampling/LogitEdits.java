package org.nemotron.runtime.sampling;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Ints;
import java.util.Arrays;

/**
 * What a request adds to a row of logits and takes out of it, before a token is chosen: its bias,
 * the penalties of generated tokens, and the tokens that it or its constraint rules out. Works on a
 * copy of the row, which is made only where there is something to change. Not safe for use by
 * several threads.
 *
 * <p>In the order of vLLM: bias, repetition penalty, frequency and presence penalty.
 */
final class LogitEdits {
  private final TokenBias bias;
  private final int[] allowed;
  private final int[] banned;
  private final CountPenalty penalty;
  private final int[] endTokens;
  private final int minTokens;
  private final ConstrainedAnswer answer;
  private int generated = 0;
  private float[] copy = {};
  private float[] kept = {};

  LogitEdits(SamplingParams settings, AnswerLimits limits, TokenConstraint constraint) {
    this.bias = settings.bias();
    this.allowed = sorted(bias.allowed());
    this.banned = sorted(bias.banned());
    this.penalty = new CountPenalty(settings.presencePenalty(), settings.frequencyPenalty());
    this.endTokens = sorted(limits.endTokens());
    this.minTokens = limits.minTokens();
    this.answer = new ConstrainedAnswer(constraint);
  }

  private static int[] sorted(ImmutableSet<Integer> tokens) {
    int[] ids = Ints.toArray(tokens);
    Arrays.sort(ids);
    return ids;
  }

  /** Returns whether the next row is changed. */
  boolean isOn() {
    return !bias.isNone() || penalty.isOn() || answer.isOn() || mustGoOn();
  }

  /** Returns whether the constraint lets nothing but the end follow. */
  boolean isComplete() {
    return answer.isComplete();
  }

  private boolean mustGoOn() {
    return generated < minTokens && endTokens.length > 0;
  }

  /** Counts {@code token} as generated. */
  void add(int token) {
    generated++;
    penalty.add(token);
    if (Arrays.binarySearch(endTokens, token) < 0) {
      answer.add(token);
    }
  }

  /** Returns {@code logits} with the bias: the array itself where nothing is to be changed. */
  float[] begin(float[] logits) {
    if (!isOn()) {
      return logits;
    }
    if (copy.length != logits.length) {
      copy = new float[logits.length];
    }
    System.arraycopy(logits, 0, copy, 0, logits.length);
    bias.added().forEach((token, added) -> copy[token] += added.floatValue());
    return copy;
  }

  /**
   * Applies the penalties and takes out the tokens that may not follow.
   *
   * @param row what {@link #begin} returned
   * @throws NoTokenLeftException if no token is left
   */
  void finish(float[] row) {
    if (!isOn()) {
      return;
    }
    penalty.apply(row);
    if (allowed.length > 0) {
      keep(row, allowed, () -> Arrays.fill(row, Float.NEGATIVE_INFINITY));
    }
    if (answer.isOn()) {
      keep(row, endTokens, () -> answer.allowed().keepIn(row));
    }
    exclude(row, banned);
    if (mustGoOn() || !answer.mayEnd()) {
      exclude(row, endTokens);
    }
    checkSomeLeft(row);
  }

  /** Leaves the logits of {@code tokens} as they are while the others are taken out. */
  private void keep(float[] row, int[] tokens, Runnable takingOut) {
    if (kept.length < tokens.length) {
      kept = new float[tokens.length];
    }
    for (int place = 0; place < tokens.length && tokens[place] < row.length; place++) {
      kept[place] = row[tokens[place]];
    }
    takingOut.run();
    for (int place = 0; place < tokens.length && tokens[place] < row.length; place++) {
      row[tokens[place]] = kept[place];
    }
  }

  private static void exclude(float[] row, int[] tokens) {
    for (int token : tokens) {
      if (token < row.length) {
        row[token] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private static void checkSomeLeft(float[] row) {
    for (float logit : row) {
      if (logit != Float.NEGATIVE_INFINITY) {
        return;
      }
    }
    throw new NoTokenLeftException();
  }
}
