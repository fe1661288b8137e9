package org.nemotron.core.backend.cpu;

import java.util.Arrays;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Causal attention of one piece of rows over the pages of its sequence, for the query heads that
 * share one key/value head.
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
  private final int headDim;
  private final int rowStride;
  private final float scale;

  /**
   * Prepares for one layer of one step.
   *
   * @param queries {@code [R, N * H]}, rotated
   * @param result likewise; receives what the heads read
   */
  PagedAttention(
      AttentionSpec.GroupedQuery spec,
      CpuKvCache.Layer memory,
      NativeFloats queries,
      NativeFloats result) {
    this.spec = spec;
    this.memory = memory;
    this.queries = queries;
    this.result = result;
    this.headDim = spec.headDim();
    this.rowStride = spec.queryHeads() * headDim;
    this.scale = (float) (1 / Math.sqrt(headDim));
  }

  /** Attends for the query heads of {@code kvHead}. */
  void attend(BatchRows.Piece piece, int kvHead, ThreadWorkspace space) {
    if (piece.rows() == 1) {
      attendRow(piece, kvHead, space);
    } else {
      for (int head = 0; head < spec.groupSize(); head++) {
        attendRows(piece, kvHead, kvHead * spec.groupSize() + head, space);
      }
    }
  }

  /** One row: the query heads take turns at each page, which stays in the cache meanwhile. */
  private void attendRow(BatchRows.Piece piece, int kvHead, ThreadWorkspace space) {
    int seen = piece.position() + 1;
    int group = spec.groupSize();
    NativeFloats scores = space.scores((long) group * seen);
    Blas blas = space.blas();
    long query = (long) piece.row() * rowStride + (long) kvHead * group * headDim;
    for (int from = 0; from < seen; from += PAGE) {
      int tokens = Math.min(PAGE, seen - from);
      long page = page(piece, from, kvHead);
      for (int head = 0; head < group; head++) {
        long to = (long) head * seen + from;
        long one = query + (long) head * headDim;
        blas.multiply(
            tokens, headDim, scale, memory.keys(), page, memory.stride(), queries, one, scores, to);
      }
    }
    float[] row = space.row(seen);
    for (int head = 0; head < group; head++) {
      scores.read((long) head * seen, row, 0, seen);
      softmax(row, seen);
      scores.write((long) head * seen, row, 0, seen);
    }
    for (int from = 0; from < seen; from += PAGE) {
      int tokens = Math.min(PAGE, seen - from);
      long page = page(piece, from, kvHead);
      for (int head = 0; head < group; head++) {
        blas.multiplyTransposed(
            tokens,
            headDim,
            memory.values(),
            page,
            memory.stride(),
            scores,
            (long) head * seen + from,
            from == 0 ? 0f : 1f,
            result,
            query + (long) head * headDim);
      }
    }
  }

  /** Several rows: all lie in the last page that they see. */
  private void attendRows(BatchRows.Piece piece, int kvHead, int head, ThreadWorkspace space) {
    int rows = piece.rows();
    int seen = piece.position() + rows;
    NativeFloats scores = space.scores((long) rows * seen);
    Blas blas = space.blas();
    long query = (long) piece.row() * rowStride + (long) head * headDim;
    for (int from = 0; from < seen; from += PAGE) {
      blas.multiplyByTransposed(
          rows,
          Math.min(PAGE, seen - from),
          headDim,
          scale,
          queries,
          query,
          rowStride,
          memory.keys(),
          page(piece, from, kvHead),
          memory.stride(),
          scores,
          from,
          seen);
    }
    float[] row = space.row(seen);
    for (int r = 0; r < rows; r++) {
      int visible = piece.position() + r + 1;
      scores.read((long) r * seen, row, 0, visible);
      softmax(row, visible);
      Arrays.fill(row, visible, seen, 0f);
      scores.write((long) r * seen, row, 0, seen);
    }
    for (int from = 0; from < seen; from += PAGE) {
      blas.multiplyBy(
          rows,
          headDim,
          Math.min(PAGE, seen - from),
          scores,
          from,
          seen,
          memory.values(),
          page(piece, from, kvHead),
          memory.stride(),
          from == 0 ? 0f : 1f,
          result,
          query,
          rowStride);
    }
  }

  /** Returns where the head's first element of token {@code from}, the first of a page, is. */
  private long page(BatchRows.Piece piece, int from, int kvHead) {
    long token = (long) piece.pages().get(from / PAGE) * PAGE;
    return token * memory.stride() + (long) kvHead * headDim;
  }

  private static void softmax(float[] values, int length) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      largest = Math.max(largest, values[i]);
    }
    float sum = 0;
    for (int i = 0; i < length; i++) {
      values[i] = FastExp.of(values[i] - largest);
      sum += values[i];
    }
    float scale = 1 / sum;
    for (int i = 0; i < length; i++) {
      values[i] *= scale;
    }
  }
}
