package org.nemotron.runtime.grammar;

import com.google.common.collect.ContiguousSet;
import com.google.common.collect.DiscreteDomain;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.List;

/** A set of characters, surrogates left out. Immutable. */
record CodePoints(ImmutableRangeSet<Integer> ranges) {
  static final CodePoints NONE = new CodePoints(ImmutableRangeSet.of());
  static final CodePoints ALL = NONE.and(0, 0xD7FF).and(0xE000, 0x10FFFF);
  static final CodePoints DIGITS = NONE.and('0', '9');
  static final CodePoints WORD = DIGITS.and('a', 'z').and('A', 'Z').and('_', '_');

  /** As in ECMAScript. */
  static final CodePoints SPACE =
      NONE.and('\t', '\r')
          .and(' ', ' ')
          .and(0xA0, 0xA0)
          .and(0x1680, 0x1680)
          .and(0x2000, 0x200A)
          .and(0x2028, 0x2029)
          .and(0x202F, 0x202F)
          .and(0x205F, 0x205F)
          .and(0x3000, 0x3000)
          .and(0xFEFF, 0xFEFF);

  static final CodePoints NO_LINE_END =
      NONE.and('\n', '\n').and('\r', '\r').and(0x2028, 0x2029).complement();

  private static final int SURROGATES = 0xD800;
  private static final int BEHIND_SURROGATES = 0xE000;

  static CodePoints of(int codePoint) {
    return NONE.and(codePoint, codePoint);
  }

  CodePoints and(int first, int last) {
    RangeSet<Integer> all = TreeRangeSet.create(ranges);
    all.add(Range.closed(first, last).canonical(DiscreteDomain.integers()));
    return new CodePoints(ImmutableRangeSet.copyOf(all));
  }

  CodePoints and(CodePoints other) {
    return new CodePoints(ranges.union(other.ranges));
  }

  CodePoints complement() {
    return ALL.without(this);
  }

  CodePoints without(CodePoints other) {
    return new CodePoints(ranges.difference(other.ranges).intersection(ALL.ranges));
  }

  CodePoints within(CodePoints other) {
    return new CodePoints(ranges.intersection(other.ranges));
  }

  boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** Returns the first and last characters of the ranges, in pairs, none of them a surrogate. */
  List<int[]> pairs() {
    List<int[]> pairs = new ArrayList<>();
    for (Range<Integer> range : ranges.intersection(ALL.ranges).asRanges()) {
      ContiguousSet<Integer> set = ContiguousSet.create(range, DiscreteDomain.integers());
      if (!set.isEmpty()) {
        add(pairs, set.first(), set.last());
      }
    }
    return pairs;
  }

  private static void add(List<int[]> pairs, int first, int last) {
    if (first < SURROGATES && last >= BEHIND_SURROGATES) {
      pairs.add(new int[] {first, SURROGATES - 1});
      pairs.add(new int[] {BEHIND_SURROGATES, last});
    } else {
      pairs.add(new int[] {first, last});
    }
  }
}
