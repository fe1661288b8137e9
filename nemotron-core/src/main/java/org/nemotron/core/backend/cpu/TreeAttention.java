package org.nemotron.core.backend.cpu;

import java.util.Arrays;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Causal attention of the rows of a {@link org.nemotron.core.inference.TokenTree}, for the query
 * heads that share one key/value head.
 *
 * <p>Each row goes through the rows in front of it in the order of its sequence, in Java, whose
 * arithmetic is exact to the bit: its result does not depend on where the tree branches, nor on
 * what else is in it. Keys are transposed, so that loops over tokens and over channels both run
 * along the memory, eight products to a pass.
 */
final class TreeAttention {
  // Shape letters in this file: R = rows of the tree, H = head width.

  private static final int PASS = 8;

  private final AttentionSpec.GroupedQuery spec;
  private final TreeRows tree;
  private final int headDim;
  private final float scale;
  private final int stride;
  private final float[] keysHR;
  private final float[] valuesRH;
  private final float[] query;
  private final float[] result;
  private final float[] scores;

  TreeAttention(AttentionSpec.GroupedQuery spec, TreeRows tree) {
    this.spec = spec;
    this.tree = tree;
    this.headDim = spec.headDim();
    this.scale = (float) (1 / Math.sqrt(headDim));
    this.stride = oddLines(tree.rows());
    this.keysHR = new float[headDim * stride];
    this.valuesRH = new float[tree.rows() * headDim];
    this.query = new float[headDim];
    this.result = new float[headDim];
    this.scores = new float[tree.longest()];
  }

  /** An odd number of cache lines, so that the rows of a matrix do not share one cache set. */
  private static int oddLines(int floats) {
    return ((floats + 15) / 16 | 1) * 16;
  }

  /**
   * Attends for the query heads of {@code kvHead}.
   *
   * @param memory keys and values of row {@code r} are those of token {@code r}
   * @param queries {@code [R, N * H]}, rotated
   * @param target likewise; receives what the heads read
   */
  void attend(int kvHead, CpuKvCache.Layer memory, NativeFloats queries, NativeFloats target) {
    load(kvHead, memory);
    for (int row = 0; row < tree.rows(); row++) {
      for (int inGroup = 0; inGroup < spec.groupSize(); inGroup++) {
        int head = kvHead * spec.groupSize() + inGroup;
        long at = ((long) row * spec.queryHeads() + head) * headDim;
        queries.read(at, query, 0, headDim);
        attend(row);
        target.write(at, result, 0, headDim);
      }
    }
  }

  private void load(int kvHead, CpuKvCache.Layer memory) {
    for (int row = 0; row < tree.rows(); row++) {
      long at = (long) row * memory.stride() + (long) kvHead * headDim;
      memory.values().read(at, valuesRH, row * headDim, headDim);
      memory.keys().read(at, result, 0, headDim);
      for (int i = 0; i < headDim; i++) {
        keysHR[i * stride + row] = result[i];
      }
    }
  }

  private void attend(int row) {
    for (int i = 0; i < headDim; i++) {
      query[i] *= scale;
    }
    int[] runs = tree.runsBefore(row);
    int edge = tree.edgeStart(row);
    int seen = 0;
    for (int run = 0; run < runs.length; run += 2) {
      score(runs[run], runs[run + 1] - runs[run], seen);
      seen += runs[run + 1] - runs[run];
    }
    score(edge, row + 1 - edge, seen);
    softmax(seen + row + 1 - edge);
    Arrays.fill(result, 0f);
    seen = 0;
    for (int run = 0; run < runs.length; run += 2) {
      gather(runs[run], runs[run + 1] - runs[run], seen);
      seen += runs[run + 1] - runs[run];
    }
    gather(edge, row + 1 - edge, seen);
  }

  /** Scores the query against {@code count} rows. */
  private void score(int from, int count, int to) {
    Arrays.fill(scores, to, to + count, 0f);
    int channel = 0;
    for (; channel + PASS <= headDim; channel += PASS) {
      addProducts(query, channel, keysHR, channel * stride + from, stride, scores, to, count);
    }
    for (; channel < headDim; channel++) {
      addProduct(query[channel], keysHR, channel * stride + from, scores, to, count);
    }
  }

  /** Adds {@code count} rows of values, each times its probability, to the result. */
  private void gather(int from, int count, int at) {
    int token = 0;
    for (; token + PASS <= count; token += PASS) {
      addProducts(
          scores, at + token, valuesRH, (from + token) * headDim, headDim, result, 0, headDim);
    }
    for (; token < count; token++) {
      addProduct(scores[at + token], valuesRH, (from + token) * headDim, result, 0, headDim);
    }
  }

  /**
   * Adds eight vectors, each times its factor, one after the other: in the same order, and so to
   * the same bits, as eight calls of {@link #addProduct}.
   */
  private static void addProducts(
      float[] factors, int factor, float[] a, int first, int stride, float[] sum, int at, int n) {
    float f0 = factors[factor];
    float f1 = factors[factor + 1];
    float f2 = factors[factor + 2];
    float f3 = factors[factor + 3];
    float f4 = factors[factor + 4];
    float f5 = factors[factor + 5];
    float f6 = factors[factor + 6];
    float f7 = factors[factor + 7];
    int a1 = first + stride;
    int a2 = a1 + stride;
    int a3 = a2 + stride;
    int a4 = a3 + stride;
    int a5 = a4 + stride;
    int a6 = a5 + stride;
    int a7 = a6 + stride;
    for (int i = 0; i < n; i++) {
      sum[at + i] =
          sum[at + i]
              + f0 * a[first + i]
              + f1 * a[a1 + i]
              + f2 * a[a2 + i]
              + f3 * a[a3 + i]
              + f4 * a[a4 + i]
              + f5 * a[a5 + i]
              + f6 * a[a6 + i]
              + f7 * a[a7 + i];
    }
  }

  private static void addProduct(float factor, float[] a, int first, float[] sum, int at, int n) {
    for (int i = 0; i < n; i++) {
      sum[at + i] = sum[at + i] + factor * a[first + i];
    }
  }

  private void softmax(int length) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      largest = Math.max(largest, scores[i]);
    }
    float sum = 0;
    for (int i = 0; i < length; i++) {
      scores[i] = FastExp.of(scores[i] - largest);
      sum += scores[i];
    }
    float inverse = 1 / sum;
    for (int i = 0; i < length; i++) {
      scores[i] *= inverse;
    }
  }
}
