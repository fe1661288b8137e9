package org.nemotron.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.io.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.nas.report.ThroughputRow;

final class Table3Test {
  private static final ModelSpec SMALL =
      RandomModels.TALE_63M.withBlocks(
          ImmutableList.of(
              new BlockSpec(new AttentionSpec.GroupedQuery(8, 4, 64), new FfnSpec.Gated(64)),
              new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp())));

  /** The lines were printed by a program in Python that knows the parameters rounded to 1e7. */
  @Test
  void best_rowsOfTheTable_areThoseOfTheOtherProgram() throws IOException {
    StringBuilder lines = new StringBuilder();
    Table3Limits child = new Table3Limits(49.40e9, 94976, 2.0 * 128256 * 8192);
    Table3Limits parent = new Table3Limits(68.45e9, 163840, 2.0 * 128256 * 8192);
    for (Table3Scenario row : Table3Scenario.ALL) {
      lines.append(line(row, "51B", child, row.child(), row.childGpus()));
      lines.append(line(row, "70B", parent, row.parent(), row.parentGpus()));
      lines.append(line(row, "70B", parent, row.parentAlone(), 1));
    }
    assertThat(lines.toString())
        .isEqualTo(
            Resources.toString(
                Resources.getResource(Table3Test.class, "table3-limits.txt"),
                StandardCharsets.UTF_8));
  }

  private static String line(
      Table3Scenario row, String name, Table3Limits limits, double measured, int gpus) {
    Table3Limits.Best best = limits.best(row.prompt(), row.output(), gpus);
    return String.format(
        Locale.ROOT,
        "%s %s TP%d: TensorRT-LLM %.0f, limit %.0f at batch %d, so %.0f%% of it%n",
        row,
        name,
        gpus,
        measured,
        best.tokensPerSecond(),
        best.batch(),
        100 * measured / best.tokensPerSecond());
  }

  @Test
  void spec_modelsOfTheTable_haveTheSizesOfTheOtherProgram() {
    Table3Limits child = Table3Limits.of(Table3Models.B51.spec());
    assertThat(child.blockParameters() / 1e9).isCloseTo(49.40, within(0.01));
    assertThat(child.kvElements()).isEqualTo(94976);
    Table3Limits parent = Table3Limits.of(Table3Models.B70.spec());
    assertThat(parent.blockParameters() / 1e9).isCloseTo(68.45, within(0.01));
    assertThat(parent.kvElements()).isEqualTo(163840);
    assertThat(Table3Models.B51.spec().layers()).isEqualTo(80);
    // 49.87 billion parameters, of which 2.1 are embedding and head; 49 layers of 8 KV heads.
    assertThat(Table3Models.B49.spec().layers()).isEqualTo(80);
    assertThat(Table3Models.B49.spec().parameters() / 1e9).isCloseTo(49.87, within(0.01));
    assertThat(Table3Limits.of(Table3Models.B49.spec()).kvElements()).isEqualTo(49 * 2 * 8 * 128);
  }

  @Test
  void parse_rowOfTheTable_hasItsFigures() {
    Table3Scenario row = Table3Scenario.parse("128/1024");
    assertThat(row.measured(Table3Models.B51, 1)).hasValue(published(6472, 1));
    assertThat(row.measured(Table3Models.B70, 1)).hasValue(published(1274, 1));
    assertThat(row.measured(Table3Models.B70, 2)).hasValue(published(2975, 4));
    assertThat(row.measured(Table3Models.B8, 1)).isEmpty();
    assertThat(row.measured(Table3Models.B49, 2)).isEmpty();
    Table3Scenario longer = Table3Scenario.parse("128/2048");
    assertThat(longer.measured(Table3Models.B51, 1)).isEmpty();
    assertThat(longer.measured(Table3Models.B51, 2)).hasValue(published(4910, 2));
    assertThat(Table3Scenario.parse("7/9").measured(Table3Models.B51, 1)).isEmpty();
    assertThatThrownBy(() -> Table3Scenario.parse("7"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scenario (7) must be PROMPT/OUTPUT");
  }

  private static ThroughputRow.Published published(double tokensPerSecond, int gpus) {
    return new ThroughputRow.Published(tokensPerSecond, gpus);
  }

  @Test
  void average_pointsOfALine_isItsMiddle() {
    assertThat(Table3Run.average(ImmutableMap.of(10, 1.0, 20, 2.0, 40, 4.0))).isEqualTo(2.5);
    assertThat(Table3Run.average(ImmutableMap.of(10, 3.0))).isEqualTo(3);
  }

  @Test
  void get_sameSeedAndName_isTheSameTensor() {
    String name = "self_attn.q_proj.weight";
    try (NativeScope scope = NativeScope.open()) {
      Tensor first = weights(1).get(0, name);
      assertThat(first.equal(weights(1).get(0, name))).isTrue();
      assertThat(first.equal(weights(2).get(0, name))).isFalse();
      assertThat(first.equal(weights(1).get(0, "self_attn.o_proj.weight"))).isFalse();
      assertThatThrownBy(() -> weights(1).get(0, "none"))
          .hasMessage("the model has no tensor called model.layers.0.none");
    }
  }

  private static RandomWeights weights(long seed) {
    return new RandomWeights(SMALL, Device.CPU, DType.FLOAT32, new Seed(seed));
  }

  @Test
  void shortAndFullForm_smallModel_timeEveryPart() {
    try (InferenceBackend host = Backends.of(Device.CPU, 1);
        InferenceModel model = host.prepare(SMALL, weights(1), WeightFormat.FLOAT16, 128)) {
      Table3Run.Times whole = run(model, "70/66").fullForm();
      assertThat(whole.prefillSeconds()).isPositive();
      assertThat(whole.stepSeconds()).containsOnlyKeys(70, 134);
      assertThat(whole.saturated()).isZero();
      assertThat(whole.tokensPerSecond(3, 66))
          .isEqualTo(3 * 66 / (whole.prefillSeconds() + whole.decodeSeconds()));
      Table3Run.Times some = run(model, "70/1").shortForm(0.01);
      assertThat(some.stepSeconds()).containsOnlyKeys(70);
      assertThat(some.decodeSeconds()).isEqualTo(some.stepSeconds().get(70));
    }
  }

  /** Long enough that every sequence ends and another takes its place. */
  @Test
  void measure_sequencesOfAllAges_neverNeedMorePagesThanReserved() {
    Table3Scenario scenario = Table3Scenario.parse("70/66");
    try (InferenceBackend host = Backends.of(Device.CPU, 1);
        InferenceModel model = host.prepare(SMALL, weights(1), WeightFormat.FLOAT16, 256);
        Table3InFlight flight =
            new Table3InFlight(
                model, KvFormat.USUAL, scenario, 11, new Table3Admission.Apart(3), true)) {
      Table3InFlight.Window window = flight.measure(0.3);
      assertThat(window.steps()).isPositive();
      assertThat(window.tokens()).isBetween(8L * window.steps(), 11L * window.steps());
      assertThat(window.prefillSeconds()).isBetween(0.0, window.seconds());
    }
    Table3Admission apart = new Table3Admission.Apart(3);
    assertThat(Table3InFlight.batch(scenario, 50, batch -> apart, 100)).isGreaterThan(11);
    assertThat(
            Table3InFlight.pages(
                scenario, Table3InFlight.batch(scenario, 50, batch -> apart, 100), apart))
        .isLessThanOrEqualTo(50);
  }

  /** Prompts of several pieces, read beside the tokens of others. */
  @Test
  void measure_promptsBesideTokens_everySequenceEndsAndAnotherTakesItsPlace() {
    Table3Scenario scenario = Table3Scenario.parse("150/20");
    Table3Admission even = Table3Admission.even(scenario, 9, 256);
    assertThat(even).isEqualTo(new Table3Admission.Beside(128));
    assertThat(even.reading(scenario)).isEqualTo(2);
    try (InferenceBackend host = Backends.of(Device.CPU, 1);
        InferenceModel model = host.prepare(SMALL, weights(1), WeightFormat.FLOAT16, 256);
        Table3InFlight flight =
            new Table3InFlight(model, KvFormat.USUAL, scenario, 9, even, true)) {
      assertThat(flight.mixedSteps(128, 100)).isBetween(600L, 900L);
      Table3InFlight.Window window = flight.measure(0.01);
      assertThat(window.steps()).isPositive();
      assertThat(window.prefillSeconds()).isZero();
    }
  }

  @Test
  void even_scenarios_keepSequencesGoing() {
    assertThat(Table3Admission.even(Table3Scenario.parse("2048/128"), 100, 4096))
        .isEqualTo(new Table3Admission.Beside(1664));
    assertThat(Table3Admission.even(Table3Scenario.parse("128/4096"), 100, 4096))
        .isEqualTo(new Table3Admission.Beside(64));
    assertThat(Table3Admission.even(Table3Scenario.parse("2048/128"), 300, 4096))
        .isEqualTo(new Table3Admission.Beside(59 * 64));
  }

  @Test
  void read_configOfAModel_isItsShapeAndName(@TempDir Path files) throws IOException {
    Path directory = Files.createDirectory(files.resolve("some-49b"));
    Files.copy(Path.of("models/tale-7m/config.json"), directory.resolve("config.json"));
    Table3Subject subject = Table3Subject.read(directory);
    assertThat(Table3Subject.read(directory.resolve("config.json"))).isEqualTo(subject);
    assertThat(subject.name()).isEqualTo("some-49b");
    assertThat(subject.published(Table3Scenario.ALL.get(0), 1)).isEmpty();
    assertThat(subject.first(2).spec().layers()).isEqualTo(2);
    Path other = Files.createFile(files.resolve("other.json"));
    assertThatThrownBy(() -> Table3Subject.read(other))
        .hasMessage("--config (" + other + ") must be a config.json");
  }

  private static Table3Run run(InferenceModel model, String scenario) {
    return new Table3Run(model, KvFormat.USUAL, Table3Scenario.parse(scenario), 3);
  }

  @Test
  void newSession_eightBitCacheOnTheCpu_isRefused() {
    try (InferenceBackend host = Backends.of(Device.CPU, 1);
        InferenceModel model = host.prepare(SMALL, weights(1), WeightFormat.FLOAT16, 128)) {
      assertThatThrownBy(() -> model.newSession(1, KvFormat.FLOAT8_E4M3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("format of the KV cache (FLOAT8_E4M3) must be USUAL on the CPU");
    }
  }
}
