package org.nemotron.core.backend.cpu;

import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Attention of one row by loops over Java arrays, for the query heads that share one key/value
 * head. Used by one thread at a time.
 */
final class RowAttention {
  /*
   * The virtual machine vectorizes loops over arrays from their start on, or at a constant distance
   * from it, but not at a distance that varies: so four rows at a time are copied out of the
   * cache, of keys into one array (a row is a page long), of values into four.
   *
   * Each sum is added up in the order of its rows by fused multiply-adds, as WeightedRowSums does.
   */
  private static final int PAGE = KvPages.PAGE_TOKENS;
  private static final int FEW = 4;

  private final AttentionSpec.GroupedQuery spec;
  private final Softmax softmax;
  private final int group;
  private final int headDim;
  private final float scale;
  private final float[] queries;
  private final float[] fewKeys = new float[FEW * PAGE];
  private final float[][] fewValues;
  private final float[][] pageScores;
  private final float[][] sums;
  private final float[] result;
  private float[][] scores;

  RowAttention(AttentionSpec.GroupedQuery spec, Softmax softmax) {
    this.spec = spec;
    this.softmax = softmax;
    this.group = spec.groupSize();
    this.headDim = spec.headDim();
    this.scale = (float) (1 / Math.sqrt(headDim));
    this.queries = new float[group * headDim];
    this.fewValues = new float[FEW][headDim];
    this.pageScores = new float[group][PAGE];
    this.sums = new float[group][headDim];
    this.result = new float[group * headDim];
    this.scores = new float[group][PAGE];
  }

  /** Attends for the query heads of {@code kvHead}; the piece has one row. */
  void attend(BatchRows.Piece piece, int kvHead, DecodeAttention.Areas areas) {
    long at = (long) piece.row() * spec.queryHeads() * headDim + (long) kvHead * group * headDim;
    areas.queries().read(at, queries, 0, queries.length);
    for (int i = 0; i < queries.length; i++) {
      queries[i] *= scale;
    }
    int seen = piece.seen();
    if (scores[0].length < seen) {
      scores = new float[group][Math.max(seen, 2 * scores[0].length)];
    }
    for (int page = 0; page < piece.seenPages(); page++) {
      long start = areas.memory().start(piece.pages().get(page), kvHead, headDim);
      score(areas.memory().keys(), start);
      for (int head = 0; head < group; head++) {
        int tokens = Math.min(PAGE, seen - page * PAGE);
        System.arraycopy(pageScores[head], 0, scores[head], page * PAGE, tokens);
      }
    }
    addUp(piece, kvHead, areas.memory());
    areas.result().write(at, result, 0, result.length);
  }

  /** Sets {@link #pageScores} to the products of all queries with the keys of a page. */
  private void score(NativeFloats keys, long start) {
    clear(pageScores, PAGE);
    int dim = 0;
    for (; dim + FEW <= headDim; dim += FEW) {
      keys.read(start + (long) dim * PAGE, fewKeys, 0, FEW * PAGE);
      for (int head = 0; head < group; head++) {
        addFourKeys(fewKeys, queries, head * headDim + dim, pageScores[head]);
      }
    }
    for (; dim < headDim; dim++) {
      keys.read(start + (long) dim * PAGE, fewKeys, 0, PAGE);
      for (int head = 0; head < group; head++) {
        addOne(fewKeys, queries[head * headDim + dim], pageScores[head], PAGE);
      }
    }
  }

  private static void clear(float[][] rows, int length) {
    for (float[] row : rows) {
      for (int i = 0; i < length; i++) {
        row[i] = 0;
      }
    }
  }

  private static void addFourKeys(float[] keys, float[] queries, int at, float[] scores) {
    float a = queries[at];
    float b = queries[at + 1];
    float c = queries[at + 2];
    float d = queries[at + 3];
    for (int t = 0; t < PAGE; t++) {
      float sum = Math.fma(b, keys[PAGE + t], Math.fma(a, keys[t], scores[t]));
      scores[t] = Math.fma(d, keys[3 * PAGE + t], Math.fma(c, keys[2 * PAGE + t], sum));
    }
  }

  private static void addOne(float[] row, float weight, float[] sums, int length) {
    for (int i = 0; i < length; i++) {
      sums[i] = Math.fma(weight, row[i], sums[i]);
    }
  }

  /** Sets {@link #result} to what the heads read, given {@link #scores}. */
  private void addUp(BatchRows.Piece piece, int kvHead, CpuKvCache.Layer memory) {
    int seen = piece.seen();
    float[] totals = new float[group];
    for (int head = 0; head < group; head++) {
      totals[head] = softmax.exponentials(scores[head], seen);
    }
    clear(sums, headDim);
    for (int from = 0; from < seen; from += FEW) {
      int tokens = Math.min(FEW, seen - from);
      long start = memory.start(piece.pages().get(from / PAGE), kvHead, headDim);
      addValues(memory.values(), start + (long) (from % PAGE) * headDim, from, tokens);
    }
    for (int head = 0; head < group; head++) {
      float inverse = 1 / totals[head];
      for (int i = 0; i < headDim; i++) {
        result[head * headDim + i] = sums[head][i] * inverse;
      }
    }
  }

  private void addValues(NativeFloats values, long start, int from, int tokens) {
    for (int token = 0; token < tokens; token++) {
      values.read(start + (long) token * headDim, fewValues[token], 0, headDim);
    }
    for (int head = 0; head < group; head++) {
      if (tokens == FEW) {
        addFourValues(fewValues, scores[head], from, sums[head], headDim);
      } else {
        for (int token = 0; token < tokens; token++) {
          addOne(fewValues[token], scores[head][from + token], sums[head], headDim);
        }
      }
    }
  }

  private static void addFourValues(
      float[][] values, float[] weights, int at, float[] sums, int headDim) {
    addFourRows(
        values[0],
        values[1],
        values[2],
        values[3],
        weights[at],
        weights[at + 1],
        weights[at + 2],
        weights[at + 3],
        sums,
        headDim);
  }

  private static void addFourRows(
      float[] first,
      float[] second,
      float[] third,
      float[] fourth,
      float a,
      float b,
      float c,
      float d,
      float[] sums,
      int length) {
    for (int i = 0; i < length; i++) {
      float sum = Math.fma(b, second[i], Math.fma(a, first[i], sums[i]));
      sums[i] = Math.fma(d, fourth[i], Math.fma(c, third[i], sum));
    }
  }
}
