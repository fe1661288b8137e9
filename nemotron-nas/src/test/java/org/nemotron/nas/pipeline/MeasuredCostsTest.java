package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.CorruptedFiles;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.PairedRates;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.CompressionPlan.CostPlan;
import org.nemotron.nas.report.RunSummary;

final class MeasuredCostsTest {
  private static final ModelSpec PARENT = SmallParent.spec();

  private Path directory;
  private Path file;

  @BeforeEach
  void write(@TempDir Path given) throws IOException {
    directory = given;
    file = directory.resolve("edge.json");
    costs("an edge box", SmallParent.SPACE).write(file);
  }

  /** Costs by the number of parameters, as if measured. */
  private static MeasuredCosts costs(String machine, SearchSpace space) {
    CostTable table =
        new CostTable(
            new Scenario(1, 7, 5),
            new MemoryModel(DType.FLOAT16, DType.FLOAT32),
            ImmutableMap.copyOf(
                Maps.toMap(
                    space.attentions(PARENT), spec -> latency(spec.parameters(SmallParent.WIDTH)))),
            ImmutableMap.copyOf(
                Maps.toMap(
                    space.ffns(PARENT), spec -> latency(spec.parameters(SmallParent.WIDTH)))),
            latency(100));
    return new MeasuredCosts(
        machine,
        "cpu",
        "small",
        StageDependencies.architecture(PARENT).hex(),
        "2026-11-26",
        ImmutableList.of(table),
        ImmutableList.of());
  }

  private static Latency latency(double nanos) {
    return new Latency(nanos, nanos, 0, 0);
  }

  @Test
  void read_asWritten_isTheSame() throws IOException {
    assertThat(MeasuredCosts.read(file)).isEqualTo(costs("an edge box", SmallParent.SPACE));
  }

  @Test
  void check_planItWasMeasuredFor_passes() throws IOException {
    MeasuredCosts.read(file).check(file, PARENT, SmallParent.SPACE);
  }

  @ParameterizedTest
  @EnumSource
  void read_damaged_isRefusedByName(CorruptedFiles damage) throws IOException {
    damage.to(file);
    String fault =
        damage == CorruptedFiles.DELETED
            ? " is missing.\nMaybe measure-costs has to be run first, on the machine that will serve."
            : " is damaged, or was not written by measure-costs.\nMaybe copy it again from the"
                + " machine that measured.";
    assertThatThrownBy(() -> MeasuredCosts.read(file))
        .isInstanceOf(IOException.class)
        .hasMessage(file + fault);
  }

