package org.nemotron.runtime.sampling;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Subtracts from the logits of tokens that the answer has already: the presence penalty once, the
 * frequency penalty as often as the token was generated. The prompt does not count. Not safe for
 * use by several threads.
 */
final class CountPenalty {
  private final float presence;
  private final float frequency;

  /** The place of each generated token in the arrays. */
  private final Map<Integer, Integer> places = new HashMap<>();

  private int[] tokens = new int[64];
  private int[] counts = new int[64];

  CountPenalty(double presence, double frequency) {
    this.presence = (float) presence;
    this.frequency = (float) frequency;
  }

  boolean isOn() {
    return presence != 0 || frequency != 0;
  }

  /** Counts {@code token} as generated. */
  void add(int token) {
    if (!isOn()) {
      return;
    }
    int place = places.computeIfAbsent(token, added -> places.size());
    if (place == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * place);
      counts = Arrays.copyOf(counts, 2 * place);
    }
    tokens[place] = token;
    counts[place]++;
  }

  /** Changes {@code logits}. */
  void apply(float[] logits) {
    for (int place = 0; place < places.size(); place++) {
      int token = tokens[place];
      logits[token] = logits[token] - frequency * counts[place] - presence;
    }
  }
}
