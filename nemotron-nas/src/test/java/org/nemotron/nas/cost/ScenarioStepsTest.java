package org.nemotron.nas.cost;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;

final class ScenarioStepsTest {
  private static final int MAX_ROWS = 128;

  private static int tokens(ImmutableList<ForwardBatch> steps) {
    return steps.stream().mapToInt(ForwardBatch::tokens).sum();
  }

  private static int wanted(ImmutableList<ForwardBatch> steps) {
    return steps.stream().mapToInt(ForwardBatch::wanted).sum();
  }

  @Test
  void of_batchOfThree_readsAllPromptsAndWantsATokenOfEach() {
    ScenarioSteps steps = ScenarioSteps.of(new Scenario(3, 100, 30), 10, MAX_ROWS);
    assertThat(tokens(steps.prefill())).isEqualTo(300);
    assertThat(wanted(steps.prefill())).isEqualTo(3);
    assertThat(steps.prefill())
        .allSatisfy(step -> assertThat(step.tokens()).isLessThanOrEqualTo(MAX_ROWS));
  }

  @Test
  void of_batchOfThree_decodesAtTheMeanContext() {
    Scenario scenario = new Scenario(3, 100, 30);
    ScenarioSteps steps = ScenarioSteps.of(scenario, 10, MAX_ROWS);
    assertThat(steps.decode()).hasSize(1);
    assertThat(steps.decode().get(0).chunks())
        .hasSize(3)
        .allSatisfy(
            chunk -> {
              assertThat(chunk.start()).isEqualTo(scenario.meanContextTokens());
              assertThat(chunk.tokens()).isEqualTo(ImmutableIntArray.of(chunk.tokens().get(0)));
            });
    assertThat(wanted(steps.decode())).isEqualTo(3);
    assertThat(tokens(steps.context())).isEqualTo(3 * scenario.meanContextTokens());
    assertThat(wanted(steps.context())).isZero();
  }

  @Test
  void of_batchBeyondTheRowsOfAStep_decodesInSeveral() {
    ScenarioSteps steps = ScenarioSteps.of(new Scenario(300, 2, 2), 10, MAX_ROWS);
    assertThat(steps.decode()).extracting(ForwardBatch::tokens).containsExactly(128, 128, 44);
  }

  @Test
  void of_anyBatch_givesEachSequencePagesOfItsOwn() {
    ScenarioSteps steps = ScenarioSteps.of(new Scenario(5, 100, 30), 10, MAX_ROWS);
    Set<Integer> used = new HashSet<>();
    for (SequenceChunk chunk : steps.decode().get(0).chunks()) {
      chunk.pages().forEach(page -> assertThat(used.add(page)).isTrue());
    }
    assertThat(used).hasSize(steps.pages()).allMatch(page -> page < steps.pages());
  }

  @Test
  void of_contextThatEndsWithAPage_hasAPageForTheTokenDecoded() {
    Scenario scenario = new Scenario(2, KvPages.PAGE_TOKENS, 2);
    assertThat(scenario.meanContextTokens()).isEqualTo(KvPages.PAGE_TOKENS);
    ScenarioSteps steps = ScenarioSteps.of(scenario, 10, MAX_ROWS);
    assertThat(steps.pages()).isEqualTo(2 * 2);
    assertThat(steps.decode().get(0).chunks())
        .allSatisfy(chunk -> assertThat(chunk.pages().length()).isEqualTo(2));
  }

  @Test
  void of_anyBatch_readsManyTokensOfTheVocabularyAndNoOther() {
    ScenarioSteps steps = ScenarioSteps.of(new Scenario(3, 100, 30), 10, MAX_ROWS);
    Set<Integer> ids = new HashSet<>();
    for (ForwardBatch step : steps.prefill()) {
      step.chunks().forEach(chunk -> chunk.tokens().forEach(ids::add));
    }
    assertThat(ids).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }
}
