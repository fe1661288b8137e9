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
  private static final Path README = Path.of("..", "README.md");

  /** A row of the README's table: {@code | name: words | ratio |}. */
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\w+): [^|]+\\| ([0-9.]+) \\|$");

  @Test
  void published_ofThisVersion_areThoseOfTheReadme() throws IOException {
    ImmutableMap<String, Double> told =
        ROW.matcher(Files.readString(README))
            .results()
            .collect(toImmutableMap(row -> row.group(1), row -> Double.valueOf(row.group(2))));
    assertThat(told).isEqualTo(SpeedRatios.published().ratios());
  }

  @Test
  void published_ofThisVersion_areDatedInTheReadme() throws IOException {
    SpeedRatios published = SpeedRatios.published();
    assertThat(Files.readString(README)).contains(published.machine() + ", " + published.date());
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
