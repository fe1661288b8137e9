package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;

final class SearchProblemTest {
  private static Alternative candidate(String id, double score, double memory) {
    return Alternative.of(id, score, ImmutableMap.of("memory", memory));
  }

  private static SearchProblem.Builder oneGoodLayer() {
    return SearchProblem.builder().layer(candidate("good", 0, 1));
  }

  @Test
  void build_scoreIsNaN_namesLayerAndCandidate() {
    assertThatThrownBy(() -> oneGoodLayer().layer(candidate("bad", Double.NaN, 1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 1, candidate bad: score (NaN) must be a finite number");
  }

  @Test
  void build_costIsInfinite_namesLayerAndCandidate() {
    assertThatThrownBy(
            () -> oneGoodLayer().layer(candidate("bad", 0, Double.POSITIVE_INFINITY)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 1, candidate bad: cost memory (Infinity) must be a finite number");
  }

  @Test
  void build_costIsMissing_namesLayerAndCandidate() {
    Alternative poor = Alternative.of("poor", 0, ImmutableMap.of());
    assertThatThrownBy(() -> oneGoodLayer().layer(poor).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "layer 1, candidate poor: cost memory is missing, every candidate must have it");
  }

  @Test
  void build_layerIsEmpty_namesLayer() {
    assertThatThrownBy(() -> oneGoodLayer().layer().build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 1 has no candidate");
  }

  @Test
  void build_budgetOfUnknownCost_namesTheKnownOnes() {
    assertThatThrownBy(() -> oneGoodLayer().budget(Budget.atMost("latency", 1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("budget latency: the cost must be one of the candidates' costs [memory]");
  }

  @Test
  void build_coversBeyondTheLastLayer_namesLayerAndCandidate() {
    assertThatThrownBy(() -> oneGoodLayer().layer(candidate("long", 0, 1).covering(2)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 1, candidate long: covers (2) must end within the 2 layers");
  }

  @Test
  void build_sameIdTwice_namesLayerAndCandidate() {
    assertThatThrownBy(
            () -> SearchProblem.builder().layer(candidate("a", 0, 1), candidate("a", 1, 1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 0, candidate a: the id must be unique within its layer");
  }

  @Test
  void build_forcedCandidateUnknown_namesLayerAndCandidate() {
    assertThatThrownBy(() -> oneGoodLayer().rule(Rule.force(0, "absent")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 0, candidate absent: there is no such candidate to force or forbid");
    assertThatThrownBy(() -> oneGoodLayer().rule(Rule.forbid(1, "good")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 1, candidate good: there is no such candidate to force or forbid");
  }

  @Test
  void build_ruleOfUnknownKind_namesTheKnownOnes() {
    assertThatThrownBy(
            () ->
                oneGoodLayer()
                    .layer(candidate("none", 0, 1).ofKinds("noop", "attention"))
                    .rule(Rule.atMost("atention", 0))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "kind atention: a rule's kind must be one of the candidates' kinds [noop, attention]");
  }

  @Test
  void build_everythingForbidden_namesTheLayerThatStaysUncovered() {
    assertThatThrownBy(
            () ->
                oneGoodLayer().layer(candidate("only", 0, 1)).rule(Rule.forbid(1, "only")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 1: forced and forbidden candidates leave nothing that can stand here");
  }

  @Test
  void build_coversLeaveAGap_namesLayerAndCandidate() {
    assertThatThrownBy(
            () ->
                oneGoodLayer()
                    .layer(candidate("pair", 0, 1).covering(2), candidate("one", 0, 1))
                    .layer(candidate("two", 0, 1))
                    .layer(candidate("three", 0, 1))
                    .rule(Rule.force(1, "pair"))
                    .rule(Rule.forbid(3, "three"))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "layer 1, candidate pair: covers (2) leaves a gap, nothing that is permitted can stand "
                + "in layer 3");
  }

  @Test
  void build_standardErrorIsNegative_namesLayerAndCandidate() {
    assertThatThrownBy(
            () -> oneGoodLayer().layer(candidate("bad", 0, 1).withStandardError(-1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "layer 1, candidate bad: standardError (-1.0) must be a finite number, not negative");
  }

  @Test
  void build_scoresWouldOverflow_namesLayerAndCandidate() {
    assertThatThrownBy(() -> oneGoodLayer().layer(candidate("vast", 1e308, 1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "layer 1, candidate vast: score (1.0E308) is too large to be added up over the layers");
  }

  @Test
  void build_costsWouldOverflow_namesLayerAndCandidate() {
    assertThatThrownBy(() -> oneGoodLayer().layer(candidate("vast", 0, -1e308)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "layer 1, candidate vast: cost memory (-1.0E308) is too large to be added up over the "
                + "layers");
  }

  @Test
  void build_fixedCostUnknown_namesTheKnownOnes() {
    assertThatThrownBy(() -> oneGoodLayer().fixedCosts(ImmutableMap.of("latency", 1.0)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "fixed cost latency (1.0) must be a finite number and one of the candidates' costs "
                + "[memory]");
  }
}
