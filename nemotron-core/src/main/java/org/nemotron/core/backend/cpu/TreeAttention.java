package org.nemotron.core.backend.cpu;

import java.util.Arrays;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Causal attention of the rows of a {@link org.nemotron.core.inference.TokenTree}, for the query
 * heads that share one key/value head.
 *
 * <p>In Java, whose arithmetic is exact to the bit: for each query the rows in front of it are gone
 * through in the order of its sequence, so that its result does not depend on where the tree
 * branches, nor on what else is in it.
 */
final class TreeAttention {
  /*
   * The queries that see a row are the row itself and those below it in the tree, which follow it:
   * one run of columns. So every loop runs over queries, and is as long as the tree allows, which
   * the JIT compiler needs to make good vector instructions: it does so for one sum of four
   * products to a pass. Of two such sums it made none (JDK 17, by AVX2 and by AVX-512), and took
   * more than twice the time.
   */
  // Shape letters in this file: R = rows of the tree, C = queries of a block, H = head width.

  private static final int PASS = 4;
  private static final int PAGE = KvPages.PAGE_TOKENS;

  /** Queries of a block: their scores stay in the processor's cache. */
  private static final int COLUMNS = 256;

  private final AttentionSpec.GroupedQuery spec;
  private final TreeRows tree;
  private final int headDim;
  private final int group;
  private final int blockRows;
  private final float scale;
  private final float[] pageHR;
  private final float[] keysRH;
  private final float[] valuesRH;
  private final float[][] queriesHC;
  private final float[][] resultsHC;
  private final float[][] scoresRC;
  private final float[] largest;
  private final float[] sums;
  private final float[] rowsCH;
  private final float[] factors = new float[PASS];
  private final FastExps exps;

  /** Room that is used again by one thread: the same memory is in the cache. */
  static final class Room {
    private final FastExps exps = new FastExps();
    private float[] pageHR = new float[0];
    private float[] keysRH = new float[0];
    private float[] valuesRH = new float[0];
    private float[] rowsCH = new float[0];
    private float[][] queriesHC = new float[0][];
    private float[][] resultsHC = new float[0][];
    private float[][] scoresRC = new float[0][];
    private float[][] columns = new float[2][];

    private void grow(int rows, int headDim, int width) {
      if (keysRH.length < rows * headDim) {
        keysRH = new float[rows * headDim];
        valuesRH = new float[rows * headDim];
      }
      if (pageHR.length < PAGE * headDim) {
        pageHR = new float[PAGE * headDim];
      }
      if (rowsCH.length < width * headDim) {
        rowsCH = new float[width * headDim];
      }
      queriesHC = grown(queriesHC, headDim, width);
      resultsHC = grown(resultsHC, headDim, width);
      scoresRC = grown(scoresRC, rows, width);
      columns = grown(columns, columns.length, width);
    }

    private static float[][] grown(float[][] held, int count, int width) {
      boolean wide = held.length > 0 && held[0] != null && held[0].length >= width;
      if (wide && held.length >= count) {
        return held;
      }
      float[][] grown = wide ? Arrays.copyOf(held, count) : new float[count][];
      for (int index = wide ? held.length : 0; index < count; index++) {
        grown[index] = new float[wide ? held[0].length : width];
      }
      return grown;
    }
  }

  /** Prepares for one layer of a tree, in {@code room}. */
  TreeAttention(AttentionSpec.GroupedQuery spec, TreeRows tree, Room room) {
    this.spec = spec;
    this.tree = tree;
    this.headDim = spec.headDim();
    this.group = spec.groupSize();
    this.blockRows = Math.max(1, COLUMNS / group);
    this.scale = (float) (1 / Math.sqrt(headDim));
    room.grow(tree.rows(), headDim, blockRows * group);
    this.pageHR = room.pageHR;
    this.keysRH = room.keysRH;
    this.valuesRH = room.valuesRH;
    this.queriesHC = room.queriesHC;
    this.resultsHC = room.resultsHC;
    this.scoresRC = room.scoresRC;
    this.largest = room.columns[0];
    this.sums = room.columns[1];
    this.rowsCH = room.rowsCH;
    this.exps = room.exps;
  }

  /**
   * Attends for the query heads of {@code kvHead}.
   *
   * @param memory keys and values of row {@code r} are those of token {@code r}
   * @param queries {@code [R, N * H]}, rotated
   * @param target likewise; receives what the heads read
   */
  void attend(int kvHead, CpuKvCache.Layer memory, NativeFloats queries, NativeFloats target) {
    for (int first = 0; first < tree.rows(); first += PAGE) {
      long start = memory.start(first / PAGE, kvHead, headDim);
      int rows = Math.min(PAGE, tree.rows() - first);
      memory.keys().read(start, pageHR, 0, headDim * PAGE);
      for (int r = 0, to = first * headDim; r < rows; r++) {
        for (int i = 0, from = r; i < headDim; i++, from += PAGE) {
          keysRH[to++] = pageHR[from];
        }
      }
      memory.values().read(start, valuesRH, first * headDim, rows * headDim);
    }
    for (int first = 0; first < tree.rows(); first += blockRows) {
      Block block = new Block(first, Math.min(tree.rows(), first + blockRows));
      block.load(kvHead, queries);
      block.attend();
      block.store(kvHead, target);
    }
  }

  /** Queries of rows that follow each other: column {@code (row - first) * group + head}. */
  private final class Block {
    private final int first;
    private final int end;
    private final int columns;
    private final int[] runs;

    Block(int first, int end) {
      this.first = first;
      this.end = end;
      this.columns = (end - first) * group;
      this.runs = tree.runsTo(first);
    }

