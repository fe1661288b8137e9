package org.nemotron.examples.benchmark;

import static com.google.common.collect.ImmutableMap.toImmutableMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class SpeedRatiosTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "benchmarks.md");

  /** A row of the document's table: {@code | name: words | ratio |}. */
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\w+): [^|]+\\| ([0-9.]+) \\|$");

  @Test
  void published_ofThisVersion_areThoseOfTheDocument() throws IOException {
    ImmutableMap<String, Double> written =
        ROW.matcher(Files.readString(DOCUMENT))
            .results()
            .collect(toImmutableMap(row -> row.group(1), row -> Double.valueOf(row.group(2))));
    assertThat(written).isEqualTo(SpeedRatios.published().ratios());
  }

  @Test
  void published_ofThisVersion_areDatedInTheDocument() throws IOException {
    SpeedRatios published = SpeedRatios.published();
    String words = Files.readString(DOCUMENT).replaceAll("\\s+", " ");
    assertThat(words).contains(published.machine() + ", " + published.date());
  }

  @Test
  void least_ofAPublishedRatio_isItsHalf() {
    SpeedRatios ratios = new SpeedRatios("today", "here", ImmutableMap.of("search", 44.0));
    assertThat(ratios.least("search")).isEqualTo(22);
  }

  @Test
  void of_unknownRace_namesThoseThatThereAre() {
    SpeedRatios ratios = new SpeedRatios("today", "here", ImmutableMap.of("search", 44.0));
    assertThatThrownBy(() -> ratios.of("swimming"))
        .hasMessage("race (swimming) must be one of [search]");
  }

  @Test
  void ratio_ofARivalThatTakesFourTimesAsLong_exceedsOne() throws IOException {
    SpeedRace race = new SpeedRace("spin", "one against four", 5, () -> spin(1), () -> spin(4));
    assertThat(race.ratio()).isGreaterThan(1.5);
  }

  private static void spin(int millis) {
    long end = System.nanoTime() + millis * 1_000_000L;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }
}
