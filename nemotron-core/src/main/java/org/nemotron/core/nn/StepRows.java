package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.nn.StepSpan.LogitsWanted;

/** The spans of a step, laid out as the rows of one matrix. */
final class StepRows {
  /**
   * Rows of one sequence within one page, whose attention is computed together.
   *
   * @param row first of them
   * @param rows how many
   * @param position of the first in its sequence
   * @param pages of the sequence
   */
  record Piece(int row, int rows, int position, ImmutableIntArray pages) {}

  private final ImmutableList<StepSpan> spans;
  private final int[] positions;
  private final long[] slots;
  private final int[] wantedRows;
  private final ImmutableList<Piece> pieces;

  /** Lays out spans that {@link StepChecks} has found right. */
  StepRows(ImmutableList<StepSpan> spans) {
    this.spans = spans;
    int rows = spans.stream().mapToInt(span -> span.tokens().length()).sum();
    this.positions = new int[rows];
    this.slots = new long[rows];
    this.wantedRows = new int[spans.stream().mapToInt(StepSpan::wanted).sum()];
    ImmutableList.Builder<Piece> made = ImmutableList.builder();
    int row = 0;
    int wanted = 0;
    for (StepSpan span : spans) {
      place(span, row, made);
      int length = span.tokens().length();
      int from = span.logits() == LogitsWanted.ALL ? 0 : length - 1;
      for (int i = from; i < from + span.wanted(); i++) {
        wantedRows[wanted++] = row + i;
      }
      row += length;
    }
    this.pieces = made.build();
  }

  private void place(StepSpan span, int firstRow, ImmutableList.Builder<Piece> made) {
    int end = span.start() + span.tokens().length();
    int position = span.start();
    while (position < end) {
      int pageIndex = position / KvMemory.PAGE_TOKENS;
      int pageEnd = Math.min(end, (pageIndex + 1) * KvMemory.PAGE_TOKENS);
      int page = span.pages().get(pageIndex);
      int row = firstRow + position - span.start();
      made.add(new Piece(row, pageEnd - position, position, span.pages()));
      for (; position < pageEnd; position++, row++) {
        positions[row] = position;
        slots[row] = (long) page * KvMemory.PAGE_TOKENS + position % KvMemory.PAGE_TOKENS;
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
    for (StepSpan span : spans) {
      for (int i = 0; i < span.tokens().length(); i++) {
        tokens[row++] = span.tokens().get(i);
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
