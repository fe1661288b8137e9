package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.spec.AttentionSpec;

/** Attention of single rows in Java and by native sums, and against float64. */
final class DecodeAttentionProperties {
  private static final int PAGE = KvPages.PAGE_TOKENS;
  private static final long ALWAYS_NATIVE = 0;
  private static final long NEVER_NATIVE = Long.MAX_VALUE;
  private static final long AT_ONCE = Long.MAX_VALUE;

  /** Float32 sums of a few hundred products of normal numbers, the scores' errors in exponents. */
  private static final double TOLERANCE = 2e-5;

  @Provide
  Arbitrary<AttentionSpec.GroupedQuery> specs() {
    return Arbitraries.of(
        new AttentionSpec.GroupedQuery(4, 2, 10),
        new AttentionSpec.GroupedQuery(3, 3, 2),
        new AttentionSpec.GroupedQuery(8, 4, 32),
        new AttentionSpec.GroupedQuery(8, 1, 64),
        new AttentionSpec.GroupedQuery(6, 2, 80));
  }

  /** Rows of one step, each a sequence of its own, with random keys, values and queries. */
  private static final class Rows implements AutoCloseable {
    final AttentionSpec.GroupedQuery spec;
    final BatchRows rows;
    final float[] keys;
    final float[] values;
    final float[] queries;
    final DecodeAttention.Areas areas;

    Rows(AttentionSpec.GroupedQuery spec, List<Integer> contexts, long seed) {
      this.spec = spec;
      Random random = new Random(seed);
      int pages = contexts.stream().mapToInt(KvPages::pagesFor).sum();
      this.rows = new BatchRows(batch(contexts, pages, random));
      int stride = spec.kvHeads() * spec.headDim();
      this.keys = numbers(pages * PAGE * stride, random);
      this.values = numbers(keys.length, random);
      this.queries = numbers(contexts.size() * spec.queryHeads() * spec.headDim(), random);
      this.areas =
          new DecodeAttention.Areas(
              new CpuKvCache.Layer(stride, area(keys), area(values)),
              area(queries),
              NativeFloats.zeros(queries.length));
    }

    private static ForwardBatch batch(List<Integer> contexts, int pages, Random random) {
      List<Integer> free = new ArrayList<>(IntStream.range(0, pages).boxed().toList());
      Collections.shuffle(free, random);
      ImmutableList.Builder<SequenceChunk> chunks = ImmutableList.builder();
      int taken = 0;
      for (int context : contexts) {
        int own = KvPages.pagesFor(context);
        chunks.add(
            new SequenceChunk(
                ImmutableIntArray.copyOf(free.subList(taken, taken + own)),
                context - 1,
                ImmutableIntArray.of(1),
                SequenceChunk.NOTHING));
        taken += own;
      }
      return new ForwardBatch(chunks.build());
    }

