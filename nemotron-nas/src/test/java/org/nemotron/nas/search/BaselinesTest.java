package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;

/** Answers worked out by hand. */
final class BaselinesTest {
  private static Alternative memory(String id, double score, double memory) {
    return Alternative.of(id, score, ImmutableMap.of("memory", memory));
  }

  @Test
  void greedy_twoLayers_takesTheOneOfLowerMeanFirstAndHandsOnWhatItLeaves() {
    // A share of 5 each. The second layer has the lower mean: only f fits, and leaves 2 of its 5.
    // So b, with 6, fits the first layer, where it would not have fitted alone.
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("a", 3, 4), memory("b", 1, 6), memory("c", 2, 5))
            .layer(memory("d", 0.5, 6), memory("e", 1, 5.5), memory("f", 1.5, 3))
            .fixedCosts(ImmutableMap.of("memory", 2.0))
            .budget(Budget.atMost("memory", 12))
            .build();
    Solution greedy = Baselines.greedy(problem).orElseThrow();
    assertThat(greedy.ids()).containsExactly("b", "f");
    assertThat(greedy.score()).isEqualTo(2.5);
  }

  @Test
  void greedy_candidateThatTakesItsWholeShare_fits() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("all", 1, 5), memory("more", 0, 5.5), memory("less", 2, 1))
            .budget(Budget.atMost("memory", 5))
            .build();
    assertThat(Baselines.greedy(problem).orElseThrow().ids()).containsExactly("all");
  }

  @Test
  void greedy_candidateForTwoLayers_hasTheSharesOfBoth() {
    SearchProblem.Builder builder =
        SearchProblem.builder()
            .layer(memory("one", 1, 4), memory("both", 0.1, 9).covering(2))
            .layer(memory("other", 4, 1));
    SearchProblem wide = builder.budget(Budget.atMost("memory", 10)).build();
    assertThat(Baselines.greedy(wide).orElseThrow().ids()).containsExactly("both");
    SearchProblem tight = builder.budget(Budget.atMost("memory", 8)).build();
    assertThat(Baselines.greedy(tight).orElseThrow().ids()).containsExactly("one", "other");
  }

  @Test
  void greedy_layerThatIsCovered_isNotCoveredAgain() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("one", 5, 4), memory("both", 3, 4).covering(2))
            .layer(memory("own", 1, 4))
            .budget(Budget.atMost("memory", 10))
            .build();
    assertThat(Baselines.greedy(problem).orElseThrow().ids()).containsExactly("one", "own");
  }

  @Test
  void greedy_layerWithNothingThatFits_isEmpty() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("a", 1, 6), memory("c", 2, 7))
            .layer(memory("b", 2, 1), memory("d", 3, 1))
            .budget(Budget.atMost("memory", 10))
            .build();
    assertThat(Baselines.greedy(problem)).isEmpty();
  }

  @Test
  void greedy_layersThatAreKept_takeMoreThanAnEvenShare() {
    // An even share is 5, and the kept layers need 8; they leave 4 for two layers.
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("kept", 0, 8))
            .layer(memory("a", 0, 8), memory("b", 1, 3), memory("c", 2, 1))
            .layer(memory("d", 0, 8), memory("e", 2, 2))
            .layer(memory("kept", 0, 8))
            .budget(Budget.atMost("memory", 20))
            .build();
    assertThat(Baselines.greedy(problem).orElseThrow().ids())
        .containsExactly("kept", "c", "e", "kept");
  }

  @Test
  void greedy_keptLayersBeyondTheBudget_isEmpty() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("kept", 0, 8))
            .layer(memory("kept", 0, 8))
            .budget(Budget.atMost("memory", 15))
            .build();
    assertThat(Baselines.greedy(problem)).isEmpty();
  }

  @Test
  void greedy_withoutBudgets_takesTheLeastHarmful() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("a", 1, 6), memory("b", 2, 1))
            .layer(memory("c", 2, 1), memory("d", 0, 9))
            .build();
    assertThat(Baselines.greedy(problem).orElseThrow().ids()).containsExactly("a", "d");
  }

  @Test
  void homogeneous_severalThatFit_isTheLeastHarmfulThatIsInEveryLayer() {
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < 3; layer++) {
      builder.layer(
          memory("wide", 0, 10),
          memory("middle", 1, 4),
          memory("thin", 2, 1),
          memory("only here " + layer, 0, 0));
    }
    SearchProblem problem = builder.budget(Budget.atMost("memory", 20)).build();
    assertThat(Baselines.homogeneous(problem).orElseThrow().ids())
        .containsExactly("middle", "middle", "middle");
  }

  @Test
  void homogeneous_candidateForTwoLayers_standsOneAfterTheOther() {
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < 4; layer++) {
      builder.layer(
          memory("single", 9, 1),
          layer < 3 ? memory("pair", 1, 1).covering(2) : memory("last", 9, 1));
    }
    assertThat(Baselines.homogeneous(builder.build()).orElseThrow().ids())
        .containsExactly("pair", "pair");
  }

  @Test
  void homogeneous_noneFits_isEmpty() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(memory("a", 1, 6))
            .layer(memory("a", 2, 6))
            .budget(Budget.atMost("memory", 10))
            .build();
    assertThat(Baselines.homogeneous(problem)).isEmpty();
  }

  @Test
  void mostParameters_unknownCost_isRefusedByName() {
    SearchProblem problem = SearchProblem.builder().layer(memory("a", 1, 6)).build();
    assertThatThrownBy(() -> Baselines.mostParameters(problem, "size"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("size")
        .hasMessageContaining("memory");
  }
}
