package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
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
import org.nemotron.nas.pipeline.TrustRegionSearch.Result;
import org.nemotron.nas.report.SearchRound.KlToParent;
import org.nemotron.nas.report.SearchRound.Step;
import org.nemotron.nas.score.ContextScores;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PuzzleSearch;

/** Eight layers, each of which can do without its FFN; half of them have to. */
final class TrustRegionSearchTest {
  private static final int LAYERS = 8;
  private static final ModelSpec PARENT =
      SmallParent.spec(ImmutableList.copyOf(Collections.nCopies(LAYERS, SmallParent.BLOCK)));
  private static final CostTable COSTS =
      new CostTable(
          new Scenario(1, 4, 2),
          new MemoryModel(DType.FLOAT32),
          ImmutableMap.of(SmallParent.ATTENTION, new Latency(0, 10, 0, 0)),
          ImmutableMap.of(SmallParent.FFN, new Latency(0, 20, 0, 0)),
          new Latency(0, 5, 0, 0));

  private static final ImmutableList<Budget> BUDGETS =
      ImmutableList.of(Budget.atMost(CostTable.LATENCY_NANOS, 5 + LAYERS * 10 + 4 * 20));

  private final List<Architecture> measured = new ArrayList<>();

  /** Returns the child without the FFNs of {@code layers}. */
  private static Architecture without(int... layers) {
    Architecture child = Architecture.ofParent(PARENT);
    for (int layer : layers) {
      child =
          child.with(
              new BlockChoice.Decoupled(
                  layer, new BlockSpec(SmallParent.ATTENTION, new FfnSpec.NoOp())));
    }
    return child;
  }

  private static boolean lacks(Architecture architecture, int layer) {
    return architecture.blocks().get(layer).ffn().isNoOp();
  }

  /** The last layers matter most; the child lacks them. */
  private static ContextScores scores() {
    ImmutableMap.Builder<Candidate, Score> scores = ImmutableMap.builder();
    for (int layer = 0; layer < LAYERS; layer++) {
      scores.put(new Candidate.Ffn(layer, new FfnSpec.NoOp()), harm(1 + layer));
    }
    return new ContextScores(without(4, 5, 6, 7), harm(30), new ScoreTable(scores.buildOrThrow()));
  }

  private static Score harm(double kl) {
    return new Score(kl, 0, 0, 0, 0, 0);
  }

  private Result round(int most, ToDoubleFunction<Architecture> kl) {
    return new TrustRegionSearch(
            PARENT,
            COSTS,
            BUDGETS,
            Score.Metric.KL,
            architecture -> {
              measured.add(architecture);
              return new KlToParent(
                  2 * kl.applyAsDouble(architecture), kl.applyAsDouble(architecture));
            })
        .round(2, scores(), new KlToParent(30, 20), most);
  }

  private static int exchanged(Architecture architecture) {
    return Exchanges.count(scores().child(), architecture);
  }

  @Test
  void round_manyExchangesMeasuredAsPromised_takesThem() {
    Result result = round(LAYERS, architecture -> 15 - exchanged(architecture));
    assertThat(result.child()).isEqualTo(without(0, 1, 2, 3));
    assertThat(result.round().steps())
        .containsExactly(
            new Step(8, 8, 30 - 16, new KlToParent(14, 7), true),
            new Step(4, 4, 30 - 12, new KlToParent(22, 11), false),
            new Step(2, 2, 30 - 7, new KlToParent(26, 13), false));
    assertThat(result.round().after()).isEqualTo(new KlToParent(14, 7));
  }

  @Test
  void round_fewExchanges_makesThoseThatPromiseMostWithinTheBudget() {
    Result result = round(2, architecture -> 7);
    assertThat(result.child()).isEqualTo(without(0, 4, 5, 6));
    assertThat(result.round().steps())
        .singleElement()
        .extracting(Step::exchanged, Step::predictedNats)
        .containsExactly(2, 30.0 - 7);
  }

