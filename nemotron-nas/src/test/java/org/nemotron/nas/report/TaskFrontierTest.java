package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.report.BenchmarkTable.Preserved;
import org.nemotron.nas.report.html.HtmlReport;

final class TaskFrontierTest {
  private static final ImmutableList<Preserved> NONE = ImmutableList.of();
  private static final String TITLE =
      "accuracy preserved on benchmark tasks (%) against generated tokens per second";

  private static ImmutableList<Preserved> of(double value) {
    return ImmutableList.of(new Preserved(value, value - 0.01, value + 0.02));
  }

  private static RunSummary with(
      ImmutableList<Preserved> first,
      ImmutableList<Preserved> second,
      ImmutableList<BenchmarkTable.Baseline> baselines) {
    RunSummary plain = SummaryFixture.summary(ImmutableList.of());
    BenchmarkTable.Figure figure = new BenchmarkTable.Figure(0.5, 0.01);
    BenchmarkTable.Row row =
        new BenchmarkTable.Row(
            "piqa",
            "1.0",
            0,
            100,
            "acc",
            true,
            figure,
            ImmutableList.of(
                new BenchmarkTable.Child(figure, first), new BenchmarkTable.Child(figure, second)));
    return new RunSummary(
        plain.parentName(),
        plain.scenario(),
        plain.parent(),
        plain.parentLayerTimes(),
        plain.targets(),
        plain.frontier(),
        plain.localDistillation(),
        plain.diverged(),
        plain.scoringSpeed(),
        plain.additivity(),
        plain.stages(),
        plain.environment(),
        new BenchmarkTable(
            ImmutableList.of(row), ImmutableList.of(first, second), baselines, ImmutableList.of()));
  }

  @Test
  void of_childrenAndABaseline_standAtTheirSpeedAndShare() throws IOException {
    RunSummary summary =
        with(
            of(0.97),
            of(0.91),
            ImmutableList.of(new BenchmarkTable.Baseline("2x", Role.GREEDY, of(0.85))));
    ImmutableList<TaskFrontier.Point> points = TaskFrontier.of(summary);
    assertThat(points)
        .extracting(TaskFrontier.Point::role)
        .containsExactly(Role.PARENT, Role.CHILD, Role.CHILD, Role.GREEDY);
    assertThat(points.get(3).figures()).isEqualTo(summary.target("2x").greedy());
    assertThat(points.get(0).preserved()).isEqualTo(new Preserved(1, 1, 1));

    assertThat(HtmlReport.render(summary)).contains(TITLE, "greedy · 2x");
    JsonNode json = new ObjectMapper().readTree(SummaryWriter.toJson(summary)).path("benchmarks");
    assertThat(json.path("frontier").size()).isEqualTo(4);
    assertThat(json.path("frontier").path(2).path("target").asText()).isEqualTo("2x");
    assertThat(json.path("frontier").path(2).path("preserved").path("value").asDouble())
        .isEqualTo(0.91);
    assertThat(json.path("frontier").path(2).path("tokensPerSecond").asDouble())
        .isEqualTo(summary.target("2x").child().tokensPerSecond());
  }

  @Test
  void of_childWithoutARatio_isLeftOut() {
    assertThat(TaskFrontier.of(with(of(0.97), NONE, ImmutableList.of())))
        .extracting(TaskFrontier.Point::target)
        .containsExactly("", "1.5x");
    RunSummary none = with(NONE, NONE, ImmutableList.of());
    assertThat(TaskFrontier.of(none)).isEmpty();
    assertThat(HtmlReport.render(none)).doesNotContain(TITLE);
    assertThat(TaskFrontier.of(SummaryFixture.summary(ImmutableList.of()))).isEmpty();
  }
}
