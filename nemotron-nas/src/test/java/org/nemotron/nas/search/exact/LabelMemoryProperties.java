package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.nemotron.nas.search.MediumProblems;
import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.SearchProblem;

final class LabelMemoryProperties {
  private static final int NUMBERS = 8;

  /** A predecessor and an arc. */
  private static final int KEPT_BYTES = 8;

  @Provide
  Arbitrary<SearchProblem> problems() {
    return MediumProblems.any();
  }

  @Property(tries = 50)
  void widthsFitWhateverEarlierNodesKept(
      @ForAll("problems") SearchProblem problem,
      @ForAll @LongRange(min = 100_000, max = 100_000_000) long bytes,
      @ForAll long seed) {
    ReducedProblem reduced = ReducedProblem.of(PathProblems.of(problem));
    LabelMemory memory = new LabelMemory(bytes, Integer.MAX_VALUE, NUMBERS, reduced);
    Random random = new Random(seed);
    long kept = 0;
    for (int node = 0; node <= reduced.graph.lastNode(); node++) {
      int width = memory.width();
      // At each end: numbers of the labels that wait, and room for twice as many that come.
      long extending = 2L * 3 * width * NUMBERS * Double.BYTES;
      assertThat(kept + extending).isLessThanOrEqualTo(bytes);
      assertThat(width).isGreaterThan(1);
      int count = random.nextBoolean() ? width : random.nextInt(width);
      memory.keep(count);
      kept += (long) KEPT_BYTES * count;
    }
    assertThat(memory.scarce()).isTrue();
  }

  @Property(tries = 20)
  void enoughMemoryLeavesTheWidthAsAsked(@ForAll("problems") SearchProblem problem) {
    ReducedProblem reduced = ReducedProblem.of(PathProblems.of(problem));
    LabelMemory memory = new LabelMemory(1_000_000, 20, NUMBERS, reduced);
    assertThat(memory.width()).isEqualTo(20);
    assertThat(memory.scarce()).isFalse();
  }
}
