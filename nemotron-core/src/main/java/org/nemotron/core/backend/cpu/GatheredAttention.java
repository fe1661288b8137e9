package org.nemotron.core.backend.cpu;

import org.jspecify.annotations.Nullable;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Attention of many single rows in two native calls, one for all scores and one for all sums of
 * values. Used by one thread at a time.
 */
final class GatheredAttention implements AutoCloseable {
  private static final int PAGE = KvPages.PAGE_TOKENS;

  private final AttentionSpec.GroupedQuery spec;
  private final Softmax softmax;
  private final int group;
  private final int headDim;
  private final float scale;
  private WeightedRowSums scoreSums = new WeightedRowSums(1, 1);
  private WeightedRowSums valueSums = new WeightedRowSums(1, 1);
  private @Nullable BatchRows plannedRows;
  private @Nullable DecodeShare planned;
  private float[] weights = new float[0];
  private float[] scores = new float[0];
  private float[] sums = new float[0];
  private float[] totals = new float[0];
  private float[] row = new float[PAGE];
  private final float[] queries;

  GatheredAttention(AttentionSpec.GroupedQuery spec, Softmax softmax) {
    this.spec = spec;
    this.softmax = softmax;
    this.group = spec.groupSize();
    this.headDim = spec.headDim();
    this.scale = (float) (1 / Math.sqrt(headDim));
    this.queries = new float[group * headDim];
  }

  /** Attends for the items of {@code share}, a part of {@code rows}. */
  void attend(BatchRows rows, DecodeShare share, DecodeAttention.Areas areas) {
    plan(rows, share);
    weighKeys(share, areas.queries());
    scoreSums.compute(areas.memory().keys(), PAGE, scores);
    weighValues(share);
    valueSums.compute(areas.memory().values(), headDim, sums);
    write(share, areas.result());
  }

  /** Which rows are added up is the same for all layers of a step that are alike. */
  private void plan(BatchRows rows, DecodeShare share) {
    if (rows == plannedRows && share.equals(planned)) {
      return;
    }
    plannedRows = null;
    planKeys(share);
    planValues(share);
    weights = grown(weights, Math.max(scoreRows(share), valueRows(share)));
    scores = grown(scores, share.seenPages() * group * PAGE);
    sums = grown(sums, share.items() * group * headDim);
    totals = grown(totals, share.items() * group);
    plannedRows = rows;
    planned = share;
  }

  private int scoreRows(DecodeShare share) {
    return Math.multiplyExact(share.seenPages(), group * headDim);
  }

  private int valueRows(DecodeShare share) {
    return Math.toIntExact(share.seen() * group);
  }

  private static float[] grown(float[] array, int length) {
    return array.length >= length ? array : new float[Math.max(length, 2 * array.length)];
  }

  /** Scores of a page are the rows of its keys, one per dimension, weighted by the query. */
  private void planKeys(DecodeShare share) {
    int[] rows = new int[scoreRows(share)];
    int[] starts = new int[share.seenPages() * group + 1];
    int at = 0;
    int sum = 0;
    for (int item = share.from(); item < share.to(); item++) {
      BatchRows.Piece piece = share.piece(item);
      for (int page = 0; page < piece.seenPages(); page++) {
        int first = (piece.pages().get(page) * share.kvHeads() + share.kvHead(item)) * headDim;
        for (int head = 0; head < group; head++) {
          starts[sum++] = at;
          at = count(rows, at, first, headDim);
        }
      }
    }
    starts[sum] = at;
    scoreSums = renewed(scoreSums, sum, at);
    scoreSums.set(rows, starts);
  }

  private void planValues(DecodeShare share) {
    int[] rows = new int[valueRows(share)];
    int[] starts = new int[share.items() * group + 1];
    int at = 0;
    int sum = 0;
    for (int item = share.from(); item < share.to(); item++) {
      BatchRows.Piece piece = share.piece(item);
      for (int head = 0; head < group; head++) {
        starts[sum++] = at;
        for (int from = 0; from < piece.seen(); from += PAGE) {
          int page = piece.pages().get(from / PAGE);
          int first = (page * share.kvHeads() + share.kvHead(item)) * PAGE;
          at = count(rows, at, first, Math.min(PAGE, piece.seen() - from));
        }
      }
    }
    starts[sum] = at;
    valueSums = renewed(valueSums, sum, at);
    valueSums.set(rows, starts);
  }

  /** Writes {@code count} numbers from {@code first} on to {@code rows[at]}; returns their end. */
  private static int count(int[] rows, int at, int first, int count) {
    for (int i = 0; i < count; i++) {
      rows[at + i] = first + i;
    }
    return at + count;
  }

  private static WeightedRowSums renewed(WeightedRowSums old, int sums, int rows) {
    if (old.fits(sums, rows)) {
      return old;
    }
    old.close();
    return new WeightedRowSums(sums, Math.max(16, Integer.highestOneBit(2 * rows - 1)));
  }

  private void weighKeys(DecodeShare share, NativeFloats from) {
    int at = 0;
    for (int item = share.from(); item < share.to(); item++) {
      from.read(query(share, item), queries, 0, queries.length);
      for (int i = 0; i < queries.length; i++) {
        queries[i] *= scale;
      }
      for (int page = 0; page < share.piece(item).seenPages(); page++) {
        System.arraycopy(queries, 0, weights, at, queries.length);
        at += queries.length;
      }
    }
    scoreSums.weights().write(0, weights, 0, at);
  }

  /** Returns where the item's first query head is. */
  private long query(DecodeShare share, int item) {
    long head = (long) share.piece(item).row() * spec.queryHeads() + share.kvHead(item) * group;
    return head * headDim;
  }

  private void weighValues(DecodeShare share) {
    int at = 0;
    int firstSum = 0;
    int total = 0;
    for (int item = share.from(); item < share.to(); item++) {
      int seen = share.piece(item).seen();
      row = grown(row, seen);
      for (int head = 0; head < group; head++) {
        for (int from = 0; from < seen; from += PAGE) {
          int sum = firstSum + from / PAGE * group + head;
          System.arraycopy(scores, sum * PAGE, row, from, Math.min(PAGE, seen - from));
        }
        totals[total++] = softmax.exponentials(row, seen);
        System.arraycopy(row, 0, weights, at, seen);
        at += seen;
      }
      firstSum += share.piece(item).seenPages() * group;
    }
    valueSums.weights().write(0, weights, 0, at);
  }

  private void write(DecodeShare share, NativeFloats result) {
    for (int head = 0; head < share.items() * group; head++) {
      float inverse = 1 / totals[head];
      for (int i = head * headDim; i < (head + 1) * headDim; i++) {
        sums[i] *= inverse;
      }
    }
    for (int item = share.from(); item < share.to(); item++) {
      int at = (item - share.from()) * group * headDim;
      result.write(query(share, item), sums, at, group * headDim);
    }
  }

  @Override
  public void close() {
    scoreSums.close();
    valueSums.close();
  }
}
