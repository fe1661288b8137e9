package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.MemoryFormat;
import org.nemotron.nas.score.Score;

final class PlanFilesTest {
  private static final CompressionPlan DEFAULTS = TinyRun.unread();

  private Path file = Path.of("plan.json");

  @BeforeEach
  void name(@TempDir Path directory) {
    file = directory.resolve("plan.json");
  }

  private CompressionPlan read(String json) throws IOException {
    Files.writeString(file, json);
    return PlanFiles.read(file, DEFAULTS);
  }

  private void assertRefused(String json, String sentence) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": " + sentence);
  }

  @Test
  void read_writtenPlan_isEqual() throws IOException {
    CompressionPlan plan = DEFAULTS.brief();
    assertThat(plan).isNotEqualTo(DEFAULTS);
    assertThat(read(PlanFiles.write(plan))).isEqualTo(plan);
  }

  @Test
  void read_fewKeys_keepsTheDefaultsOfAllOthers() throws IOException {
    CompressionPlan plan =
        read(
            "{\"execution\": {\"seed\": 7, \"childDtype\": \"FLOAT32\"}, \"local\": {\"steps\":"
                + " 5}}");
    assertThat(plan.execution().seed()).isEqualTo(7);
    assertThat(plan.execution().childDtype()).isEqualTo(DType.FLOAT32);
    assertThat(plan.local()).isEqualTo(DEFAULTS.local().withSteps(5));
    assertThat(plan.global()).isEqualTo(DEFAULTS.global());
    assertThat(plan.targets()).isEqualTo(DEFAULTS.targets());
  }

  @Test
  void read_targets_replaceThoseOfTheDefaults() throws IOException {
    CompressionPlan plan =
        read(
            "{\"targets\": [{\"name\": \"fast\", \"limits\":"
                + " [{\"quantity\": \"SPEEDUP\", \"bound\": \"AT_LEAST\", \"value\": 3}]}]}");
    assertThat(plan.targets()).containsExactly(Target.speedup("fast", 3));
  }

  @Test
  void read_ownCostsAndAMetric_areLimitsAndScoresByTheirNames() throws IOException {
    CompressionPlan plan =
        read(
            "{\"inputs\": {\"ownScores\": [\"s.json\"], \"ownCosts\": [\"c.json\"]},"
                + " \"scoring\": {\"metric\": \"stories\"}, \"targets\": [{\"name\": \"t\","
                + " \"limits\": [{\"quantity\": \"joules\", \"bound\": \"AT_MOST\","
                + " \"value\": 3}]}]}");
    assertThat(plan.scoring().metric()).isEqualTo(new Score.Metric("stories"));
    assertThat(plan.targets())
        .containsExactly(Target.of("t", Limit.ofCost("joules", Limit.Bound.AT_MOST, 3)));
    assertThat(read(PlanFiles.write(plan))).isEqualTo(plan);
  }

  @Test
  void read_memoryFormatAndKeptLayers_areThose() throws IOException {
    CompressionPlan plan =
        read("{\"costs\": {\"memoryFormat\": \"FLOAT32\"}, \"space\": {\"keepLayers\": [0, -1]}}");
    assertThat(plan.costs().memoryFormat()).isEqualTo(MemoryFormat.FLOAT32);
    assertThat(plan.space()).isEqualTo(DEFAULTS.space().toBuilder().keepLayers(0, -1).build());
  }

  @Test
  void read_byteOrderMark_isNoPartOfThePlan() throws IOException {
    assertThat(read("\uFEFF{\"global\": {\"steps\": 2}}\r\n"))
        .isEqualTo(read("{\"global\": {\"steps\": 2}}"));
  }

  @Test
  void read_emptyObject_isTheDefaults() throws IOException {
    assertThat(read("{}")).isEqualTo(DEFAULTS);
  }

  @Test
  void read_unknownKey_namesItAndThoseThereAre() {
    assertRefused(
        "{\"local\": {\"step\": 5}}",
        "local.step is not a key of a plan.\n"
            + "Maybe one of [steps, optimizer, divergenceFactor, residentLayers] is meant.");
  }

  @Test
  void read_wrongType_namesTheKey() {
    assertThatThrownBy(() -> read("{\"local\": {\"steps\": \"many\"}}"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": local.steps: ")
        .hasMessageContaining("many");
  }

  @Test
  void read_fractionForACount_isRefusedAndNotCutOff() {
    assertThatThrownBy(() -> read("{\"local\": {\"steps\": 5.5}}"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": local.steps: ")
        .hasMessageContaining("5.5");
  }

  @Test
  void read_valueOutOfRange_saysWhatItMustBe() {
    assertRefused(
        "{\"execution\": {\"threads\": -1}}", "execution: threads (-1) must not be negative");
    assertRefused("{\"data\": {\"batchSize\": 0}}", "data: batchSize (0) must be positive");
  }

  @Test
  void read_workThatCannotBeDone_isRefusedBeforeItBegins() {
    assertRefused("{\"local\": {\"steps\": 0}}", "local: steps (0) must be positive");
    assertRefused(
        "{\"local\": {\"optimizer\": {\"learningRate\": 0}}}",
        "local.optimizer: learningRate (0.0) must be positive");
    assertRefused(
        "{\"data\": {\"globalBatchSize\": 0}}", "data: globalBatchSize (0) must be positive");
    assertRefused(
        "{\"global\": {\"evaluateEvery\": 0}}", "global: evaluateEvery (0) must be positive");
    assertRefused("{\"costs\": {\"batchSizes\": [0]}}", "costs: batch (0) must be positive");
    assertRefused(
        "{\"costs\": {\"meter\": {\"decodeRounds\": 0}}}",
        "costs.meter: decodeRounds (0) must be positive");
    assertRefused(
        "{\"scoring\": {\"candidatesPerPass\": 0}}",
        "scoring: candidatesPerPass (0) must be positive");
  }

  @Test
  void read_null_isRefusedByName() {
    assertThatThrownBy(() -> read("{\"inputs\": {\"parent\": null}}"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": inputs.parent");
  }

  @Test
  void read_sameKeyTwice_isRefused() {
    assertThatThrownBy(() -> read("{\"execution\": {\"seed\": 1, \"seed\": 2}}"))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": the key seed is there twice");
  }

  @Test
  void read_deviceThatThereIsNot_saysWhatItMustBe() {
    assertRefused(
        "{\"execution\": {\"device\": \"gpu\"}}",
        "execution.device: device (gpu) must be cpu, cuda or cuda:N");
  }

  @Test
  void read_valueOfAnotherKind_saysWhatItMustBe() {
    assertRefused("{\"local\": {\"steps\": 3.7}}", "local.steps: must be a whole number, not 3.7");
    assertRefused("{\"local\": {\"steps\": \"x\"}}", "local.steps: must be a whole number, not x");
    assertRefused("{\"space\": {\"kvHeads\": 2}}", "space.kvHeads: must be a list");
    assertRefused(
        "{\"space\": {\"noOpFfn\": \"no\"}}", "space.noOpFfn: must be true or false, not no");
    assertRefused(
        "{\"targets\": [{\"name\": \"t\", \"limits\": [{\"quantity\": \"SPEEDUP\", \"bound\":"
            + " \"AT_LEAST\", \"value\": null}]}]}",
        "targets.limits.value: must not be null");
  }

  @Test
  void read_fileThatEndsEarly_saysSoWithoutTheParsersSettings() {
    assertThatThrownBy(() -> read("{\"local\": {\"steps\": 3}"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + " is not JSON (Unexpected end-of-input")
        .hasMessageContaining("line 1, column 1")
        .hasMessageNotContaining("Source");
  }

  @Test
  void read_pathThatIsNoText_namesTheKey() {
    assertThatThrownBy(() -> read("{\"inputs\": {\"parent\": []}}"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": inputs.parent: ");
  }

  @Test
  void read_withoutDefaults_writtenPlan_isEqual() throws IOException {
    CompressionPlan plan = DEFAULTS.brief().on(new Device("cuda", 1));
    Files.writeString(file, PlanFiles.write(plan));
    assertThat(PlanFiles.read(file)).isEqualTo(plan);
  }

  @Test
  void read_withoutDefaults_inputsOnly_isTheDefaultPlan() throws IOException {
    Files.writeString(
        file,
        "{\"inputs\": {\"parent\": \"parent\", \"texts\": [\"a.txt\"], \"heldOut\": [\"b.txt\"]}}");
    assertThat(PlanFiles.read(file)).isEqualTo(DEFAULTS);
  }

  @Test
  void read_withoutDefaults_inputMissing_namesTheKey() throws IOException {
    Files.writeString(file, "{\"inputs\": {\"parent\": \"parent\", \"texts\": [\"a.txt\"]}}");
    assertThatThrownBy(() -> PlanFiles.read(file))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": the plan must have the key inputs.heldOut");
  }

  @Test
  void write_plan_namesPathsAndDeviceAsAUserDoes() {
    assertThat(PlanFiles.write(DEFAULTS))
        .contains("\"parent\" : \"parent\"", "\"texts\" : [ \"a.txt\" ]", "\"device\" : \"cpu\"");
  }

  @Test
  void read_noObject_isRefused() {
    assertRefused("[]", "the plan must be an object");
    assertRefused("{\"local\": 5}", "local must be an object");
  }

  @Test
  void new_twoTargetsOfOneName_areRefused() {
    assertThatThrownBy(
            () ->
                PlanFiles.JSON.readValue(
                    PlanFiles.write(DEFAULTS).replace("\"2x\"", "\"1.5x\""), CompressionPlan.class))
        .hasMessageContaining("targets must have different names: [1.5x, 1.5x]");
  }
}
