package org.nemotron.core.backend.cpu;

import java.util.Arrays;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Causal attention of a piece of several rows, part of a prompt, over the pages of its sequence,
 * for the query heads that share one key/value head.
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
    for (int head = 0; head < spec.groupSize(); head++) {
      attend(piece, kvHead, kvHead * spec.groupSize() + head, space);
    }
  }

  /** All rows lie in the last page that they see. */
  private void attend(BatchRows.Piece piece, int kvHead, int head, ThreadWorkspace space) {
    int rows = piece.rows();
    int seen = piece.position() + rows;
    NativeFloats scores = space.scores((long) rows * seen);
    Blas blas = space.blas();
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
    float[] row = space.row(seen);
    for (int r = 0; r < rows; r++) {
      int visible = piece.position() + r + 1;
      scores.read((long) r * seen, row, 0, visible);
      normalize(row, visible, space.softmax());
      Arrays.fill(row, visible, seen, 0f);
      scores.write((long) r * seen, row, 0, seen);
    }
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

  /** Returns where the head is in the page whose first token is {@code from}. */
  private long page(BatchRows.Piece piece, int from, int kvHead) {
    return memory.start(piece.pages().get(from / PAGE), kvHead, headDim);
  }

  private static void normalize(float[] row, int length, Softmax softmax) {
    float scale = 1 / softmax.exponentials(row, length);
    for (int i = 0; i < length; i++) {
      row[i] *= scale;
    }
  }
}
