package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.graph.Path;

final class ProofsTest {
  private static final CostLimits.Range UNPROVEN =
      new CostLimits.Range(ImmutableList.of(1.0, 2.0), false);

  private static Solution solution(double score, double bound) {
    Alternative alternative = Alternative.of("a", score, ImmutableMap.of("ms", 1));
    SearchProblem problem = SearchProblem.builder().layer(ImmutableList.of(alternative)).build();
    Formulation formulation = Formulation.of(problem);
    return Solutions.of(formulation, Path.of(0), bound);
  }

  @Test
  void isComplete_allPointsProvenButTheRange_isTrueAndSaysSo() {
    Proofs proofs = new Proofs(0);
    proofs.note(Proofs.limit("ms", 2), solution(4, 4));
    proofs.noteRange("ms", UNPROVEN, false);
    assertThat(proofs.isComplete()).isTrue();
    assertThat(proofs.unproven())
        .containsExactly(
            "ms: a better score above the greatest limit is possible",
            "ms: an architecture below the least limit is possible");
  }

  @Test
  void isComplete_aPointWithAGapOrNone_isFalseAndSaysWhich() {
    Proofs proofs = new Proofs(0.1);
    proofs.note(Proofs.limit("ms", 3), solution(4, 3.9));
    assertThat(proofs.isComplete()).isTrue();
    proofs.note(Proofs.limit("ms", 2), solution(4, 3));
    proofs.noteNothing(Proofs.limit("ms", 1));
    assertThat(proofs.isComplete()).isFalse();
    assertThat(proofs.unproven())
        .containsExactly(
            "ms at most 2: the gap is 2.5e-01",
            "ms at most 1: nothing was found, and it is not proven that nothing fits");
  }
}
