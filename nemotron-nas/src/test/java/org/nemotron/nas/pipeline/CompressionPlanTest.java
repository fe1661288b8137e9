package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.nemotron.core.data.BadRecords;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.data.Packing;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.MemoryFormat;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.distill.OptimizerStates;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.RefitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.CompressionPlan.CostPlan;
import org.nemotron.nas.pipeline.CompressionPlan.CoupledPlan;
import org.nemotron.nas.pipeline.CompressionPlan.DataPlan;
import org.nemotron.nas.pipeline.CompressionPlan.Execution;
import org.nemotron.nas.pipeline.CompressionPlan.Inputs;
import org.nemotron.nas.pipeline.CompressionPlan.NonFinite;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoringSettings;

final class CompressionPlanTest {
  private static final OptimizerSettings OPTIMIZER = OptimizerSettings.ofRate(5e-3);

  /** Differs from the defaults in every setting. */
  private static final CompressionPlan UNUSUAL =
      new CompressionPlan(
          new Inputs(
              Path.of("other"),
              ImmutableList.of(),
              ImmutableList.of(Path.of("h")),
              ImmutableList.of(Path.of("s.json")),
              ImmutableList.of(Path.of("c.json")),
              new DocumentPlan(
                  ImmutableList.of(DocumentSource.of(ImmutableList.of("d.jsonl"))),
                  BadRecords.SKIP,
                  Packing.WITHIN_DOCUMENTS,
                  0.1,
                  0.2)),
          new Execution(
              Path.of("elsewhere"),
              new Device("cuda", 1),
              DType.BFLOAT16,
              DType.FLOAT16,
              3,
              7,
              NonFinite.STOP),
          new DataPlan(32, 5, 6, 900, 60, 48, 2),
          SearchSpace.NO_OPS,
          InitSettings.builder()
              .channels(InitSettings.ChannelImportance.INDEPENDENT)
              .kvHeads(InitSettings.KvHeadStart.BEST_HEADS)
              .calibrationBatches(9)
              .refit(false)
              .build(),
          new LocalDistillationSettings(77, OPTIMIZER, 4, 3),
          new CoupledPlan(99, OPTIMIZER, ImmutableList.of(1.25)),
          new RefitSettings(17, 0.03),
          new ScoringSettings(Score.Metric.LOSS, 2, ScoringSettings.HiddenStates.HOST, 6),
          new CostPlan(
              ImmutableList.of(3),
              5,
              6,
              new MeterSettings(7, 8, 9),
              10,
              MemoryFormat.BFLOAT16,
              ImmutableList.of(
                  new CostPlan.Elsewhere(Path.of("edge.json"), ImmutableList.of("small"))),
              2),
          new SearchPlan(3, 6),
          new GlobalDistillationSettings(
              500, OPTIMIZER, 0.5, 2, 0.25, 50, OptimizerStates.EIGHT_BIT, 3),
          ImmutableList.of(Target.of("small", new Limit(Quantity.PARAMETERS, Bound.AT_MOST, 1e6))),
          new EvaluationPlan("arc_easy", Path.of("b"), 5)
              .withChat(false)
              .withBaselines()
              .withJudge(new JudgePlan("http://localhost:1/v1", "j", "KEY")));

  @Test
  void toBuilder_nothingSet_buildsTheSamePlan() {
    assertThat(UNUSUAL.toBuilder().build()).isEqualTo(UNUSUAL);
  }

  @Test
  void toBuilder_everythingSet_buildsThatPlan() {
    assertThat(
            TinyRun.unread().toBuilder()
                .inputs(UNUSUAL.inputs())
                .execution(UNUSUAL.execution())
                .data(UNUSUAL.data())
                .space(UNUSUAL.space())
                .init(UNUSUAL.init())
                .local(UNUSUAL.local())
                .coupled(UNUSUAL.coupled())
                .refit(UNUSUAL.refit())
                .scoring(UNUSUAL.scoring())
                .costs(UNUSUAL.costs())
                .search(UNUSUAL.search())
                .global(UNUSUAL.global())
                .targets(UNUSUAL.targets())
                .evaluation(UNUSUAL.evaluation())
                .build())
        .isEqualTo(UNUSUAL);
  }

