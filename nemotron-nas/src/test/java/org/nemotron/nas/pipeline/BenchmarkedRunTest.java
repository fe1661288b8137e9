package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.eval.task.Question;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.eval.task.TextPair;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.BenchmarkTable;
import org.nemotron.nas.report.ConsoleReport;
import org.nemotron.nas.report.Role;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.html.HtmlReport;
import org.nemotron.nas.score.Score;

/** Runs whose plans name tasks. */
final class BenchmarkedRunTest {
  private static final int ITEMS = 40;

  private Path directory = Path.of("run");

  @BeforeEach
  void write(@TempDir Path temporary) throws IOException {
    CpuThreads.perOperation(1);
    directory = temporary;
    StringBuilder lambada = new StringBuilder();
    StringBuilder copa = new StringBuilder();
    for (int item = 0; item < ITEMS; item++) {
      int word = 1 + item;
      int next = 1 + word * 5 % 63;
      lambada.append(
          "{\"context\": \"w%d w%d\", \"continuation\": \"w%d\"}%n"
              .formatted(word % 7 + 1, word, next));
      copa.append(
          "{\"query\": \"w%d w%d, because\", \"choices\": [\"w%d\", \"w9\"], \"gold\": 0}%n"
              .formatted(word % 5 + 1, word, next));
    }
    Files.writeString(directory.resolve("lambada_openai.jsonl"), lambada);
    Files.writeString(directory.resolve("copa.jsonl"), copa);
  }

  private CompressionPlan plan(String tasks, int limit) throws IOException {
    return TinyRun.in(directory).plan(0, TinyRun.SMALL).toBuilder()
        .evaluation(new EvaluationPlan(tasks, directory, limit))
        .build();
  }

  private static PlanTasks read(CompressionPlan plan) throws IOException {
    return PlanTasks.read(plan, Optional.empty());
  }

  private static CompressionPlan changed(
      CompressionPlan plan, UnaryOperator<EvaluationPlan> change) {
    return plan.toBuilder().evaluation(change.apply(plan.evaluation())).build();
  }

  private static CompressionPlan byTasks(CompressionPlan plan) {
    return plan.toBuilder().scoring(plan.scoring().withMetric(EvaluationPlan.METRIC)).build();
  }

  @Test
  void run_scoredByTasks_reportsTheOtherHalf() throws IOException, NoArchitectureException {
    CompressionPlan plan =
        changed(byTasks(plan("lambada_openai,copa", 0)), EvaluationPlan::withBaselines);
    Events events = new Events();
    RunSummary summary = new CompressionPipeline(plan, events).run();
    assertThat(events.started).contains("task-scores");

    PlanTasks tasks = read(plan);
    ImmutableList<BenchmarkTable.Row> rows = summary.benchmarks().rows();
    assertThat(rows).hasSize(2);
    int reported = rows.stream().mapToInt(BenchmarkTable.Row::items).sum();
    assertThat(reported).isEqualTo(2 * ITEMS - tasks.selecting().size()).isLessThan(2 * ITEMS);
    assertThat(tasks.tasks().stream().flatMap(task -> task.items().stream()))
        .doesNotContainAnyElementsOf(tasks.selecting());

    JsonNode scores =
        PlanFiles.JSON.readTree(plan.execution().output().resolve("task-scores.json").toFile());
    assertThat(scores.path("metric").asText()).isEqualTo("TASKS");
    assertThat(scores.path("scores").size()).isPositive();
    assertThat(chosenScores(summary))
        .allSatisfy(score -> assertThat(sums(scores.path("scores"))).contains(score));
    JsonNode json =
        PlanFiles.JSON.readTree(
            plan.execution().output().resolve("report").resolve("summary.json").toFile());
    assertThat(json.path("benchmarks").path("rows").path(0).path("benchmark").asText())
        .isEqualTo("lambada_openai");
    assertThat(
            json.path("benchmarks")
                .path("rows")
                .path(0)
                .path("children")
                .path("small")
                .has("value"))
        .isTrue();
    assertThat(ConsoleReport.in(StandardCharsets.UTF_8).render(summary))
        .contains("benchmark", "lambada_openai", "mean of ratios");
    assertThat(HtmlReport.render(summary)).contains("id=\"benchmarks\"");
    assertThat(summary.benchmarks().baselines())
        .extracting(BenchmarkTable.Baseline::role)
        .containsExactly(Role.GREEDY, Role.RANDOM, Role.UNTRAINED);

    Events again = new Events();
    assertThat(new CompressionPipeline(plan, again).run().benchmarks())
        .isEqualTo(summary.benchmarks());
    assertThat(again.started).doesNotContain("task-scores");
  }

  private static ImmutableList<Double> chosenScores(RunSummary summary) {
    return summary.mainTarget().solution().layers().stream()
        .map(RunSummary.ChosenLayer::score)
        .collect(ImmutableList.toImmutableList());
  }

