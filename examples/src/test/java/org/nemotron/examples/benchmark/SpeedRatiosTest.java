package org.nemotron.examples.benchmark;

import static com.google.common.collect.ImmutableMap.toImmutableMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SpeedRatiosTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "benchmarks.md");

  /** A row of the document's table: {@code | name: words | ratio with AVX2 | with AVX-512 |}. */
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| (\\w+): [^|]+\\| ([0-9.]+) \\| ([0-9.]+) \\|$");

  @ParameterizedTest
  @CsvSource({"AVX2, 2", "AVX512, 3"})
  void published_eachSetOfInstructions_areThoseOfTheDocument(String instructions, int column)
      throws IOException {
    ImmutableMap<String, Double> written =
        ROW.matcher(Files.readString(DOCUMENT))
            .results()
            .collect(toImmutableMap(row -> row.group(1), row -> Double.valueOf(row.group(column))));
    assertThat(written).isEqualTo(SpeedRatios.published(instructions).ratios());
  }

  @ParameterizedTest
  @ValueSource(strings = {"AVX2", "AVX512"})
  void published_eachSetOfInstructions_areDatedInTheDocument(String instructions)
      throws IOException {
    SpeedRatios published = SpeedRatios.published(instructions);
    assertThat(published.instructions()).isEqualTo(instructions);
    assertThat(Files.readString(DOCUMENT).replaceAll("\\s+", " "))
        .contains(published.machine() + ", " + published.date());
  }

  @Test
  void published_instructionsThatWereNotMeasured_areThoseForAvx2() throws IOException {
    assertThat(SpeedRatios.published("SVE256")).isEqualTo(SpeedRatios.published("AVX2"));
  }

  @Test
  void least_ofAPublishedRatio_isItsQuarter() {
    SpeedRatios ratios = new SpeedRatios("AVX2", "today", "here", ImmutableMap.of("search", 44.0));
    assertThat(ratios.least("search")).isEqualTo(11);
  }

  @Test
  void of_unknownRace_namesThoseThatThereAre() {
    SpeedRatios ratios = new SpeedRatios("AVX2", "today", "here", ImmutableMap.of("search", 44.0));
    assertThatThrownBy(() -> ratios.of("swimming"))
        .hasMessage("race (swimming) must be one of [search]");
  }

  @Test
  void run_rivalThatWorksFourTimesAsLong_exceedsOneByBoth() throws IOException {
    SpeedRace race = new SpeedRace("spin", "one against four", 5, () -> spin(20), () -> spin(80));
    SpeedRace.Result result = race.run();
    assertThat(result.byClock()).isGreaterThan(1.5);
    assertThat(result.byWork()).isGreaterThan(1.5);
  }

  @Test
  void reaches_slowByTheClockAlone_isKept() {
    assertThat(new SpeedRace.Result(0.5, 1.4).reaches(0.7)).isTrue();
    assertThat(new SpeedRace.Result(1.4, 0.5).reaches(0.7)).isTrue();
    assertThat(new SpeedRace.Result(0.6, 0.69).reaches(0.7)).isFalse();
  }

  /** Works until this thread has had so much processor time: a busy machine does not shorten it. */
  private static void spin(int millis) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long end = threads.getCurrentThreadCpuTime() + millis * 1_000_000L;
    while (threads.getCurrentThreadCpuTime() < end) {
      Thread.onSpinWait();
    }
  }
}
