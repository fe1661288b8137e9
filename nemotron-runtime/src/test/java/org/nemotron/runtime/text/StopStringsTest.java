package org.nemotron.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

final class StopStringsTest {
  @Test
  void push_stopAcrossPieces_isNotShown() {
    StopStrings stops = new StopStrings(ImmutableList.of("\n\nUser:"));
    assertThat(stops.push("Hello.\n")).isEqualTo("Hello.");
    assertThat(stops.push("\nUs")).isEmpty();
    assertThat(stops.push("er: more")).isEmpty();
    assertThat(stops.found()).hasValue("\n\nUser:");
  }

  @Test
  void push_beginningThatGoesOnOtherwise_isShown() {
    StopStrings stops = new StopStrings(ImmutableList.of("aab"));
    assertThat(stops.push("xaa")).isEqualTo("x");
    assertThat(stops.push("a")).isEqualTo("a");
    assertThat(stops.push("c")).isEqualTo("aac");
  }

  @Test
  void finish_beginningOfAStop_isShown() {
    StopStrings stops = new StopStrings(ImmutableList.of("END"));
    assertThat(stops.push("The EN")).isEqualTo("The ");
    assertThat(stops.finish()).isEqualTo("EN");
    assertThat(stops.found()).isEmpty();
  }

  @Test
  void push_noStops_showsEverythingAtOnce() {
    assertThat(new StopStrings(ImmutableList.of()).push("text")).isEqualTo("text");
  }

  @Test
  void push_afterAStop_isRefused() {
    StopStrings stops = new StopStrings(ImmutableList.of("."));
    assertThat(stops.push("One. Two.")).isEqualTo("One");
    assertThatThrownBy(() -> stops.push("Three"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the text has ended at a stop string");
  }

  @Test
  void new_emptyStop_isRefused() {
    assertThatThrownBy(() -> new StopStrings(ImmutableList.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a stop string must not be empty");
  }
}
