package org.nemotron.runtime.sampling;

/**
 * The {@code k} largest logits of a row and their tokens, of equals those with the lowest ids.
 *
 * <p>A binary heap of at most {@code k} tokens whose root is the least likely one: a pass over n
 * logits costs n comparisons, and O(log k) for each that enters, which happens about k ln(n / k)
 * times in a row of random order.
 */
final class LikeliestTokens {
  private final float[] logits;
  private final int[] heap;
  private int size = 0;

  private LikeliestTokens(float[] logits, int k) {
    this.logits = logits;
    this.heap = new int[Math.min(k, logits.length)];
  }

  /** Returns the {@code k} likeliest tokens, or all of them where there are fewer; best first. */
  static int[] of(float[] logits, int k) {
    LikeliestTokens tokens = select(logits, k);
    int[] best = new int[tokens.size];
    for (int place = best.length - 1; place >= 0; place--) {
      best[place] = tokens.removeLeast();
    }
    return best;
  }

  /** Returns the {@code k}-th largest logit, or the smallest where there are fewer. */
  static float kthLogit(float[] logits, int k) {
    return logits[select(logits, k).heap[0]];
  }

  private static LikeliestTokens select(float[] logits, int k) {
    LikeliestTokens tokens = new LikeliestTokens(logits, k);
    if (tokens.heap.length == 0) {
      return tokens;
    }
    int token = 0;
    while (tokens.size < tokens.heap.length) {
      tokens.insert(token++);
    }
    float least = logits[tokens.heap[0]];
    for (; token < logits.length; token++) {
      if (logits[token] > least) { // an equal one has a higher id than all that are in
        tokens.heap[0] = token;
        tokens.sink();
        least = logits[tokens.heap[0]];
      }
    }
    return tokens;
  }

  private void insert(int token) {
    int place = size++;
    while (place > 0 && isLess(token, heap[(place - 1) / 2])) {
      heap[place] = heap[(place - 1) / 2];
      place = (place - 1) / 2;
    }
    heap[place] = token;
  }

  private int removeLeast() {
    int least = heap[0];
    heap[0] = heap[--size];
    sink();
    return least;
  }

  /** Moves the root down to where both its children are likelier. */
  private void sink() {
    int token = heap[0];
    int place = 0;
    while (true) {
      int child = 2 * place + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && isLess(heap[child + 1], heap[child])) {
        child++;
      }
      if (!isLess(heap[child], token)) {
        break;
      }
      heap[place] = heap[child];
      place = child;
    }
    heap[place] = token;
  }

  private boolean isLess(int token, int other) {
    return logits[token] < logits[other] || (logits[token] == logits[other] && token > other);
  }
}
