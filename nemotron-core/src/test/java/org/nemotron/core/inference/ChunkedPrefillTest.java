package org.nemotron.core.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.inference.SequenceChunk.Output;

final class ChunkedPrefillTest {
  private static SequenceChunk prompt(int tokens, Output wanted) {
    return new SequenceChunk(
        ServedModel.pages(0, 10), 0, ImmutableIntArray.copyOf(IntStream.range(0, tokens)), wanted);
  }

  /**
   * Returns start and number of tokens of each chunk of each step, and how many logits it wants.
   */
  private static List<String> shown(ImmutableList<ForwardBatch> steps) {
    List<String> shown = new ArrayList<>();
    for (ForwardBatch step : steps) {
      List<String> chunks = new ArrayList<>();
      for (SequenceChunk chunk : step.chunks()) {
        assertThat(chunk.tokens().get(0)).isEqualTo(chunk.start());
        chunks.add(chunk.start() + "+" + chunk.tokens().length() + ":" + chunk.wanted());
      }
      shown.add(String.join(" ", chunks));
    }
    return shown;
  }

  @Test
  void of_promptsLongerThanAStep_cutsBetweenPagesAndFillsSteps() {
    ImmutableList<SequenceChunk> prompts =
        ImmutableList.of(
            prompt(300, SequenceChunk.LAST_LOGITS),
            prompt(10, SequenceChunk.LAST_LOGITS),
            prompt(100, SequenceChunk.NOTHING));
    assertThat(shown(ChunkedPrefill.of(prompts, 200)))
        .containsExactly("0+192:0", "192+108:1 0+10:1 0+64:0", "64+36:0");
  }

  @Test
  void of_allLogitsWanted_wantsThemOfEveryPiece() {
    assertThat(
            shown(ChunkedPrefill.of(ImmutableList.of(prompt(100, SequenceChunk.ALL_LOGITS)), 64)))
        .containsExactly("0+64:64", "64+36:36");
  }

  @Test
  void of_tokenWanted_isWantedOfTheLastPieceOnly() {
    assertThat(ChunkedPrefill.of(ImmutableList.of(prompt(100, SequenceChunk.LIKELIEST_TOKEN)), 64))
        .extracting(step -> step.chunks().get(0).output())
        .containsExactly(SequenceChunk.NOTHING, SequenceChunk.LIKELIEST_TOKEN);
  }

  @Test
  void of_promptsThatFit_areOneStep() {
    ImmutableList<SequenceChunk> prompts =
        ImmutableList.of(
            prompt(100, SequenceChunk.LAST_LOGITS), prompt(28, SequenceChunk.LAST_LOGITS));
    assertThat(shown(ChunkedPrefill.of(prompts, 128))).containsExactly("0+100:1 0+28:1");
  }

  @Test
  void of_stepsSmallerThanAPage_isRefused() {
    assertThatThrownBy(() -> ChunkedPrefill.of(ImmutableList.of(), 63))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxRows (63) must be at least a page (64)");
  }
}
