package org.nemotron.core.backend.cpu;

import java.util.Arrays;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Causal attention of one piece of rows over the pages of its sequence, for the query heads that
 * share one key/value head. Used by one thread at a time.
 *
 * <p>Every product covers one page, so that a result depends neither on where the pages are nor on
 * what else the step computes.
 */
final class PagedAttention {
  private static final int PAGE = KvPages.PAGE_TOKENS;

  private final AttentionSpec.GroupedQuery spec;
  private final CpuKvCache.Layer memory;
  private final NativeFloats queries;
  private final NativeFloats result;
  private final ThreadWorkspace space;
  private final Blas blas;
  private final Softmax softmax;
  private final int headDim;
  private final int rowStride;
  private final float scale;

  /**
   * Prepares for one layer of one step.
   *
   * @param queries {@code [R, N * H]}, rotated
   * @param result likewise; receives what the heads read
   * @param space of the thread that attends
   */
  PagedAttention(
      AttentionSpec.GroupedQuery spec,
      CpuKvCache.Layer memory,
      NativeFloats queries,
      NativeFloats result,
      ThreadWorkspace space) {
    this.spec = spec;
    this.memory = memory;
    this.queries = queries;
    this.result = result;
    this.space = space;
    this.blas = space.blas();
    this.softmax = space.softmax();
    this.headDim = spec.headDim();
    this.rowStride = spec.queryHeads() * headDim;
    this.scale = (float) (1 / Math.sqrt(headDim));
  }

  /** Attends for the query heads of {@code kvHead}. */
  void attend(BatchRows.Piece piece, int kvHead) {
    if (piece.rows() == 1) {
      attendRow(piece, kvHead);
    } else {
      for (int head = 0; head < spec.groupSize(); head++) {
        attendRows(piece, kvHead, kvHead * spec.groupSize() + head);
      }
    }
  }

  /** One row: the query heads take turns at each page, which stays in the cache meanwhile. */
  private void attendRow(BatchRows.Piece piece, int kvHead) {
    int seen = piece.position() + 1;
    int group = spec.groupSize();
    long query = (long) piece.row() * rowStride + (long) kvHead * group * headDim;
    NativeFloats scores = space.scores((long) group * seen);
    for (int from = 0; from < seen; from += PAGE) {
      int tokens = Math.min(PAGE, seen - from);
      long page = page(piece, from, kvHead);
      for (int head = 0; head < group; head++) {
        long one = query + (long) head * headDim;
        long to = (long) head * seen + from;
        blas.multiplyTransposed(
            headDim, tokens, scale, memory.keys(), page, PAGE, queries, one, 0f, scores, to);
      }
    }
    float[] parts = weigh(scores, group, seen);
    for (int from = 0; from < seen; from += PAGE) {
      int tokens = Math.min(PAGE, seen - from);
      long page = page(piece, from, kvHead);
      float beta = from == 0 ? 0f : 1f;
      for (int head = 0; head < group; head++) {
        long one = (long) head * seen + from;
        long to = query + (long) head * headDim;
        blas.multiplyTransposed(
            tokens,
            headDim,
            parts[head],
            memory.values(),
            page,
            headDim,
            scores,
            one,
            beta,
            result,
            to);
      }
    }
  }

  /** Makes scores of some rows weights, but for a factor of each row, which it returns. */
  private float[] weigh(NativeFloats scores, int rows, int length) {
    int all = Math.multiplyExact(rows, length);
    float[] weights = space.row(all);
    scores.read(0, weights, 0, all);
    float[] parts = space.parts(rows);
    softmax.exponentials(weights, rows, length, parts);
    scores.write(0, weights, 0, all);
    return parts;
  }

  /** Several rows: all lie in the last page that they see. */
  private void attendRows(BatchRows.Piece piece, int kvHead, int head) {
    int rows = piece.rows();
    int seen = piece.position() + rows;
    NativeFloats scores = space.scores((long) rows * seen);
    long query = (long) piece.row() * rowStride + (long) head * headDim;
    for (int from = 0; from < seen; from += PAGE) {
      blas.multiplyBy(
          rows,
          Math.min(PAGE, seen - from),
          headDim,
          scale,
          queries,
          query,
          rowStride,
          memory.keys(),
          page(piece, from, kvHead),
          PAGE,
          0f,
          scores,
          from,
          seen);
    }
    weighVisible(scores, rows, piece.position() + 1, seen);
    for (int from = 0; from < seen; from += PAGE) {
      blas.multiplyBy(
          rows,
          headDim,
          Math.min(PAGE, seen - from),
          1f,
          scores,
          from,
          seen,
          memory.values(),
          page(piece, from, kvHead),
          headDim,
          from == 0 ? 0f : 1f,
          result,
          query,
          rowStride);
    }
  }

  /** Makes scores weights, of which the first row sees {@code visible}, the next one more. */
  private void weighVisible(NativeFloats scores, int rows, int visible, int seen) {
    float[] row = space.row(seen);
    float[] parts = space.parts(1);
    for (int r = 0; r < rows; r++) {
      int end = visible + r;
      scores.read((long) r * seen, row, 0, end);
      softmax.exponentials(row, 1, end, parts);
      for (int i = 0; i < end; i++) {
        row[i] *= parts[0];
      }
      Arrays.fill(row, end, seen, 0f);
      scores.write((long) r * seen, row, 0, seen);
    }
  }

  /** Returns where the head's part of the page of token {@code from}, its first, starts. */
  private long page(BatchRows.Piece piece, int from, int kvHead) {
    return memory.start(piece.pages().get(from / PAGE), kvHead, headDim);
  }
}
