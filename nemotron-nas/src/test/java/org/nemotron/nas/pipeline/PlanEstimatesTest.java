package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.distill.OptimizerStates;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.MachineRates;
import org.nemotron.nas.estimate.MachineRoom;
import org.nemotron.nas.estimate.PassRate;
import org.nemotron.nas.estimate.ServingRate;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.estimate.WorkKind;
import org.nemotron.nas.report.EstimateText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.StageSeconds;

final class PlanEstimatesTest {
  private static final MachineRates RATES =
      new MachineRates(
          "test",
          1e11,
          1e11,
          1e10,
          1e5,
          ImmutableMap.copyOf(
              Maps.toMap(Arrays.asList(WorkKind.values()), kind -> new PassRate(1e-9, 1e-9))),
          ImmutableList.of(new ServingRate(2, 6, 4, 0.5, 0.01, 1, 0)),
          9);

  private static final MachineRoom LARGE = new MachineRoom(1L << 40, "cpu", 0, 1L << 40, "run");

  private static PlanWork work(CompressionPlan plan) {
    return new PlanWork(plan, SmallParent.spec(), 1328, RATES, LARGE, 1_000_000, 2, 1);
  }

  private static ImmutableList<String> names(Estimate estimate) {
    return estimate.stages().stream()
        .map(StageEstimate::stage)
        .collect(ImmutableList.toImmutableList());
  }

  @Test
  void estimate_tinyPlan_hasTheStagesOfItsRunInTheirOrder(@TempDir Path directory)
      throws IOException, NoArchitectureException {
    TinyRun tiny = TinyRun.in(directory);
    CompressionPlan plan = tiny.plan(2, TinyRun.SMALL, Target.speedup(1.01));
    plan = plan.toBuilder().costs(plan.costs().withCorrections(1)).build();
    Estimate estimate = new CompressionPipeline(plan).estimate();
    assertThat(Files.exists(plan.execution().output())).isFalse();
    RunSummary summary = new CompressionPipeline(plan).run();
    assertThat(names(estimate))
        .isEqualTo(summary.stages().stream().map(StageSeconds::stage).toList());
    assertThat(estimate.refusals()).isEmpty();
    assertThat(estimate.stages()).allMatch(stage -> stage.seconds() > 0);
    assertThat(EstimateText.render(estimate, StandardCharsets.UTF_8))
        .contains("library", "The longest stage is ", "Not counted in evaluation:");
  }

  @Test
  void estimates_withoutPairsAndSpeeds_leaveTheirStagesOut() {
    CompressionPlan plan =
        TinyRun.at(Path.of("x")).plan(Path.of("x/run"), 0, TinyRun.SMALL, TinyRun.TINY);
    assertThat(names(PlanEstimates.of(work(plan))))
        .containsExactly("library", "scores", "costs", "child", "child-tiny", "evaluation");
  }

  @Test
  void costs_roundsOfThePlan_areSettlingWarmUpAndRounds() {
    CompressionPlan plan = TinyRun.at(Path.of("x")).plan(Path.of("x/run"), 0, TinyRun.SMALL);
    // Two rounds of contexts of 6 + 2 tokens, 2 prefills and 3 decode steps.
    double expected = 0.6 + 2 * (8.0 / 6 * 0.5 + 0.01) + 2 * 0.5 + 3 * 0.01;
    assertThat(CostsStage.estimate(work(plan)).seconds()).isEqualTo(expected);
  }

