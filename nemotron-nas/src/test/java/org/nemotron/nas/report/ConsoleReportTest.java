package org.nemotron.nas.report;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Sample;

final class ConsoleReportTest {
  private final String report = ConsoleReport.in(UTF_8).render(SummaryFixture.summary());

  @Test
  void render_realRun_opensWithTheHeadlines() {
    assertThat(report)
        .startsWith(
            """
            child 1.5x: 1.62 ± 0.01× the parent's throughput with 96.8 % of its accuracy.
            child 2x: 2.04 ± 0.01× the parent's throughput with 93.7 % of its accuracy.
            """);
  }

  @Test
  void render_limitMissed_saysSoInTheFirstLinesAndTheSummary() {
    RunSummary missed = SummaryFixture.missed();
    assertThat(ConsoleReport.in(UTF_8).render(missed))
        .contains(
            """
            child 2x: NOT met, 1.93 ± 0.02× the parent's throughput with 93.7 % of its accuracy.
              speed-up at least 2.0: NOT met, 1.93 ± 0.02 measured.
            """);
    assertThat(SummaryWriter.toJson(missed))
        .contains(
            "\"met\" : false",
            "\"outcome\" : \"NOT met\"",
            "\"limit\" : \"speed-up at least 2.0\"");
    assertThat(missed.met()).isFalse();
    assertThat(SummaryFixture.summary().met()).isTrue();
  }

  @Test
  void render_limitWithinTheInterval_isNotCertain() {
    RunSummary uncertain = SummaryFixture.uncertain();
    assertThat(ConsoleReport.in(UTF_8).render(uncertain))
        .contains(
            """
            child 2x: not certain, 2.08 ± 0.13× the parent's throughput with 93.7 % of its accuracy.
              speed-up at least 2.0: not certain, 2.08 ± 0.13 measured.
            """)
        .doesNotContain("NOT met");
    assertThat(SummaryWriter.toJson(uncertain))
        .contains("\"met\" : false", "\"outcome\" : \"not certain\"");
    assertThat(uncertain.met()).isFalse();
  }

  @Test
  void render_realRun_fitsTheTerminal() {
    assertThat(report.lines()).allSatisfy(ConsoleReportTest::fits);
  }

  private static void fits(String line) {
    assertThat(line.codePointCount(0, line.length())).isLessThanOrEqualTo(ConsoleReport.COLUMNS);
  }

  @Test
  void render_largeModelAndLongTexts_stillFitsTheTerminal() {
    String word = "long".repeat(60);
    RunSummary small =
        SummaryFixture.summary(ImmutableList.of(new Sample(word + " end", word, word)));
    ModelFigures large =
        new ModelFigures(
            "large",
            405_853_388_800L,
            811_706_777_600L,
            987_654_321_098L,
            123_456.7,
            0,
            0,
            12.3456,
            1,
            1);
    RunSummary summary =
        new RunSummary(
            "a-directory-with-a-very-long-name-indeed",
            small.scenario(),
            large,
            small.parentLayerTimes(),
            small.targets(),
            small.frontier(),
            small.localDistillation(),
            small.diverged(),
            small.scoringSpeed(),
            small.additivity(),
            small.stages(),
            small.environment());
    assertThat(ConsoleReport.in(UTF_8).render(summary).lines()).allSatisfy(ConsoleReportTest::fits);
  }

  @Test
  void render_realRun_showsParentChildAndBaselines() {
    assertThat(report)
        .containsPattern(
            "tale-7m +7\\.08 M +13\\.5 MiB +16\\.0 MiB +1,412 +1\\.00× +- +1\\.742 +58\\.4 %"
                + " +100\\.0 %")
        .containsPattern("  child +4\\.96 M .* 1\\.62× +0\\.041±0\\.002 .* 96\\.8 %")
        .containsPattern("  greedy .* 93\\.0 %")
        .containsPattern("  random .* 82\\.0 %")
        .containsPattern("  untrained .* 89\\.0 %");
  }

  @Test
  void render_greedySearchFoundNothing_saysSoInItsRow() {
    RunSummary summary = SummaryFixture.withoutGreedy();
    assertThat(ConsoleReport.in(UTF_8).render(summary))
        .containsPattern("\n  greedy +4\\.96 M .* 93\\.0 %")
        .containsPattern("\n  greedy: found none +- +- +- +- +- +- +- +- +-\n")
        .containsPattern("  random .* 71\\.0 %");
    assertThat(SummaryWriter.toJson(summary)).contains("\"greedy found none: random\"");
  }

  @Test
  void render_realRun_comparesPredictionsAndNamesPaths() {
    assertThat(report)
        .containsPattern("  speed-up over the parent +1\\.56× +1\\.62× +\\+3\\.6 %")
        .contains("written: run/child-1.5x\nwritten: run/child-2x\n");
  }

  @Test
  void render_sharedPrompt_isSaidOnce() {
    assertThat(report.lines().filter(line -> line.startsWith("prompt: "))).hasSize(1);
    assertThat(report).contains("\nchild 1.5x: Lily.").contains("\nchild 2x: Lily.");
  }

  @Test
  void render_asciiTerminal_spellsSignsOut() {
    String ascii = ConsoleReport.in(US_ASCII).render(SummaryFixture.summary());
    assertThat(ascii).contains("1.62 +- 0.01x the parent's", "0.041+-0.002").isASCII();
    assertThat(ascii.lines()).allSatisfy(ConsoleReportTest::fits);
  }

  @Test
  void render_escapeSequenceInText_doesNotReachTheTerminal() {
    RunSummary summary =
        SummaryFixture.summary(ImmutableList.of(new Sample("p\u001b[2J", "a\u0007", "b")));
    assertThat(ConsoleReport.in(UTF_8).render(summary))
        .doesNotContain("\u001b")
        .doesNotContain("\u0007")
        .contains("prompt: p\uFFFD[2J");
  }
}