  @Test
  void read_otherMethod_isRefusedByName() throws IOException {
    ObjectNode json = SealedJson.read(file).orElseThrow();
    json.remove("digest");
    SealedJson.write(file, json.put("method", 2));
    assertThatThrownBy(() -> MeasuredCosts.read(file))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + ": costs of method 2 do not compare with this version's, "
                + LatencyMeter.METHOD
                + ".\n"
                + "Maybe measure them again.");
  }

  @Test
  void read_otherKind_isRefusedByName() throws IOException {
    ObjectNode json = SealedJson.read(file).orElseThrow();
    json.remove("digest");
    SealedJson.write(file, json.put("kind", "stage"));
    assertThatThrownBy(() -> MeasuredCosts.read(file))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + ": kind (\"stage\") and format (1) must be \"measured costs\" and 1.\n"
                + "Maybe another file is meant.");
  }

  @Test
  void check_otherParent_isRefusedByName() throws IOException {
    ModelSpec other = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK));
    MeasuredCosts costs = MeasuredCosts.read(file);
    assertThatThrownBy(() -> costs.check(file, other, SmallParent.SPACE))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "%s: costs of another parent (small, architecture %.12s) than the plan's (%.12s).\n"
                    .formatted(file, costs.parent(), StageDependencies.architecture(other).hex())
                + "Maybe measure-costs the plan's parent there.");
  }

  @Test
  void check_otherSpace_namesWhatWasNotMeasured() throws IOException {
    MeasuredCosts costs = MeasuredCosts.read(file);
    SearchSpace wider = SmallParent.SPACE.toBuilder().ffnFractions(0.75).build();
    assertThatThrownBy(() -> costs.check(file, PARENT, wider))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + ": costs of another search space: ffn.w36 was not measured.\n"
                + "Maybe measure-costs with this plan.");
  }

  @Test
  void plan_costsForNoTarget_areRefused() {
    CompressionPlan plan = TinyRun.unread();
    CostPlan costs =
        plan.costs().withElsewhere(new CostPlan.Elsewhere(file, ImmutableList.of("3x")));
    assertThatThrownBy(() -> plan.toBuilder().costs(costs).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("costs.elsewhere: " + file + " is for target 3x; there are [1.5x, 2x]");
  }

  @Test
  void sources_twoMachinesForOneTarget_areRefused() throws IOException {
    Path other = directory.resolve("other.json");
    costs("another box", SmallParent.SPACE).write(other);
    CompressionPlan plan = elsewhere(file, other);
    assertThatThrownBy(() -> CostSources.read(plan, PARENT, OwnTables.read(plan)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "costs.elsewhere: one target has costs of two machines, an edge box (cpu), weights"
                + " float16, KV cache float32, 2026-11-26 and another box");
  }

  private CompressionPlan elsewhere(Path... files) throws IOException {
    CompressionPlan plan =
        TinyRun.in(directory).plan(0, TinyRun.SMALL, Target.speedup("edge", 1.2));
    CostPlan.Elsewhere[] sources = new CostPlan.Elsewhere[files.length];
    for (int index = 0; index < files.length; index++) {
      sources[index] = new CostPlan.Elsewhere(files[index], ImmutableList.of("edge"));
    }
    return plan.toBuilder().costs(plan.costs().withElsewhere(sources).withCorrections(2)).build();
  }

  @Test
  void run_targetWithCostsOfAnotherMachine_isSearchedWithThem()
      throws IOException, NoArchitectureException {
    RunSummary summary = new CompressionPipeline(elsewhere(file)).run();
    RunSummary.TargetSummary edge = summary.target("edge");
    assertThat(edge.solution().batch()).isEqualTo(1);
    // Costs are numbers of parameters there, the rest counts 100; five decode steps at most.
    assertThat(edge.predicted().speedUp()).isGreaterThanOrEqualTo(1.2);
    assertThat(edge.limits()).isEmpty();
    assertThat(edge.goal()).contains("by costs of an edge box (cpu)", "not measured there");
    assertThat(summary.environment())
        .hasEntrySatisfying(
            "costs of edge",
            words ->
                assertThat(words)
                    .startsWith("an edge box (cpu), weights float16")
                    .contains("the speed of whole models was not measured there"));
    assertThat(summary.target("small").solution().batch()).isEqualTo(2);
    assertThat(Files.exists(directory.resolve("run/costs.json"))).isTrue();
  }

  /** As an edge box would have measured what {@code asked} wants; all children alike. */
  private static ImmutableList<MeasuredSpeed> speeds(AskedSpeeds asked, double speedup) {
    return asked.models().stream()
        .map(
            one ->
                new MeasuredSpeed(
                    one.ofParent(),
                    one.scenario(),
                    one.blocks(),
                    new PairedRates(
                        ImmutableList.of(
                            ImmutableList.of(100.0, 100 * speedup),
                            ImmutableList.of(50.0, 50 * speedup)))))
        .collect(ImmutableList.toImmutableList());
  }

  private void write(ImmutableList<MeasuredSpeed> speeds) throws IOException {
    MeasuredCosts known = MeasuredCosts.read(file);
    new MeasuredCosts(
            known.machine(),
            known.device(),
            known.parentName(),
            known.parent(),
            known.date(),
            known.tables(),
            speeds)
        .write(file);
  }

  @Test
  void run_againWithSpeedsThatItAskedFor_holdsThemAgainstTheLimit()
      throws IOException, NoArchitectureException {
    CompressionPlan plan = elsewhere(file);
    RunSummary before = new CompressionPipeline(plan).run();
    assertThat(before.target("edge").speedUpMachine())
        .isEqualTo("this machine, not the one it is for,");
    Path ask = directory.resolve("run/ask-edge.json");
    AskedSpeeds asked = AskedSpeeds.read(ask, PARENT);
    assertThat(asked.models()).hasSizeGreaterThan(1).doesNotHaveDuplicates();
    write(speeds(asked, 1.3));
    RunSummary.TargetSummary edge = new CompressionPipeline(plan).run().target("edge");
    assertThat(Files.exists(ask)).isFalse();
    assertThat(edge.speedUp().median()).isEqualTo(1.3);
    assertThat(edge.speedUpMachine()).startsWith("an edge box");
    assertThat(edge.limits()).singleElement().matches(RunSummary.CheckedLimit::met);
    assertThat(edge.goal()).endsWith("; measured there");
  }

  @Test
  void run_tooSlowAsMeasuredElsewhere_asksForAFasterOne()
      throws IOException, NoArchitectureException {
    CompressionPlan plan = elsewhere(file);
    RunSummary before = new CompressionPipeline(plan).run();
    Path ask = directory.resolve("run/ask-edge.json");
    AskedSpeeds asked = AskedSpeeds.read(ask, PARENT);
    write(speeds(asked, 1.05).subList(0, 1));
    RunSummary.TargetSummary edge = new CompressionPipeline(plan).run().target("edge");
    assertThat(edge.solution().layers()).isNotEqualTo(before.target("edge").solution().layers());
    assertThat(edge.limits()).isEmpty();
    assertThat(AskedSpeeds.read(ask, PARENT).models()).doesNotContain(asked.models().get(0));
  }

  @Test
  void withSpeeds_architecturesAsked_areMeasuredBesideTheParent()
      throws IOException, NoArchitectureException {
    CompressionPlan plan = elsewhere(file);
    RunSummary unused = new CompressionPipeline(plan).run();
    Path ask = directory.resolve("run/ask-edge.json");
    MeasuredCosts here = costs(CostsStage.machine(Device.CPU), SmallParent.SPACE);
    MeasuredCosts measured = here.withSpeeds(plan, ask, done -> {});
    here.withSpeeds(plan, ask, done -> {}).write(file);
    assertThat(measured.speeds())
        .extracting(MeasuredSpeed::blocks)
        .containsExactlyElementsOf(
            AskedSpeeds.read(ask, PARENT).models().stream()
                .map(AskedSpeeds.Asked::blocks)
                .toList());
    assertThat(measured.withSpeeds(plan, ask, done -> {}).speeds())
        .hasSameSizeAs(measured.speeds());
    assertThat(MeasuredCosts.read(file).speeds()).hasSameSizeAs(measured.speeds());
    assertThatThrownBy(() -> costs("a box", SmallParent.SPACE).withSpeeds(plan, ask, done -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(": costs of a box (cpu), and this is ")
        .hasMessageEndingWith("Maybe measure the architectures there.");
  }

  @ParameterizedTest
  @EnumSource
  void asked_damaged_isRefusedByName(CorruptedFiles damage) throws IOException {
    Path ask = directory.resolve("ask.json");
    AskedSpeeds.Asked one =
        new AskedSpeeds.Asked(
            new Scenario(1, 7, 5), new Scenario(1, 7, 5), ImmutableList.copyOf(PARENT.blocks()));
    new AskedSpeeds(StageDependencies.architecture(PARENT).hex(), ImmutableList.of(one)).write(ask);
    assertThat(AskedSpeeds.read(ask, PARENT).models()).containsExactly(one);
    damage.to(ask);
    assertThatThrownBy(() -> AskedSpeeds.read(ask, PARENT))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(ask + " is ")
        .hasMessageContaining("Maybe copy it");
  }

  @Test
  void asked_otherFilesAndOtherParents_areRefusedByName() throws IOException {
    assertThatThrownBy(() -> AskedSpeeds.read(file, PARENT))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + ": kind (\"measured costs\") and format (1) must be \"architectures to measure\""
                + " and 1.\nMaybe another file is meant.");
    Path ask = directory.resolve("ask.json");
    AskedSpeeds.Asked one =
        new AskedSpeeds.Asked(
            new Scenario(1, 7, 5), new Scenario(1, 7, 5), ImmutableList.copyOf(PARENT.blocks()));
    new AskedSpeeds("0123456789abcdef", ImmutableList.of(one)).write(ask);
    assertThatThrownBy(() -> AskedSpeeds.read(ask, PARENT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(": children of another parent (architecture 0123456789ab) than");
  }
}
