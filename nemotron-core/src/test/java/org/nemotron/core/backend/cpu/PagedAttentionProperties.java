package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.tensor.CpuThreads;

/** Attention over pages against the same in float64. */
final class PagedAttentionProperties {
  private static final int PAGE = KvPages.PAGE_TOKENS;

  /** Float32 sums of a few hundred products of normal numbers, the scores' errors in exponents. */
  private static final double TOLERANCE = 2e-5;

  @Provide
  Arbitrary<AttentionSpec.GroupedQuery> specs() {
    return Arbitraries.of(
        new AttentionSpec.GroupedQuery(4, 2, 10),
        new AttentionSpec.GroupedQuery(3, 3, 2),
        new AttentionSpec.GroupedQuery(8, 4, 32),
        new AttentionSpec.GroupedQuery(8, 1, 64),
        new AttentionSpec.GroupedQuery(6, 2, 80),
        new AttentionSpec.GroupedQuery(2, 2, 128));
  }

  @Property(tries = 80, edgeCases = EdgeCasesMode.NONE)
  void singleRowsEqualFloat64WithinRounding(
      @ForAll("specs") AttentionSpec.GroupedQuery spec,
      @ForAll @IntRange(min = 1, max = 400) int context,
      @ForAll long seed) {
    assertEqual(spec, context - 1, 1, seed);
  }

  @Property(tries = 80, edgeCases = EdgeCasesMode.NONE)
  void rowsOfAPageEqualFloat64WithinRounding(
      @ForAll("specs") AttentionSpec.GroupedQuery spec,
      @ForAll @IntRange(max = 3) int pagesBefore,
      @ForAll @IntRange(min = 2, max = 64) int rows,
      @ForAll long seed) {
    assertEqual(spec, pagesBefore * PAGE, rows, seed);
  }

  /** Rows whose keys and values, in pages in any order, lie among others of any value. */
  private static void assertEqual(
      AttentionSpec.GroupedQuery spec, int position, int rows, long seed) {
    Random random = new Random(seed);
    int seen = position + rows;
    int kept = spec.kvHeads() * spec.headDim();
    float[][] keys = numbers(seen, kept, random);
    float[][] values = numbers(seen, kept, random);
    float[][] queries = numbers(rows, spec.queryHeads() * spec.headDim(), random);
    float[][] computed = attend(spec, position, keys, values, queries, random);
    double[] differences = new double[spec.headDim()];
    for (int row = 0; row < rows; row++) {
      for (int head = 0; head < spec.queryHeads(); head++) {
        double[] expected = expected(spec, head, position + row + 1, keys, values, queries[row]);
        for (int i = 0; i < spec.headDim(); i++) {
          differences[i] = computed[row][head * spec.headDim() + i] - expected[i];
        }
        assertThat(differences).containsExactly(new double[spec.headDim()], within(TOLERANCE));
      }
    }
  }

  private static float[][] numbers(int rows, int width, Random random) {
    float[][] numbers = new float[rows][width];
    for (float[] row : numbers) {
      for (int i = 0; i < width; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return numbers;
  }

  private static float[][] attend(
      AttentionSpec.GroupedQuery spec,
      int position,
      float[][] keys,
      float[][] values,
      float[][] queries,
      Random random) {
    int rows = queries.length;
    int width = queries[0].length;
    int stride = keys[0].length;
    int pages = KvPages.pagesFor(keys.length);
    List<Integer> places = new ArrayList<>(IntStream.range(0, pages + 2).boxed().toList());
    Collections.shuffle(places, random);
    ImmutableIntArray own = ImmutableIntArray.copyOf(places.subList(0, pages));
    try (CpuThreads.Lease oneCore = CpuThreads.onePerOperation();
        NativeFloats keyArea = anything((pages + 2) * PAGE * stride);
        NativeFloats valueArea = anything((pages + 2) * PAGE * stride);
        NativeFloats queryArea = anything(rows * width);
        NativeFloats result = anything(rows * width);
        ThreadWorkspace space = new ThreadWorkspace(1, 1)) {
      CpuKvCache.Layer memory = new CpuKvCache.Layer(stride, keyArea, valueArea);
      for (int token = 0; token < keys.length; token++) {
        long slot = (long) own.get(token / PAGE) * PAGE + token % PAGE;
        for (int head = 0; head < spec.kvHeads(); head++) {
          int from = head * spec.headDim();
          memory.writeKey(slot, head, keys[token], from, spec.headDim());
          memory.writeValue(slot, head, values[token], from, spec.headDim());
        }
      }
      for (int row = 0; row < rows; row++) {
        queryArea.write((long) row * width, queries[row], 0, width);
      }
      PagedAttention attention = new PagedAttention(spec, memory, queryArea, result, space);
      for (int head = 0; head < spec.kvHeads(); head++) {
        attention.attend(new BatchRows.Piece(0, rows, position, own), head);
      }
      float[][] computed = new float[rows][width];
      for (int row = 0; row < rows; row++) {
        result.read((long) row * width, computed[row], 0, width);
      }
      return computed;
    }
  }

  /** What lies beyond a sequence must not be looked at. */
  private static NativeFloats anything(int floats) {
    NativeFloats area = NativeFloats.zeros(floats);
    float[] nothing = new float[floats];
    Arrays.fill(nothing, Float.NaN);
    area.write(0, nothing, 0, floats);
    return area;
  }

  private static double[] expected(
      AttentionSpec.GroupedQuery spec,
      int head,
      int visible,
      float[][] keys,
      float[][] values,
      float[] query) {
    int headDim = spec.headDim();
    int from = head / spec.groupSize() * headDim;
    double[] result = new double[headDim];
    double sum = 0;
    for (int token = 0; token < visible; token++) {
      double score = 0;
      for (int i = 0; i < headDim; i++) {
        score += (double) query[head * headDim + i] * keys[token][from + i];
      }
      double weight = Math.exp(score / Math.sqrt(headDim));
      sum += weight;
      for (int i = 0; i < headDim; i++) {
        result[i] += weight * values[token][from + i];
      }
    }
    for (int i = 0; i < headDim; i++) {
      result[i] /= sum;
    }
    return result;
  }
}
