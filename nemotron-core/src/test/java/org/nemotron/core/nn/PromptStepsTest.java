package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.StepSpan.LogitsWanted;

final class PromptStepsTest {
  private static StepSpan prompt(int tokens, LogitsWanted wanted) {
    return new StepSpan(
        Served.pages(0, 10), 0, ImmutableIntArray.copyOf(IntStream.range(0, tokens)), wanted);
  }

  /** Returns start and number of tokens of each span of each step, and how many logits it wants. */
  private static List<String> shown(ImmutableList<ImmutableList<StepSpan>> steps) {
    List<String> shown = new ArrayList<>();
    for (ImmutableList<StepSpan> step : steps) {
      List<String> spans = new ArrayList<>();
      for (StepSpan span : step) {
        assertThat(span.tokens().get(0)).isEqualTo(span.start());
        spans.add(span.start() + "+" + span.tokens().length() + ":" + span.wanted());
      }
      shown.add(String.join(" ", spans));
    }
    return shown;
  }

  @Test
  void of_promptsLongerThanAStep_cutsBetweenPagesAndFillsSteps() {
    ImmutableList<StepSpan> prompts =
        ImmutableList.of(
            prompt(300, LogitsWanted.LAST),
            prompt(10, LogitsWanted.LAST),
            prompt(100, LogitsWanted.NONE));
    assertThat(shown(PromptSteps.of(prompts, 200)))
        .containsExactly("0+192:0", "192+108:1 0+10:1 0+64:0", "64+36:0");
  }

  @Test
  void of_allLogitsWanted_wantsThemOfEveryPiece() {
    assertThat(shown(PromptSteps.of(ImmutableList.of(prompt(100, LogitsWanted.ALL)), 64)))
        .containsExactly("0+64:64", "64+36:36");
  }

  @Test
  void of_promptsThatFit_areOneStep() {
    ImmutableList<StepSpan> prompts =
        ImmutableList.of(prompt(100, LogitsWanted.LAST), prompt(28, LogitsWanted.LAST));
    assertThat(shown(PromptSteps.of(prompts, 128))).containsExactly("0+100:1 0+28:1");
  }

  @Test
  void of_stepsSmallerThanAPage_isRefused() {
    assertThatThrownBy(() -> PromptSteps.of(ImmutableList.of(), 63))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxRows (63) must be at least a page (64)");
  }
}