  @Test
  void newExecution_typeThatTheDeviceDoesNotTrainIn_isRefused() {
    assertThatThrownBy(
            () ->
                new Execution(
                    Path.of("run"),
                    new Device("cuda", 0),
                    DType.FLOAT32,
                    DType.BFLOAT16,
                    0,
                    1,
                    NonFinite.CONTINUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dtype (float32) must be bfloat16 to train on cuda:0");
  }

  @Test
  void executionWith_eachSetting_changesThatAlone() {
    Execution other = UNUSUAL.execution();
    assertThat(
            Execution.DEFAULT
                .withOutput(other.output())
                .on(other.device())
                .withChildDtype(other.childDtype())
                .withThreads(other.threads())
                .withSeed(other.seed())
                .withNonFinite(other.nonFinite()))
        .isEqualTo(other);
  }

  @Test
  void workersSettingsWith_eachSetting_changeThatAlone() {
    LocalDistillationSettings local = UNUSUAL.local();
    assertThat(
            LocalDistillationSettings.DEFAULT
                .withSteps(local.steps())
                .withOptimizer(local.optimizer())
                .withDivergenceFactor(local.divergenceFactor())
                .withResidentLayers(local.residentLayers()))
        .isEqualTo(local);
    assertThat(RefitSettings.NONE.withBatches(17).batches()).isEqualTo(17);
    GlobalDistillationSettings global = UNUSUAL.global();
    assertThat(
            GlobalDistillationSettings.DEFAULT
                .withSteps(global.steps())
                .withOptimizer(global.optimizer())
                .withWeights(global.cosineWeight(), global.klWeight(), global.lmWeight())
                .withEvaluateEvery(global.evaluateEvery())
                .withOptimizerStates(global.optimizerStates())
                .withMicroBatch(global.microBatch()))
        .isEqualTo(global);
    assertThat(
            GlobalDistillationSettings.DEFAULT.toBuilder()
                .steps(global.steps())
                .optimizer(global.optimizer())
                .cosineWeight(global.cosineWeight())
                .klWeight(global.klWeight())
                .lmWeight(global.lmWeight())
                .optimizerStates(global.optimizerStates())
                .evaluateEvery(global.evaluateEvery())
                .microBatch(global.microBatch())
                .build())
        .isEqualTo(global);
    ScoringSettings scoring = UNUSUAL.scoring();
    assertThat(
            ScoringSettings.DEFAULT
                .withMetric(scoring.metric())
                .withCandidatesPerPass(scoring.candidatesPerPass())
                .withHiddenStates(scoring.hiddenStates())
                .withAuditedPairs(scoring.auditedPairs()))
        .isEqualTo(scoring);
    assertThat(MeterSettings.DEFAULT.withPartRounds(7, 8).withGenerationRounds(9))
        .isEqualTo(UNUSUAL.costs().meter());
  }

  @Test
  void on_anotherDevice_trainsInItsType() {
    CompressionPlan onCpu = UNUSUAL.on(Device.CPU);
    assertThat(onCpu.execution().dtype()).isEqualTo(DType.FLOAT32);
    assertThat(onCpu.on(new Device("cuda", 1))).isEqualTo(UNUSUAL);
  }

  @Test
  void withParentAndOutput_others_changeThoseAlone() {
    CompressionPlan moved = UNUSUAL.withParent(Path.of("mine")).withOutput(Path.of("there"));
    assertThat(moved.inputs().parent()).isEqualTo(Path.of("mine"));
    assertThat(moved.execution().output()).isEqualTo(Path.of("there"));
    assertThat(moved.withParent(Path.of("other")).withOutput(Path.of("elsewhere")))
        .isEqualTo(UNUSUAL);
  }

  @Test
  void scenarios_severalBatches_areOneForEach() {
    CostPlan costs = new CostPlan(ImmutableList.of(1, 8), 5, 6, MeterSettings.DEFAULT, 0);
    assertThat(costs.scenarios()).containsExactly(new Scenario(1, 5, 6), new Scenario(8, 5, 6));
    assertThat(costs.withTensorParallel(2).scenarios())
        .containsExactly(new Scenario(1, 5, 6, 2), new Scenario(8, 5, 6, 2));
  }

  @Test
  void partsWith_eachSetting_changeThatAlone() {
    DataPlan data = UNUSUAL.data();
    assertThat(
            DataPlan.DEFAULT.toBuilder()
                .windowTokens(data.windowTokens())
                .batchSize(data.batchSize())
                .globalBatchSize(data.globalBatchSize())
                .trainingTokens(data.trainingTokens())
                .validationTokens(data.validationTokens())
                .heldOutWindowTokens(data.heldOutWindowTokens())
                .heldOutWindows(data.heldOutWindows())
                .build())
        .isEqualTo(data);
    CostPlan costs = UNUSUAL.costs();
    assertThat(
            CostPlan.DEFAULT
                .withScenarios(costs.batchSizes(), costs.promptTokens(), costs.outputTokens())
                .withMeter(costs.meter())
                .withCorrections(costs.corrections())
                .withMemoryFormat(costs.memoryFormat())
                .withElsewhere(costs.elsewhere().get(0))
                .withTensorParallel(2))
        .isEqualTo(costs);
    assertThat(CoupledPlan.DEFAULT.withSteps(99).withSpeedups(1.25).speedups())
        .isEqualTo(UNUSUAL.coupled().speedups());
    Inputs inputs = UNUSUAL.inputs();
    assertThat(
            new Inputs(Path.of("p"), ImmutableList.of(Path.of("t")), inputs.heldOut())
                .withDocuments(inputs.documents())
                .withOwnScores(Path.of("s.json"))
                .withOwnCosts(Path.of("c.json"))
                .withParent(Path.of("other")))
        .isEqualTo(inputs);
  }

  @Test
  void newPlan_metricOrCostThatNoFileCanHave_isRefusedByName() {
    CompressionPlan plan = TinyRun.unread();
    assertThatThrownBy(
            () ->
                plan.toBuilder()
                    .scoring(plan.scoring().withMetric(new Score.Metric("KLL")))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "scoring.metric (KLL) must be one of [KL, LOSS, ACCURACY], TASKS where evaluation.tasks"
                + " names some, or the metric of a file in inputs.ownScores");
    Target watts = Target.of("cool", Limit.ofCost("watts", Bound.AT_MOST, 3));
    assertThatThrownBy(() -> plan.toBuilder().targets(ImmutableList.of(watts)).build())
        .hasMessage(
            "target cool: quantity (watts) must be one of [SPEEDUP, TOKENS_PER_SECOND,"
                + " LATENCY_MILLIS, PREFILL_MILLIS, MEMORY_BYTES, PARAMETERS], or the cost of a"
                + " file in inputs.ownCosts");
  }

  @Test
  void search_settingOutOfRange_isNamed() {
    assertThatThrownBy(() -> new SearchPlan(-1, 4))
        .hasMessage("search rounds (-1) must not be negative");
    assertThatThrownBy(() -> new SearchPlan(1, 0))
        .hasMessage("search exchanges (0) must be positive");
    assertThat(SearchPlan.DEFAULT.withRounds(2).withExchanges(7)).isEqualTo(new SearchPlan(2, 7));
  }

  @Test
  void newPlan_roundsWithADividedParent_areRefused() {
    CompressionPlan plan = TinyRun.unread();
    CompressionPlanBuilder divided =
        plan.toBuilder()
            .search(plan.search().withRounds(2))
            .execution(plan.execution().withParent(CompressionPlan.ParentPlacement.DIVIDED));
    assertThatThrownBy(divided::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "search.rounds (2) must be 0 where execution.parent is DIVIDED: a round computes with"
                + " whole models");
  }

  @Test
  void newPlan_roundsByAMetricThatIsNotMeasured_areRefused() {
    CompressionPlan plan = TinyRun.unread().toBuilder().search(new SearchPlan(2, 4)).build();
    CompressionPlan.Inputs own = plan.inputs().withOwnScores(Path.of("s.json"));
    ScoringSettings scoring =
        new ScoringSettings(
            new Score.Metric("words"), 2, ScoringSettings.HiddenStates.AUTOMATIC, 6);
    assertThatThrownBy(() -> plan.toBuilder().inputs(own).scoring(scoring).build())
        .hasMessage(
            "search.rounds (2) must be 0 where scoring.metric is words: within a child, candidates"
                + " are scored by [KL, LOSS, ACCURACY] only");
  }

  @Test
  void limit_anyQuantity_isNamedByItsCostOrNone() {
    assertThat(new Limit(Quantity.MEMORY_BYTES, Bound.AT_MOST, 2.4e7))
        .hasToString("memory in bytes at most 24,000,000");
    assertThat(new Limit(Quantity.SPEEDUP, Bound.AT_LEAST, 2)).hasToString("speed-up at least 2.0");
    assertThat(Limit.ofCost("watts", Bound.AT_MOST, 3)).hasToString("watts at most 3.0");
    assertThatThrownBy(() -> new Limit(Quantity.OWN_COST, Bound.AT_MOST, 3))
        .hasMessage("a limit on OWN_COST must name a cost (\"\")");
    assertThatThrownBy(() -> new Limit(Quantity.SPEEDUP, "watts", Bound.AT_MOST, 3))
        .hasMessage("a limit on SPEEDUP must not name a cost (\"watts\")");
  }

  @Test
  void speedup_factorAlone_isNamedByIt() {
    assertThat(Target.speedup(1.5)).isEqualTo(Target.speedup("1.5x", 1.5));
    assertThat(Target.speedup(2)).isEqualTo(Target.speedup("2x", 2));
  }

  @Test
  void brief_anyPlan_keepsRatesAndTargetsAndCutsWork() {
    CompressionPlan brief = UNUSUAL.brief();
    assertThat(brief.targets()).isEqualTo(UNUSUAL.targets());
    assertThat(brief.local()).isEqualTo(UNUSUAL.local().withSteps(6));
    assertThat(brief.coupled()).isEqualTo(new CoupledPlan(4, OPTIMIZER, ImmutableList.of(1.25)));
    assertThat(brief.scoring()).isEqualTo(UNUSUAL.scoring().withAuditedPairs(4));
    assertThat(brief.costs())
        .isEqualTo(UNUSUAL.costs().withMeter(new MeterSettings(3, 10, 2)).withCorrections(1));
    assertThat(brief.search()).isEqualTo(new SearchPlan(1, 6));
    assertThat(brief.global()).isEqualTo(UNUSUAL.global().withSteps(10).withEvaluateEvery(5));
    assertThat(brief.data()).isEqualTo(new DataPlan(32, 5, 6, 100_000, 1_024, 256, 4));
  }
}
