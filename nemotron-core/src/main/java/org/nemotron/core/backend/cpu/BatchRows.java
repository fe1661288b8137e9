package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.TokenTree;

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

  private final long[] tokens;
  private final int[] positions;
  private final long[] slots;
  private final int[] wantedRows;
  private final ImmutableList<Piece> pieces;
  private final Optional<TreeRows> tree;

  private BatchRows(TokenTree tree) {
    this.tokens = tree.tokens().stream().asLongStream().toArray();
    this.positions = tree.positions().toArray();
    this.slots = LongStream.range(0, tree.rows()).toArray();
    this.wantedRows = tree.wanted().toArray();
    this.pieces = ImmutableList.of();
    this.tree = Optional.of(new TreeRows(tree));
  }

  private BatchRows(long[] tokens, int[] positions, long[] slots) {
    this.tokens = tokens;
    this.positions = positions;
    this.slots = slots;
    this.wantedRows = IntStream.range(0, tokens.length).toArray();
    this.pieces = ImmutableList.of();
    this.tree = Optional.empty();
  }

  /** Returns the wanted rows alone, for what does not look at other rows. */
  BatchRows onlyWanted() {
    return new BatchRows(
        Arrays.stream(wantedRows).mapToLong(row -> tokens[row]).toArray(),
        Arrays.stream(wantedRows).map(row -> positions[row]).toArray(),
        Arrays.stream(wantedRows).mapToLong(row -> slots[row]).toArray());
  }

  /** Lays out a tree: the keys and values of its rows lie one behind the other. */
  static BatchRows of(TokenTree tree) {
    return new BatchRows(tree);
  }

  /** Lays out a batch that has been found to fit. */
  BatchRows(ForwardBatch batch) {
    this.tree = Optional.empty();
    int rows = batch.tokens();
    this.tokens = new long[rows];
    this.positions = new int[rows];
    this.slots = new long[rows];
    this.wantedRows = new int[batch.wanted()];
    ImmutableList.Builder<Piece> made = ImmutableList.builder();
    int row = 0;
    int wanted = 0;
    for (SequenceChunk chunk : batch.chunks()) {
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
        tokens[row] = chunk.tokens().get(position - chunk.start());
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
    return tokens;
  }

  /** Returns the tree that the rows are; empty where they are chunks of sequences in pages. */
  Optional<TreeRows> tree() {
    return tree;
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