    private static float[] numbers(int count, Random random) {
      float[] numbers = new float[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      return numbers;
    }

    private static NativeFloats area(float[] numbers) {
      NativeFloats area = NativeFloats.zeros(numbers.length);
      area.write(0, numbers, 0, numbers.length);
      return area;
    }

    /** Returns what all heads of all rows read, computed in {@code threads} shares. */
    float[] attend(long nativeFrom, long mostRows, int threads) {
      float[] result = new float[queries.length];
      areas.result().write(0, result, 0, result.length);
      try (DecodeAttention attention = new DecodeAttention(new Softmax(), nativeFrom, mostRows)) {
        for (int thread = 0; thread < threads; thread++) {
          DecodeShare share = DecodeShare.of(rows.singles(), spec.kvHeads(), thread, threads);
          attention.attend(spec, rows, share, areas);
        }
      }
      areas.result().read(0, result, 0, result.length);
      return result;
    }

    /** Returns the same in float64. */
    double[] expected() {
      double[] expected = new double[queries.length];
      for (BatchRows.Piece piece : rows.singles()) {
        for (int head = 0; head < spec.queryHeads(); head++) {
          expect(piece, head, expected);
        }
      }
      return expected;
    }

    private void expect(BatchRows.Piece piece, int head, double[] expected) {
      int headDim = spec.headDim();
      int at = (piece.row() * spec.queryHeads() + head) * headDim;
      double[] weights = new double[piece.seen()];
      double sum = 0;
      for (int token = 0; token < weights.length; token++) {
        double score = 0;
        for (int dim = 0; dim < headDim; dim++) {
          score +=
              (double) queries[at + dim]
                  * keys[start(piece, token, head) + dim * PAGE + token % PAGE];
        }
        weights[token] = Math.exp(score / Math.sqrt(headDim));
        sum += weights[token];
      }
      for (int token = 0; token < weights.length; token++) {
        int from = start(piece, token, head) + token % PAGE * headDim;
        for (int dim = 0; dim < headDim; dim++) {
          expected[at + dim] += weights[token] / sum * values[from + dim];
        }
      }
    }

    private int start(BatchRows.Piece piece, int token, int head) {
      int page = piece.pages().get(token / PAGE);
      return (page * spec.kvHeads() + head / spec.groupSize()) * PAGE * spec.headDim();
    }

    @Override
    public void close() {
      areas.memory().keys().close();
      areas.memory().values().close();
      areas.queries().close();
      areas.result().close();
    }
  }

  @Property(tries = 60)
  void bothWaysEqualFloat64WithinRounding(
      @ForAll("specs") AttentionSpec.GroupedQuery spec,
      @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 300) Integer> contexts,
      @ForAll long seed) {
    try (Rows rows = new Rows(spec, contexts, seed)) {
      double[] expected = rows.expected();
      for (long nativeFrom : new long[] {ALWAYS_NATIVE, NEVER_NATIVE}) {
        float[] computed = rows.attend(nativeFrom, AT_ONCE, 1);
        for (int i = 0; i < expected.length; i++) {
          assertThat((double) computed[i]).isCloseTo(expected[i], within(TOLERANCE));
        }
      }
    }
  }

  @Property(tries = 60)
  void bothWaysAndAnySharesGiveTheSameBits(
      @ForAll("specs") AttentionSpec.GroupedQuery spec,
      @ForAll @Size(min = 1, max = 9) List<@IntRange(min = 1, max = 300) Integer> contexts,
      @ForAll @IntRange(min = 1, max = 5) int threads,
      @ForAll @IntRange(min = 1, max = 2000) int mostRows,
      @ForAll long seed) {
    try (Rows rows = new Rows(spec, contexts, seed)) {
      float[] expected = rows.attend(ALWAYS_NATIVE, AT_ONCE, 1);
      assertThat(rows.attend(ALWAYS_NATIVE, mostRows, threads)).isEqualTo(expected);
      if (FusedMultiplyAdd.AVAILABLE) { // elsewhere Java never attends
        assertThat(rows.attend(NEVER_NATIVE, AT_ONCE, threads)).isEqualTo(expected);
      }
    }
  }

  @Property(tries = 100)
  void sharesAreAllItemsOnce(
      @ForAll @Size(max = 9) List<@IntRange(min = 1, max = 3000) Integer> contexts,
      @ForAll @IntRange(min = 1, max = 4) int kvHeads,
      @ForAll @IntRange(min = 1, max = 7) int threads) {
    ImmutableList<BatchRows.Piece> pieces =
        contexts.stream()
            .map(context -> new BatchRows.Piece(0, 1, context - 1, ImmutableIntArray.of()))
            .collect(ImmutableList.toImmutableList());
    int next = 0;
    for (int thread = 0; thread < threads; thread++) {
      DecodeShare share = DecodeShare.of(pieces, kvHeads, thread, threads);
      assertThat(share.from()).isEqualTo(next);
      next = share.to();
    }
    assertThat(next).isEqualTo(pieces.size() * kvHeads);
  }
}
