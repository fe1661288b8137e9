package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.nas.distill.TrainingStep;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.RunSummary;

final class RunMetricsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @TempDir
  private Path directory;

  private final Events events = new Events();
  private double now = 100;
  private long resident = 1000;

  private RunMetrics metrics() throws IOException {
    return new RunMetrics(
        directory, events, Optional.empty(), true, () -> now, () -> resident, () -> 0);
  }

  private List<JsonNode> lines() throws IOException {
    return lines(directory);
  }

  private static List<JsonNode> lines(Path run) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private static TrainingStep step(long step, double loss) {
    return new TrainingStep(
        step, 512, loss, ImmutableMap.of("logits", 0.25, TrainingStep.GRADIENT_NORM, 3.0));
  }

  @Test
  void trainingStep_finite_isALineWithLossTermsAndRate() throws IOException {
    try (RunMetrics metrics = metrics()) {
      metrics.started("child", 10);
      now = 102;
      metrics.trained("child", step(0, 0.5));
      metrics.advanced("child", 1, 10);
    }
    assertThat(lines().get(1))
        .isEqualTo(
            JSON.readTree(
                """
                {"time": 102.0, "event": "step", "stage": "child", "residentBytes": 1000,
                 "step": 0, "steps": 10, "loss": 0.5, "logits": 0.25, "gradientNorm": 3.0,
                 "tokensPerSecond": 256.0}
                """));
    assertThat(directory.resolve("tensorboard/events.out.tfevents.100.nemotron")).isNotEmptyFile();
  }

  @Test
  void trainingStep_notFinite_isWrittenAndNamed() throws IOException {
    try (RunMetrics metrics = metrics()) {
      metrics.started("child", 10);
      metrics.trained("child", step(0, Double.NaN));
    }
    assertThat(lines().get(2).path("loss").asText()).isEqualTo("NaN");
    assertThat(events.messages).containsExactly("child, step 0: the loss (NaN) is not finite.");
  }

  @Test
  void otherSteps_manyInASecond_areOneLineAndTheLast() throws IOException {
    try (RunMetrics metrics = metrics()) {
      metrics.started("costs", 50);
      for (int done = 1; done <= 50; done++) {
        now += 0.01;
        metrics.advanced("costs", done, 50);
      }
      metrics.finished("costs", 0.5);
    }
    assertThat(lines()).extracting(line -> line.path("step").asInt()).containsExactly(0, 1, 50, 0);
  }

  @Test
  void heartbeat_noStep_saysForHowLong() throws IOException {
    try (RunMetrics metrics = metrics()) {
      metrics.started("scores", 5);
      resident = 5000;
      metrics.observe();
      resident = 2000;
      now = 130;
      metrics.heartbeat();
      now = 1000;
      metrics.observe();
      assertThat(metrics.peaks()).containsEntry("scores", new RunMetrics.Peak(5000, 0));
    }
    assertThat(lines().get(1).path("secondsSinceStep").asDouble()).isEqualTo(30);
    assertThat(events.messages)
        .containsExactly("scores: no step has ended for 900 s; it may hang.");
  }

  @Test
  void run_tiny_leavesLinesOfEveryStageAndComparesItsBill()
      throws IOException, NoArchitectureException {
    CompressionPlan plan = TinyRun.in(directory).plan(0, TinyRun.SMALL);
    CompressionPipeline pipeline = new CompressionPipeline(plan);
    RunSummary summary = pipeline.withEstimate(pipeline.estimate()).withTensorBoard().run();
    assertThat(lines(plan.execution().output()))
        .filteredOn(line -> line.path("event").asText().equals("finished"))
        .extracting(line -> line.path("stage").asText())
        .containsExactly("library", "scores", "costs", "child", "evaluation");
    assertThat(lines(plan.execution().output()))
        .filteredOn(line -> line.path("stage").asText().equals("child") && line.has("loss"))
        .hasSize(plan.global().steps())
        .allMatch(line -> line.has("hiddenStates") && line.has("gradientNorm"))
        .allMatch(line -> line.path("matrixShare").asDouble() > 0);
    assertThat(summary.bill()).hasSize(5).allMatch(bill -> bill.hostBytes() > 0);
    assertThat(plan.execution().output().resolve("report/summary.json"))
        .content()
        .contains("\"predictedSeconds\"");
  }
}
