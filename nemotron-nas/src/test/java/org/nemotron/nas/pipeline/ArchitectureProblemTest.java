package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Rule;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.Solution;

final class ArchitectureProblemTest {
  private static final ModelSpec PARENT =
      SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, SmallParent.BLOCK));
  private static final AttentionSpec NO_ATTENTION = new AttentionSpec.NoOp();
  private static final FfnSpec NARROW = new FfnSpec.Gated(24);
  private static final BlockSpec PAIR = new BlockSpec(NO_ATTENTION, NARROW);

  private static Score harm(double kl, double error) {
    return new Score(kl, error, 2 * kl, 0, 0, 0);
  }

  private static ScoreTable scores(ImmutableMap<Candidate, Score> more) {
    return new ScoreTable(
            ImmutableMap.of(
                new Candidate.Attention(0, NO_ATTENTION), harm(1, 3),
                new Candidate.Ffn(0, NARROW), harm(2, 4)))
        .with(new ScoreTable(more));
  }

  private static ArchitectureProblem problem(ImmutableMap<Candidate, Score> more) {
    CostTable costs =
        new CostTable(
            new Scenario(1, 4, 4),
            new MemoryModel(DType.FLOAT32),
            ImmutableMap.of(SmallParent.ATTENTION, new Latency(10, 1, 0, 0)),
            ImmutableMap.of(
                SmallParent.FFN, new Latency(20, 2, 0, 0), NARROW, new Latency(10, 1, 0, 0)),
            new Latency(5, 5, 0, 0));
    return new ArchitectureProblem(PARENT, scores(more), costs, Score.Metric.KL);
  }

  private static ImmutableList<Alternative> layer(ArchitectureProblem problem, int layer) {
    return ImmutableList.copyOf(problem.within(ImmutableList.of()).layers().get(layer));
  }

  @Test
  void within_scoredSubBlocks_makesAllPairsWithTheParentsOwn() {
    ArchitectureProblem problem = problem(ImmutableMap.of());
    assertThat(layer(problem, 0))
        .extracting(Alternative::id)
        .containsExactlyInAnyOrder("0:kv2+w48", "0:kv2+w24", "0:noop+w48", "0:noop+w24");
    assertThat(layer(problem, 1)).extracting(Alternative::id).containsExactly("1:kv2+w48");
  }

  @Test
  void new_metricThatNoCandidateHas_isRefusedByName() {
    CostTable costs = problem(ImmutableMap.of()).costs();
    assertThatThrownBy(
            () ->
                new ArchitectureProblem(
                    PARENT, scores(ImmutableMap.of()), costs, new Score.Metric("nope")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("metric (nope) must be one of [KL, LOSS, ACCURACY]");
  }

  @Test
  void within_pairScoredApart_hasTheSumAndItsError() {
    Alternative pair = named(problem(ImmutableMap.of()), "0:noop+w24");
    assertThat(pair.score()).isEqualTo(3);
    assertThat(pair.standardError()).isEqualTo(5);
    assertThat(named(problem(ImmutableMap.of()), "0:kv2+w48").score()).isZero();
  }

  @Test
  void within_pairScoredAsAWhole_hasThatScoreInsteadOfTheSum() {
    ArchitectureProblem problem =
        problem(ImmutableMap.of(new Candidate.Block(0, PAIR), harm(2.5, 1)));
    assertThat(layer(problem, 0))
        .extracting(Alternative::id)
        .containsExactlyInAnyOrder("0:kv2+w48", "0:kv2+w24", "0:noop+w48", "0:noop+w24*");
    assertThat(named(problem, "0:noop+w24*").score()).isEqualTo(2.5);
  }

  @Test
  void within_multiLayerReplacement_standsForBothLayersAtTheCostOfOne() {
    ArchitectureProblem problem =
        problem(ImmutableMap.of(new Candidate.MultiLayer(0, 2, SmallParent.BLOCK), harm(4, 1)));
    Alternative covering = named(problem, "0:kv2+w48 for 2 layers");
    assertThat(covering.covers()).isEqualTo(2);
    assertThat(covering.costs()).isEqualTo(named(problem, "1:kv2+w48").costs());
  }

  @Test
  void architecture_solutionWithACoveringBlock_isThatPlacement() {
    ArchitectureProblem problem =
        problem(ImmutableMap.of(new Candidate.MultiLayer(0, 2, SmallParent.BLOCK), harm(0.5, 1)));
    double most = PARENT.nonBlockParameters() + SmallParent.BLOCK.parameters(SmallParent.WIDTH) + 1;
    SearchProblem within =
        problem.within(ImmutableList.of(Budget.atMost(CostTable.PARAMETERS, most)));
    assertThat(PuzzleSearch.create().solve(within))
        .isInstanceOfSatisfying(
            SearchOutcome.Found.class,
            found ->
                assertThat(problem.architecture(found.best()))
                    .isEqualTo(
                        new Architecture(
                            ImmutableList.of(
                                new BlockChoice.MultiLayer(0, 2, SmallParent.BLOCK)))));
  }

  @Test
  void within_fixedCosts_areThoseOutsideTheLayers() {
    SearchProblem within = problem(ImmutableMap.of()).within(ImmutableList.of());
    assertThat(within.fixedCosts())
        .containsEntry(CostTable.PARAMETERS, 2080.0)
        .containsEntry(CostTable.LATENCY_NANOS, 5 + 3 * 5.0);
  }

  @Test
  void within_alternatives_areOfTheKindsOfTheirBlocks() {
    ArchitectureProblem problem =
        problem(
            ImmutableMap.of(
                new Candidate.Block(0, PAIR), harm(2.5, 1),
                new Candidate.MultiLayer(0, 2, SmallParent.BLOCK), harm(4, 1)));
    assertThat(named(problem, "0:noop+w24*").kinds())
        .containsExactly("attention.noop", "ffn.w24", "ffn.gated", "coupled");
    assertThat(named(problem, "0:kv2+w24").kinds())
        .containsExactly(
            "attention.kv2",
            "attention.gqa",
            "attention.parent",
            "ffn.w24",
            "ffn.gated",
            "decoupled");
    assertThat(named(problem, "0:kv2+w48").kinds()).contains("parent", "ffn.parent");
    assertThat(named(problem, "0:kv2+w48 for 2 layers").kinds()).containsExactly("multi-layer");
  }

  @Test
  void within_ruleOnAKind_holdsOfTheArchitectureFound() {
    ArchitectureProblem problem = problem(ImmutableMap.of());
    SearchProblem without =
        problem.within(ImmutableList.of()).toBuilder()
            .rule(Rule.atMost("ffn.parent", 1))
            .rule(Rule.atMost("attention.noop", 0))
            .build();
    Solution best = PuzzleSearch.create().solve(without).orElseThrow();
    assertThat(problem.architecture(best).blocks())
        .containsExactly(new BlockSpec(SmallParent.ATTENTION, NARROW), SmallParent.BLOCK);
    assertThat(problem.blockChoice(best.choices().get(0).alternative()))
        .isEqualTo(new BlockChoice.Decoupled(0, new BlockSpec(SmallParent.ATTENTION, NARROW)));
  }

  @Test
  void blockChoice_alternativeOfAnotherProblem_isRefusedByName() {
    Alternative foreign = Alternative.of("7:noop+noop", 0, ImmutableMap.of());
    assertThatThrownBy(() -> problem(ImmutableMap.of()).blockChoice(foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("7:noop+noop is no alternative of this problem");
  }

  private static Alternative named(ArchitectureProblem problem, String id) {
    return java.util.stream.Stream.of(0, 1)
        .flatMap(layer -> layer(problem, layer).stream())
        .filter(alternative -> alternative.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void faster_factorThatIsNone_isRefusedByName() {
    ArchitectureProblem problem = problem(ImmutableMap.of());
    for (double factor : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> problem.faster(factor))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("factor (%s) must be a finite number more than 0", factor);
    }
  }
}