    private long at(int kvHead, int r) {
      return ((long) r * spec.queryHeads() + (long) kvHead * group) * headDim;
    }

    void load(int kvHead, NativeFloats queries) {
      int width = group * headDim;
      for (int r = first; r < end; r++) {
        queries.read(at(kvHead, r), rowsCH, (r - first) * width, width);
      }
      for (int i = 0; i < headDim; i++) {
        float[] query = queriesHC[i];
        for (int column = 0, from = i; column < columns; column++, from += headDim) {
          query[column] = rowsCH[from] * scale;
        }
      }
    }

    void store(int kvHead, NativeFloats target) {
      for (int column = 0; column < columns; column++) {
        sums[column] = 1 / sums[column];
      }
      for (int i = 0; i < headDim; i++) {
        float[] result = resultsHC[i];
        for (int column = 0, to = i; column < columns; column++, to += headDim) {
          rowsCH[to] = result[column] * sums[column];
        }
      }
      int width = group * headDim;
      for (int r = first; r < end; r++) {
        target.write(at(kvHead, r), rowsCH, (r - first) * width, width);
      }
    }

    void attend() {
      Arrays.fill(largest, 0, columns, Float.NEGATIVE_INFINITY);
      Arrays.fill(sums, 0, columns, 0f);
      for (float[] result : resultsHC) {
        Arrays.fill(result, 0, columns, 0f);
      }
      eachRun(this::score);
      eachRun(this::weigh);
      eachRun(this::gather);
    }

    /** Goes through the rows that any query of this block sees, in the order of its sequence. */
    private void eachRun(RunWork work) {
      for (int run = 0; run < runs.length; run += 2) {
        if (runs[run] < first) {
          eachSegment(runs[run], Math.min(first, runs[run + 1]), work);
        }
      }
      eachSegment(first, end, work);
    }

    private void eachSegment(int from, int to, RunWork work) {
      for (int r = from; r < to; ) {
        int segmentEnd = Math.min(to, tree.segmentEnd(r));
        work.run(r, segmentEnd, (Math.min(end, tree.subtreeEnd(r)) - first) * group);
        r = segmentEnd;
      }
    }

    /** Returns the first column that sees row {@code r}. */
    private int from(int r) {
      return Math.max(0, r - first) * group;
    }

    /** Scores the queries against the rows of an edge. */
    private void score(int begin, int stop, int to) {
      for (int r = begin; r < stop; r++) {
        float[] own = scoresRC[r];
        int from = from(r);
        Arrays.fill(own, from, to, 0f);
        score(r * headDim, own, from, to);
        raise(largest, own, from, to);
      }
    }

    private void score(int key, float[] own, int from, int to) {
      int i = 0;
      for (; i + PASS <= headDim; i += PASS) {
        addProducts(keysRH, key + i, queriesHC, i, own, from, to);
      }
      for (; i < headDim; i++) {
        addProduct(keysRH[key + i], queriesHC[i], own, from, to);
      }
    }

    /** Makes shares of scores, not yet divided by their sums. */
    private void weigh(int begin, int stop, int to) {
      for (int r = begin; r < stop; r++) {
        float[] own = scoresRC[r];
        int from = from(r);
        subtract(own, largest, from, to);
        exps.apply(own, from, to);
        add(sums, own, from, to);
      }
    }

    /** Adds the values of the rows of an edge, each times its shares, to the results. */
    private void gather(int begin, int stop, int to) {
      int r = begin;
      for (; r + PASS <= stop; r += PASS) {
        int from = from(r);
        for (int later = r + 1; later < r + PASS; later++) {
          Arrays.fill(scoresRC[later], from, from(later), 0f); // no query there sees it
        }
        for (int i = 0; i < headDim; i++) {
          addValues(r, i, from, to);
        }
      }
      for (; r < stop; r++) {
        for (int i = 0; i < headDim; i++) {
          addProduct(valuesRH[r * headDim + i], scoresRC[r], resultsHC[i], from(r), to);
        }
      }
    }

    private void addValues(int r, int i, int from, int to) {
      for (int next = 0; next < PASS; next++) {
        factors[next] = valuesRH[(r + next) * headDim + i];
      }
      addProducts(factors, 0, scoresRC, r, resultsHC[i], from, to);
    }
  }

  /** Does something for the rows of an edge, which the columns up to {@code to} see. */
  @FunctionalInterface
  private interface RunWork {
    void run(int begin, int stop, int to);
  }

  /**
   * Adds four vectors, each times its factor, to a sum, one after the other: in the same order, and
   * so to the same bits, as calls of {@link #addProduct}.
   */
  private static void addProducts(
      float[] factors, int first, float[][] vectors, int vector, float[] sum, int from, int to) {
    float a0 = factors[first];
    float a1 = factors[first + 1];
    float a2 = factors[first + 2];
    float a3 = factors[first + 3];
    float[] v0 = vectors[vector];
    float[] v1 = vectors[vector + 1];
    float[] v2 = vectors[vector + 2];
    float[] v3 = vectors[vector + 3];
    for (int i = from; i < to; i++) {
      sum[i] = sum[i] + a0 * v0[i] + a1 * v1[i] + a2 * v2[i] + a3 * v3[i];
    }
  }

  private static void addProduct(float factor, float[] vector, float[] sum, int from, int to) {
    for (int i = from; i < to; i++) {
      sum[i] = sum[i] + factor * vector[i];
    }
  }

  private static void raise(float[] largest, float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      largest[i] = Math.max(largest[i], values[i]);
    }
  }

  private static void subtract(float[] values, float[] less, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] -= less[i];
    }
  }

  private static void add(float[] sums, float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      sums[i] += values[i];
    }
  }
}