  @Test
  void round_manyExchangesThatMakeItWorse_takesFewer() {
    Result result = round(LAYERS, architecture -> exchanged(architecture) > 2 ? 25 : 19);
    assertThat(result.round().steps()).extracting(Step::most).containsExactly(8, 4, 2);
    assertThat(result.round().steps()).extracting(Step::taken).containsExactly(false, false, true);
    assertThat(result.child()).isEqualTo(without(0, 4, 5, 6));
    assertThat(measured).hasSize(3);
  }

  @Test
  void round_fewerExchangedThanAllowed_isNotFoundOnceMore() {
    // Room for eleven, but eight are all that help; with five it is four, and then at most two.
    Result result = round(11, architecture -> exchanged(architecture) == 4 ? 18 : 19);
    assertThat(result.round().steps()).extracting(Step::most).containsExactly(11, 5, 2);
    assertThat(result.round().steps()).extracting(Step::exchanged).containsExactly(8, 4, 2);
    assertThat(result.round().steps()).extracting(Step::taken).containsExactly(false, true, false);
    assertThat(measured).doesNotHaveDuplicates();
  }

  @Test
  void round_nothingBetter_keepsTheChildAndWhatItMeasured() {
    Result result = round(LAYERS, architecture -> 20);
    assertThat(result.child()).isEqualTo(scores().child());
    assertThat(result.round().taken()).isEmpty();
    assertThat(result.round().after()).isEqualTo(new KlToParent(30, 20));
    // One exchange alone is slower, or worse by its score.
    assertThat(result.round().steps()).extracting(Step::most).containsExactly(8, 4, 2);
  }

  @Test
  void round_scoresThatKnowOfNothingBetter_measuresNothing() {
    ContextScores best = new ContextScores(without(0, 1, 2, 3), harm(9), scores().table());
    Result result =
        new TrustRegionSearch(
                PARENT,
                COSTS,
                BUDGETS,
                Score.Metric.KL,
                architecture -> {
                  throw new AssertionError("measured " + architecture);
                })
            .round(1, best, new KlToParent(9, 9), 8);
    assertThat(result.round().steps()).isEmpty();
    assertThat(result.child()).isEqualTo(best.child());
  }

  @Test
  void everyStep_keepsToTheBudget() {
    Result unused = round(LAYERS, architecture -> 20);
    for (Architecture architecture : measured) {
      long ffns = IntStream.range(0, LAYERS).filter(layer -> !lacks(architecture, layer)).count();
      assertThat(ffns).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void solution_anotherArchitecture_hasItsScoreAndTheBoundOfTheBest() {
    ArchitectureProblem problem =
        new ArchitectureProblem(PARENT, scores().table(), COSTS, Score.Metric.KL);
    TargetSearch.Answer answer = answer(problem);
    assertThat(answer.architecture()).isEqualTo(without(0, 1, 2, 3));
    TargetSearch.Answer other = answer.with(without(0, 1, 2, 7));
    assertThat(other.architecture()).isEqualTo(without(0, 1, 2, 7));
    assertThat(other.solution().score()).isCloseTo(1 + 2 + 3 + 8, within(1e-12));
    assertThat(other.solution().bound()).isEqualTo(answer.solution().bound());
    assertThat(other.solution().gap()).isCloseTo(4 / 14.0, within(1e-12));
    assertThat(other.solution().costs()).isEqualTo(answer.solution().costs());
  }

  private static TargetSearch.Answer answer(ArchitectureProblem problem) {
    return new TargetSearch.Answer(
        problem,
        BUDGETS,
        PuzzleSearch.create().solve(problem.within(BUDGETS)).orElseThrow(),
        SpeedCorrection.NONE,
        1,
        0);
  }

  @Test
  void exchanges_ofOtherKinds_areCountedByChoice() {
    Architecture child = without(4);
    Architecture both =
        child.with(
            new BlockChoice.Decoupled(4, new BlockSpec(new AttentionSpec.NoOp(), SmallParent.FFN)));
    assertThat(Exchanges.count(child, both)).isEqualTo(1);
    assertThat(Exchanges.count(child, child)).isZero();
  }
}
