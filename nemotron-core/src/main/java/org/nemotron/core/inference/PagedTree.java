package org.nemotron.core.inference;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A tree divided into chunks of sequences in pages. A sequence goes from a root to a row that is no
 * parent; it begins with the full pages that earlier sequences have read, and reads the rest.
 */
final class PagedTree {
  /** A row of a chunk's output that nobody wants, or that another chunk gives. */
  static final int UNWANTED = -1;

  private final TokenTree tree;
  private final ImmutableIntArray positions;
  private final int[] wantedIndex;
  private final int[] pageEndingAt;
  private final int[] levelOfPage;
  private final List<List<Piece>> levels = new ArrayList<>();
  private int pages;

  /**
   * A chunk.
   *
   * @param wanted for each row of its output, the index in {@link TokenTree#wanted}, or {@link
   *     #UNWANTED}
   */
  record Piece(SequenceChunk chunk, ImmutableIntArray wanted) {}

  PagedTree(TokenTree tree) {
    this.tree = tree;
    this.positions = tree.positions();
    this.wantedIndex = filled(tree.rows());
    for (int index = 0; index < tree.wanted().length(); index++) {
      wantedIndex[tree.wanted().get(index)] = index;
    }
    this.pageEndingAt = filled(tree.rows());
    this.levelOfPage = filled(tree.rows());
    boolean[] isParent = new boolean[tree.rows()];
    tree.parents().stream()
        .filter(row -> row != TokenTree.ROOT)
        .forEach(row -> isParent[row] = true);
    for (int row = 0; row < tree.rows(); row++) {
      if (!isParent[row]) {
        add(path(row));
      }
    }
  }

  private static int[] filled(int length) {
    int[] values = new int[length];
    Arrays.fill(values, UNWANTED);
    return values;
  }

  /** Returns how many pages the chunks use. */
  int pages() {
    return pages;
  }

  /** Returns the chunks: those of a list read pages of earlier lists only. */
  ImmutableList<ImmutableList<Piece>> levels() {
    return levels.stream().map(ImmutableList::copyOf).collect(ImmutableList.toImmutableList());
  }

  private int[] path(int last) {
    int[] rows = new int[positions.get(last) + 1];
    int row = last;
    for (int position = rows.length - 1; position >= 0; position--) {
      rows[position] = row;
      row = tree.parents().get(row);
    }
    return rows;
  }

  private void add(int[] path) {
    int shared = 0;
    int level = 0;
    int[] held = new int[KvPages.pagesFor(path.length)];
    while (isHeld(path, shared)) {
      int end = path[pageEnd(shared)];
      held[shared] = pageEndingAt[end];
      level = Math.max(level, levelOfPage[end] + 1);
      shared++;
    }
    for (int page = shared; page < held.length; page++) {
      held[page] = pages++;
      if (pageEnd(page) < path.length) {
        pageEndingAt[path[pageEnd(page)]] = held[page];
        levelOfPage[path[pageEnd(page)]] = level;
      }
    }
    while (levels.size() <= level) {
      levels.add(new ArrayList<>());
    }
    int from = Math.min(shared * KvPages.PAGE_TOKENS, path.length);
    if (from < path.length) {
      levels.get(level).add(piece(path, from, ImmutableIntArray.copyOf(held)));
    }
  }

  private boolean isHeld(int[] path, int page) {
    return pageEnd(page) < path.length && pageEndingAt[path[pageEnd(page)]] != UNWANTED;
  }

  private static int pageEnd(int page) {
    return (page + 1) * KvPages.PAGE_TOKENS - 1;
  }

  private Piece piece(int[] path, int from, ImmutableIntArray held) {
    ImmutableIntArray.Builder tokens = ImmutableIntArray.builder(path.length - from);
    ImmutableIntArray.Builder wanted = ImmutableIntArray.builder(path.length - from);
    int earlier = 0;
    for (int position = from; position < path.length; position++) {
      int row = path[position];
      tokens.add(tree.tokens().get(row));
      wanted.add(wantedIndex[row]);
      if (wantedIndex[row] != UNWANTED && position < path.length - 1) {
        earlier++;
      }
      wantedIndex[row] = UNWANTED;
    }
    ImmutableIntArray all = wanted.build();
    int last = all.length() - 1;
    if (earlier > 0) {
      return new Piece(
          new SequenceChunk(held, from, tokens.build(), SequenceChunk.ALL_LOGITS), all);
    }
    boolean wantsLast = all.get(last) != UNWANTED;
    return new Piece(
        new SequenceChunk(
            held,
            from,
            tokens.build(),
            wantsLast ? SequenceChunk.LAST_LOGITS : SequenceChunk.NOTHING),
        wantsLast ? all.subArray(last, last + 1) : ImmutableIntArray.of());
  }
}
