package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
  private static final String QUESTIONS =
      """
      {"question_id": 1, "category": "writing", "turns": ["w1 w2", "w3"]}
      {"question_id": 2, "category": "writing", "turns": ["w5 w2", "w3"]}
      {"question_id": 3, "category": "math", "turns": ["w7", "w8 w9"]}
      """;

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
        changed(byTasks(plan("lambada_openai,copa,mt_bench", 0)), EvaluationPlan::withBaselines);
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
    assertThat(json.at("/benchmarks/missing/0/benchmark").asText()).isEqualTo("mt_bench");
    assertThat(json.at("/benchmarks/missing/0/state").asText()).isEqualTo("not graded");
    String remark = "mt_bench is not graded: evaluation.judge names no endpoint.";
    assertThat(ConsoleReport.in(StandardCharsets.UTF_8).render(summary))
        .contains("benchmark", "lambada_openai", "mean of ratios", remark);
    assertThat(HtmlReport.render(summary)).contains("id=\"benchmarks\"", remark);
    assertThat(summary.benchmarks().baselines())
        .extracting(BenchmarkTable.Baseline::role)
        .containsExactly(Role.GREEDY, Role.RANDOM, Role.UNTRAINED);

    Events again = new Events();
    assertThat(new CompressionPipeline(plan, again).run().benchmarks())
        .isEqualTo(summary.benchmarks());
    assertThat(again.started).doesNotContain("task-scores");
  }

  /** Grades are 4 for all; a judge that is gone at the second evaluation does not end the run. */
  @Test
  void run_judge_gradesParentAndChildren() throws IOException, NoArchitectureException {
    Files.writeString(directory.resolve("question.jsonl"), QUESTIONS);
    ChatFormat format =
        (turns, continuesLast) ->
            turns.stream().map(turn -> turn.content()).collect(Collectors.joining(" "));
    HttpServer judge = judge();
    CompressionPlan plan = withJudge(plan("mt_bench", 1), judge);
    RunSummary summary;
    try {
      summary = new CompressionPipeline(plan).chatFormat(format).run();
    } finally {
      judge.stop(0);
    }
    BenchmarkTable.Row row = summary.benchmarks().rows().get(0);
    assertThat(row.benchmark()).isEqualTo("mt_bench");
    assertThat(row.items()).isEqualTo(2);
    assertThat(row.parent().value()).isEqualTo(4);
    assertThat(row.children().get(0).preserved().get(0).value()).isEqualTo(1);
    assertThat(summary.benchmarks().missing()).isEmpty();
    assertThat(ConsoleReport.in(StandardCharsets.UTF_8).render(summary)).contains("4.00±0.00");
    Path answers = plan.execution().output().resolve("mt-bench");
    assertThat(answers.resolve("answers-parent.jsonl")).exists();
    assertThat(answers.resolve("answers-small-child.jsonl")).exists();

    assertThat(new CompressionPipeline(plan).chatFormat(format).run().benchmarks())
        .isEqualTo(summary.benchmarks());
    Files.delete(answers.resolve("judgments.jsonl"));
    BenchmarkTable without = new CompressionPipeline(plan).chatFormat(format).run().benchmarks();
    assertThat(without.rows()).isEmpty();
    assertThat(without.missing().get(0).state()).isEqualTo("not graded");
  }

  private static HttpServer judge() throws IOException {
    byte[] grade =
        "{\"choices\": [{\"message\": {\"content\": \"[[4]]\"}}]}".getBytes(StandardCharsets.UTF_8);
    HttpServer judge =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    judge.createContext(
        "/v1/chat/completions",
        exchange -> {
          exchange.sendResponseHeaders(200, grade.length);
          exchange.getResponseBody().write(grade);
          exchange.close();
        });
    judge.start();
    return judge;
  }

  private static CompressionPlan withJudge(CompressionPlan plan, HttpServer judge) {
    String url = "http://localhost:" + judge.getAddress().getPort() + "/v1";
    return changed(plan, tasks -> tasks.withJudge(new JudgePlan(url, "grader", "")));
  }

  @Test
  void read_judgeWithoutMtBenchOrFormat_isRefused() throws IOException {
    JudgePlan judge = new JudgePlan("http://localhost:1/v1", "grader", "");
    CompressionPlan other = changed(plan("copa", 1), tasks -> tasks.withJudge(judge));
    assertThatThrownBy(() -> read(other))
        .hasMessage(
            "evaluation.judge needs mt_bench among evaluation.tasks (copa), or the preset blog");
    CompressionPlan plan = changed(plan("mt_bench", 1), tasks -> tasks.withJudge(judge));
    assertThatThrownBy(() -> read(plan))
        .hasMessageStartingWith("evaluation.judge needs the interpreter of the parent's chat");
    assertThatThrownBy(() -> new JudgePlan("http://localhost:1/v1", "", ""))
        .hasMessageContaining("evaluation.judge.model () go together.");
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
