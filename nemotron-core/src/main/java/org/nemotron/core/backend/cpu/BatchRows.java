package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;

/** The spans of a step, laid out as the rows of one matrix. */
final class BatchRows {
  /**
   * Rows of one sequence within one page, whose attention is computed together.
   *
   * @param row first of them
   * @param rows how many
   * @param position of the first in its sequence
   * @param pages of the sequence
   */
  record Piece(int row, int rows, int position, ImmutableIntArray pages) {}

  private final ImmutableList<SequenceChunk> chunks;
  private final int[] positions;
  private final long[] slots;
  private final int[] wantedRows;
  private final ImmutableList<Piece> pieces;

  /** Lays out a batch that has been found to fit. */
  BatchRows(ForwardBatch batch) {
    this.chunks = batch.chunks();
    int rows = batch.tokens();
    this.positions = new int[rows];
    this.slots = new long[rows];
    this.wantedRows = new int[batch.wanted()];
    ImmutableList.Builder<Piece> made = ImmutableList.builder();
    int row = 0;
    int wanted = 0;
    for (SequenceChunk chunk : chunks) {
      place(chunk, row, made);
      int length = chunk.tokens().length();
      for (int i = length - chunk.wanted(); i < length; i++) {
        wantedRows[wanted++] = row + i;
      }
      row += length;
    }
    this.pieces = made.build();
  }

  private void place(SequenceChunk chunk, int firstRow, ImmutableList.Builder<Piece> made) {
    int end = chunk.start() + chunk.tokens().length();
    int position = chunk.start();
    while (position < end) {
      int pageIndex = position / KvPages.PAGE_TOKENS;
      int pageEnd = Math.min(end, (pageIndex + 1) * KvPages.PAGE_TOKENS);
      int page = chunk.pages().get(pageIndex);
      int row = firstRow + position - chunk.start();
      made.add(new Piece(row, pageEnd - position, position, chunk.pages()));
      for (; position < pageEnd; position++, row++) {
        positions[row] = position;
        slots[row] = (long) page * KvPages.PAGE_TOKENS + position % KvPages.PAGE_TOKENS;
      }
    }
  }

  int rows() {
    return positions.length;
  }

  /** Returns the ids of all rows. */
  long[] tokens() {
    long[] tokens = new long[rows()];
    int row = 0;
    for (SequenceChunk chunk : chunks) {
      for (int i = 0; i < chunk.tokens().length(); i++) {
        tokens[row++] = chunk.tokens().get(i);
      }
    }
    return tokens;
  }

  int position(int row) {
    return positions[row];
  }

  /** Returns where the row's keys and values are, in tokens from the start of the memory. */
  long slot(int row) {
    return slots[row];
  }

  ImmutableList<Piece> pieces() {
    return pieces;
  }

  int wanted() {
    return wantedRows.length;
  }

  int wantedRow(int index) {
    return wantedRows[index];
  }

  int lastPosition() {
    int last = 0;
    for (int position : positions) {
      last = Math.max(last, position);
    }
    return last;
  }
}
