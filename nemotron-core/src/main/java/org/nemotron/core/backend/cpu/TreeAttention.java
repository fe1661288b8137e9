package org.nemotron.core.backend.cpu;

import java.util.Arrays;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Causal attention of the rows of a {@link org.nemotron.core.inference.TokenTree}, for the query
 * heads that share one key/value head.
 *
 * <p>Each row goes through the rows in front of it in the order of its sequence, in Java, whose
 * arithmetic is exact to the bit: its result does not depend on where the tree branches, nor on
 * what else is in it.
 */
final class TreeAttention {
  /*
   * Keys are an array for each channel and values one for each row, so that loops over rows and
   * over channels both run along the memory with one index, which is what the JIT compiler makes
   * vector instructions of. It does so for four products to a pass; with eight it gives up.
   */
  // Shape letters in this file: R = rows of the tree, H = head width.

  private static final int PASS = 4;

  private final AttentionSpec.GroupedQuery spec;
  private final TreeRows tree;
  private final int headDim;
  private final float scale;
  private final float[][] keysHR;
  private final float[][] valuesRH;
  private final float[] query;
  private final float[] result;
  private final float[] scores;
  private final FastExps exps = new FastExps();

  TreeAttention(AttentionSpec.GroupedQuery spec, TreeRows tree) {
    this.spec = spec;
    this.tree = tree;
    this.headDim = spec.headDim();
    this.scale = (float) (1 / Math.sqrt(headDim));
    this.keysHR = new float[headDim][tree.rows()];
    this.valuesRH = new float[tree.rows()][headDim];
    this.query = new float[headDim];
    this.result = new float[headDim];
    this.scores = new float[tree.rows()];
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
        attend(tree.runsTo(row));
        target.write(at, result, 0, headDim);
      }
    }
  }

  private void load(int kvHead, CpuKvCache.Layer memory) {
    for (int row = 0; row < tree.rows(); row++) {
      long at = (long) row * memory.stride() + (long) kvHead * headDim;
      memory.values().read(at, valuesRH[row], 0, headDim);
      memory.keys().read(at, result, 0, headDim);
      for (int i = 0; i < headDim; i++) {
        keysHR[i][row] = result[i];
      }
    }
  }

  private void attend(int[] runs) {
    for (int i = 0; i < headDim; i++) {
      query[i] *= scale;
    }
    float largest = Float.NEGATIVE_INFINITY;
    for (int run = 0; run < runs.length; run += 2) {
      largest = Math.max(largest, score(runs[run], runs[run + 1]));
    }
    float sum = 0;
    for (int run = 0; run < runs.length; run += 2) {
      sum = exps(runs[run], runs[run + 1], largest, sum);
    }
    Arrays.fill(result, 0f);
    for (int run = 0; run < runs.length; run += 2) {
      gather(runs[run], runs[run + 1]);
    }
    float inverse = 1 / sum;
    for (int i = 0; i < headDim; i++) {
      result[i] *= inverse;
    }
  }

  /** Makes shares of a run's scores, not yet divided by their sum; adds them to {@code before}. */
  private float exps(int from, int to, float largest, float before) {
    for (int row = from; row < to; row++) {
      scores[row] -= largest;
    }
    exps.apply(scores, from, to);
    float sum = before;
    for (int row = from; row < to; row++) {
      sum += scores[row];
    }
    return sum;
  }

  /** Scores the query against a run of rows, and returns the largest score. */
  private float score(int from, int to) {
    Arrays.fill(scores, from, to, 0f);
    int channel = 0;
    for (; channel + PASS <= headDim; channel += PASS) {
      addProducts(query, channel, keysHR, channel, scores, from, to);
    }
    for (; channel < headDim; channel++) {
      addProduct(query[channel], keysHR[channel], scores, from, to);
    }
    float largest = Float.NEGATIVE_INFINITY;
    for (int row = from; row < to; row++) {
      largest = Math.max(largest, scores[row]);
    }
    return largest;
  }

  /** Adds the values of a run of rows, each times its share, to the result. */
  private void gather(int from, int to) {
    int row = from;
    for (; row + PASS <= to; row += PASS) {
      addProducts(scores, row, valuesRH, row, result, 0, headDim);
    }
    for (; row < to; row++) {
      addProduct(scores[row], valuesRH[row], result, 0, headDim);
    }
  }

  /**
   * Adds four vectors, each times its factor, one after the other: in the same order, and so to the
   * same bits, as four calls of {@link #addProduct}.
   */
  private static void addProducts(
      float[] factors, int factor, float[][] vectors, int first, float[] sum, int from, int to) {
    float f0 = factors[factor];
    float f1 = factors[factor + 1];
    float f2 = factors[factor + 2];
    float f3 = factors[factor + 3];
    float[] v0 = vectors[first];
    float[] v1 = vectors[first + 1];
    float[] v2 = vectors[first + 2];
    float[] v3 = vectors[first + 3];
    for (int i = from; i < to; i++) {
      sum[i] = sum[i] + f0 * v0[i] + f1 * v1[i] + f2 * v2[i] + f3 * v3[i];
    }
  }

  private static void addProduct(float factor, float[] vector, float[] sum, int from, int to) {
    for (int i = from; i < to; i++) {
      sum[i] = sum[i] + factor * vector[i];
    }
  }
}
