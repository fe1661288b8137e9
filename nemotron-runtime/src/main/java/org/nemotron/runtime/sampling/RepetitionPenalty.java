package org.nemotron.runtime.sampling;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Makes tokens less likely that were seen before. A token counts once, however often it was seen.
 *
 * <p>Changes the logits in place and restores them afterwards, so that a row of 100,000 logits need
 * not be copied. Without a window only distinct tokens are kept; with one, the window. A step costs
 * as much as there are such tokens. Not safe for use by several threads.
 *
 * <p>Source: Keskar et al., CTRL, arXiv:1909.05858.
 */
final class RepetitionPenalty {
  private static final int FIRST_CAPACITY = 64;

  private final float penalty;
  private final int window;
  private final BitSet counted = new BitSet();

  /** The seen tokens; with a window, a ring whose oldest element is overwritten next. */
  private int[] seen;

  private int size = 0;
  private int next = 0;

  /** The distinct tokens changed by {@link #apply}, and their logits before it. */
  private int[] changed = new int[FIRST_CAPACITY];

  private float[] before = new float[FIRST_CAPACITY];
  private int changes = 0;

  RepetitionPenalty(double penalty, int window, ImmutableIntArray prompt) {
    this.penalty = (float) penalty;
    this.window = window;
    this.seen = new int[FIRST_CAPACITY];
    if (isOn()) {
      prompt.forEach(this::add);
    }
  }

  /** Counts {@code token} as seen. */
  void add(int token) {
    if (!isOn()) {
      return;
    }
    if (window > 0) {
      addToRing(token);
    } else if (!counted.get(token)) {
      counted.set(token);
      reserve();
      seen[size++] = token;
    }
  }

  private boolean isOn() {
    return penalty != 1;
  }

  private void addToRing(int token) {
    if (size < window) {
      reserve();
      size++;
    }
    seen[next] = token;
    next = next + 1 == window ? 0 : next + 1;
  }

  private void reserve() {
    if (size == seen.length) {
      seen = Arrays.copyOf(seen, 2 * size);
    }
  }

  /** Penalizes the seen tokens' logits, until {@link #takeBack}. */
  void apply(float[] logits) {
    changes = 0;
    if (changed.length < size) {
      changed = new int[seen.length];
      before = new float[seen.length];
    }
    if (window > 0) {
      counted.clear();
    }
    for (int i = 0; i < size; i++) {
      int token = seen[i];
      if (window == 0) {
        penalize(token, logits);
      } else if (!counted.get(token)) {
        counted.set(token);
        penalize(token, logits);
      }
    }
  }

  private void penalize(int token, float[] logits) {
    float logit = logits[token];
    changed[changes] = token;
    before[changes++] = logit;
    logits[token] = logit < 0 ? logit * penalty : logit / penalty;
  }

  /** Restores the logits changed by {@link #apply}. */
  void takeBack(float[] logits) {
    for (int i = 0; i < changes; i++) {
      logits[changed[i]] = before[i];
    }
    changes = 0;
  }
}