  /** What a layer's score can be: nothing, a candidate's, or those of attention and FFN. */
  private static ImmutableSet<Double> sums(JsonNode scores) {
    ImmutableSet.Builder<Double> sums = ImmutableSet.<Double>builder().add(0.0);
    for (JsonNode first : scores) {
      sums.add(first.path("degradation").asDouble());
      for (JsonNode second : scores) {
        sums.add(first.path("degradation").asDouble() + second.path("degradation").asDouble());
      }
    }
    return sums.build();
  }

  @Test
  void read_chat_writesPromptsByTheFormat() throws IOException {
    ChatFormat format =
        (turns, continuesLast) ->
            turns.stream()
                .map(turn -> "<" + turn.role() + ">" + turn.content())
                .collect(Collectors.joining("", "", continuesLast ? "" : "<assistant>"));
    CompressionPlan plan = changed(plan("copa", 3), tasks -> tasks.withChat(true));
    PlanTasks tasks = PlanTasks.read(plan, Optional.of(format));
    Question.Choices first = (Question.Choices) tasks.tasks().get(0).items().get(0).question();
    assertThat(first.pairs().get(0).context()).isEqualTo("<user>w2 w1 because<assistant>");
    assertThatThrownBy(() -> new CompressionPipeline(plan).run())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("evaluation.chat (true) needs the interpreter of the parent's");
  }

  @Test
  void read_notScoredByTasks_reportsAllUpToTheLimit() throws IOException {
    PlanTasks tasks = read(plan("lambada_openai,copa", 15));
    assertThat(tasks.selecting()).isEmpty();
    assertThat(tasks.tasks()).hasSize(2).allSatisfy(task -> assertThat(task.items()).hasSize(15));
  }

  @Test
  void read_items_areInOneHalfEach() throws IOException {
    PlanTasks all = read(plan("lambada_openai", 0));
    PlanTasks halves = read(byTasks(plan("lambada_openai", 0)));
    assertThat(halves.selecting()).hasSizeBetween(ITEMS / 4, 3 * ITEMS / 4);
    assertThat(
            ImmutableList.<TaskItem>builder()
                .addAll(halves.selecting())
                .addAll(halves.tasks().get(0).items())
                .build())
        .containsExactlyInAnyOrderElementsOf(all.tasks().get(0).items());
  }

  @Test
  void run_dataMissing_isNamedBeforeAnyWork() throws IOException {
    CompressionPlan plan = plan("piqa", 0);
    Events events = new Events();
    assertThatThrownBy(() -> new CompressionPipeline(plan, events).run())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("piqa");
    assertThat(events.started).isEmpty();
  }

  @Test
  void plan_unknownTaskOrTasksWithoutAny_isRefused() throws IOException {
    assertThatThrownBy(() -> new EvaluationPlan("arc_eazy", Path.of("d"), 0))
        .hasMessageContaining("arc_eazy");
    assertThatThrownBy(() -> new EvaluationPlan("piqa", Path.of("d"), -1))
        .hasMessage("evaluation.limit (-1) must not be negative");
    CompressionPlan none = TinyRun.unread();
    assertThatThrownBy(() -> byTasks(none)).hasMessageContaining("scoring.metric (TASKS)");
  }

  private static Likelihood likelihood(double sum) {
    return new Likelihood(sum, false);
  }

  @Test
  void margin_choices_isRightLessLikeliestWrong() {
    TextPair pair = new TextPair("a", " b");
    Question.Choices question =
        new Question.Choices(
            ImmutableList.of(pair, pair, pair, pair),
            ImmutableList.of("b", "b", "b", "b"),
            ImmutableIntArray.of(0, 2),
            ImmutableList.of());
    ImmutableList<Likelihood> sums =
        ImmutableList.of(likelihood(-9), likelihood(-5), likelihood(-3), likelihood(-7));
    assertThat(TaskMargins.margin(question, sums)).isEqualTo(2);
    Question.Choices lone =
        new Question.Choices(
            ImmutableList.of(pair),
            ImmutableList.of("b"),
            ImmutableIntArray.of(0),
            ImmutableList.of());
    assertThat(TaskMargins.margin(lone, ImmutableList.of(likelihood(-4)))).isEqualTo(-4);
  }

  @Test
  void degradation_margins_isTheMeanLossWithItsPairedError() {
    Score.Measure measure =
        TaskMargins.degradation(ImmutableDoubleArray.of(1, 2, 3), ImmutableDoubleArray.of(0, 2, 1));
    assertThat(measure.degradation()).isCloseTo(1, within(1e-12));
    assertThat(measure.standardError()).isCloseTo(1 / Math.sqrt(3), within(1e-12));
  }
}