  @Test
  void shares_quarterOfTheTimeOutsideTheLayers_areOfWhatIsLeft() {
    ServingRate rate = new ServingRate(2, 6, 4, 0.5, 0.01, 1, 0.25);
    MachineRates rates =
        new MachineRates("test", 1e11, 1e11, 1e10, 1e5, RATES.passes(), ImmutableList.of(rate), 9);
    CompressionPlan plan = TinyRun.at(Path.of("x")).plan(Path.of("x/run"), 0, TinyRun.SMALL);
    PlanWork work = new PlanWork(plan, SmallParent.spec(), 1328, rates, LARGE, 0, 2, 1);
    assertThat(work.global(Target.speedup(2)).share()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(work.timeShare(Target.speedup(2))).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void generationSeconds_longAndShortRounds_areTheLeastOrTenSeconds() {
    MeterSettings four = new MeterSettings(1, 1, 4);
    assertThat(GenerationRates.seconds(four, 4)).isEqualTo(1.5 * 4 + 16);
    assertThat(GenerationRates.seconds(four, 2)).isEqualTo(1.5 * 2 + 10);
    assertThat(GenerationRates.seconds(four, 1)).isEqualTo(1.5 + 8);
    assertThat(GenerationRates.briefSeconds(four, 1)).isEqualTo(3.5);
  }

  @Test
  void validationTokens_shortText_areAQuarterOfItInWholeWindows() {
    CompressionPlan plan = TinyRun.at(Path.of("x")).plan(Path.of("x/run"), 0, TinyRun.SMALL);
    PlanWork few =
        new PlanWork(
            plan, SmallParent.spec(), 200, RATES, LARGE, 0, 2, 1); // 50 kept, windows of 16
    assertThat(few.validationTokens()).isEqualTo(48);
    assertThat(work(plan).validationTokens()).isEqualTo(128);
  }

  @Test
  void refusals_eightBillionInFloat32StatesOn80GB_nameTheSettingThatFits() {
    CompressionPlan plan = TinyRun.unread().on(new Device("cuda", 0));
    plan =
        plan.toBuilder()
            .init(plan.init().toBuilder().refit(false).build())
            .data(plan.data().toBuilder().windowTokens(8192).globalBatchSize(1).build())
            .targets(ImmutableList.of(Target.speedup(1.3)))
            .build();
    assertThat(large(plan).refusals())
        .singleElement()
        .asString()
        .startsWith("child takes at least ")
        .contains("but cuda:0 has 79.00 GB left: ")
        .endsWith(
            " GB too little.\nMaybe global.optimizerStates EIGHT_BIT, a smaller"
                + " data.globalBatchSize or data.windowTokens; or 3 ranks, which is the least that"
                + " fits.");
    CompressionPlan lighter =
        plan.toBuilder()
            .global(plan.global().withOptimizerStates(OptimizerStates.EIGHT_BIT))
            .build();
    assertThat(large(lighter).refusals()).isEmpty();
  }

  @Test
  void refusals_eightBillionInFloat32StatesOnRanksOf80GB_endWithMoreOfThem() {
    CompressionPlan plan = TinyRun.unread().on(new Device("cuda", 0));
    plan =
        plan.toBuilder()
            .init(plan.init().toBuilder().refit(false).build())
            .data(plan.data().toBuilder().windowTokens(8192).globalBatchSize(4).build())
            .targets(ImmutableList.of(Target.speedup(1.3)))
            .build();
    assertThat(large(plan, 2).refusals())
        .singleElement()
        .asString()
        .startsWith("child takes at least ")
        .endsWith("data.windowTokens; or 3 ranks, which is the least that fits.");
    assertThat(large(plan, 3).refusals()).isEmpty();
  }

  @Test
  void seconds_ranksWithAGpuEach_areThoseOfTheirShares() throws IOException {
    CompressionPlan plan = shipped("llama-8b-h100.json");
    Estimate one = large(plan, 1);
    Estimate two = large(plan, 2);
    assertThat(seconds(two, "child")).isEqualTo(seconds(one, "child") / 2);
    assertThat(seconds(one, "library") / seconds(two, "library")).isBetween(1.9, 2.0);
    assertThat(seconds(two, "scores")).isEqualTo(seconds(one, "scores") / 2);
    assertThat(seconds(two, "evaluation")).isEqualTo(seconds(one, "evaluation"));
  }

  private static double seconds(Estimate estimate, String stage) {
    return estimate.stage(stage).orElseThrow().seconds();
  }

  @Test
  void refusals_fitOfLastProjectionsAt8B_nameTheSettingThatLeavesItOut() throws IOException {
    CompressionPlan plan = shipped("llama-8b-h100.json");
    plan = plan.toBuilder().init(plan.init().toBuilder().refit(true).build()).build();
    assertThat(large(plan).refusals())
        .singleElement()
        .asString()
        .startsWith("library takes at least ")
        .endsWith("Maybe init.refit false, a smaller data.batchSize or data.windowTokens.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-8b-h100.json", "llama-8b-h100-short.json"})
  void refusals_shippedPlanOfEightBillionOnOneCard_areNone(String name) throws IOException {
    Estimate estimate =
        PlanEstimates.of(
            new PlanWork(shipped(name), llama8b(), 4_000_000, RATES, CARD, 2_000_000_000, 16, 1));
    assertThat(estimate.refusals()).isEmpty();
  }

  /** An H100 with 80 GB in a container: 128 GB of memory, 64 GB of disk with the parent on it. */
  private static final MachineRoom CARD =
      new MachineRoom(120_000_000_000L, "cuda:0", 79_000_000_000L, 44_000_000_000L, "run");

  private static CompressionPlan shipped(String name) throws IOException {
    return PlanFiles.read(
        Path.of("../examples/gpu/plans").resolve(name), TinyRun.unread().on(new Device("cuda", 0)));
  }

  private static Estimate large(CompressionPlan plan) {
    return large(plan, 1);
  }

  private static Estimate large(CompressionPlan plan, int ranks) {
    MachineRoom h100 = new MachineRoom(1L << 42, "cuda:0", 79_000_000_000L, 1L << 42, "run", ranks);
    return PlanEstimates.of(new PlanWork(plan, llama8b(), 1 << 20, RATES, h100, 0, 16, ranks));
  }

  @Test
  void refusals_seventyBillionOnSixteenOf80GB_endWithADividedParent() {
    CompressionPlan whole = seventyBillionPlan();
    ImmutableList<String> refusals = seventyBillion(whole, 16).refusals();
    assertThat(refusals).isNotEmpty();
    assertThat(refusals)
        .anyMatch(refusal -> refusal.startsWith("library takes at least 199.32 GB, but cuda:0 has"))
        .filteredOn(refusal -> !refusal.startsWith("child"))
        .allMatch(refusal -> refusal.contains("Maybe execution.parent DIVIDED"));
    CompressionPlan divided = divided(whole);
    assertThat(seventyBillion(divided, 16).refusals()).isEmpty();
    CompressionPlan shorter =
        divided.toBuilder().data(divided.data().toBuilder().windowTokens(4096).build()).build();
    assertThat(seventyBillion(divided, 8).refusals())
        .singleElement()
        .asString()
        .startsWith("child takes at least ")
        .contains("data.windowTokens; or 9 ranks, which is the least that fits.");
    assertThat(seventyBillion(shorter, 8).refusals()).isEmpty();
  }

  @Test
  void memory_dividedParentOfSeventyBillion_isOfTheLayersThatAStageNeeds() {
    Estimate estimate = seventyBillion(divided(seventyBillionPlan()), 16);
    double outside = 2 * 2.0 * 128_256 * 8192;
    double layer = 2 * 855.65e6;
    // The layer that trains, the one at work and the next; beside training itself.
    assertThat(least(estimate, "library")).isGreaterThan(outside + 3 * layer);
    assertThat(least(estimate, "scores")).isBetween(outside + 3 * layer, 30e9);
    assertThat(least(estimate, "child")).isBetween(141e9 / 16 + outside, 79e9);
  }

  private static double least(Estimate estimate, String stage) {
    return estimate.stage(stage).orElseThrow().memory().leastDeviceBytes();
  }

  private static CompressionPlan divided(CompressionPlan plan) {
    return plan.toBuilder()
        .execution(plan.execution().withParent(CompressionPlan.ParentPlacement.DIVIDED))
        .build();
  }

  private static CompressionPlan seventyBillionPlan() {
    CompressionPlan plan = TinyRun.unread().on(new Device("cuda", 0));
    return plan.toBuilder()
        .init(plan.init().toBuilder().refit(false).build())
        .data(plan.data().toBuilder().windowTokens(8192).batchSize(1).globalBatchSize(8).build())
        .global(plan.global().withOptimizerStates(OptimizerStates.FLOAT32_IN_HOST_MEMORY))
        .costs(plan.costs().withTensorParallel(8))
        .targets(ImmutableList.of(TinyRun.parameters("51b", 51.5e9)))
        .build();
  }

  private static Estimate seventyBillion(CompressionPlan plan, int ranks) {
    MachineRoom room = new MachineRoom(1L << 43, "cuda:0", 79_000_000_000L, 1L << 42, "run", 8);
    BlockSpec block =
        new BlockSpec(new AttentionSpec.GroupedQuery(64, 8, 128), new FfnSpec.Gated(28_672));
    ModelSpec llama70b =
        new ModelSpecBuilder()
            .vocabularySize(128_256)
            .width(8192)
            .heads(64, 128)
            .maxPositions(16_384)
            .tied(false)
            .blocks(ImmutableList.copyOf(Collections.nCopies(80, block)))
            .build();
    return PlanEstimates.of(new PlanWork(plan, llama70b, 1 << 20, RATES, room, 0, 16, ranks));
  }

  private static ModelSpec llama8b() {
    BlockSpec block =
        new BlockSpec(new AttentionSpec.GroupedQuery(32, 8, 128), new FfnSpec.Gated(14_336));
    return new ModelSpecBuilder()
        .vocabularySize(128_256)
        .width(4096)
        .heads(32, 128)
        .maxPositions(16_384)
        .tied(false)
        .blocks(ImmutableList.copyOf(Collections.nCopies(32, block)))
        .build();
  }
}
