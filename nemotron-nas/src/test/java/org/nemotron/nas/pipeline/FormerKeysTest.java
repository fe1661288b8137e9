package org.nemotron.nas.pipeline;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every key that a plan had before its settings were put into groups. */
final class FormerKeysTest {
  private static final ImmutableMap<String, String> MOVED =
      ImmutableMap.<String, String>builder()
          .put("parent", "inputs.parent")
          .put("output", "execution.output")
          .put("calibrationTexts", "inputs.texts")
          .put("heldOutTexts", "inputs.heldOut")
          .put("seed", "execution.seed")
          .put("device", "execution.device")
          .put("dtype", "execution.dtype")
          .put("childDtype", "execution.childDtype")
          .put("threads", "execution.threads")
          .put("nonFinite", "execution.nonFinite")
          .put("start", "init")
          .put("space.noAttention", "space.noOpAttention")
          .put("space.noFfn", "space.noOpFfn")
          .put("space.coveredLayers", "space.multiLayer")
          .put("space.firstAttention", "space.keepFirstAttention")
          .put("local.learningRate", "local.optimizer.learningRate")
          .put("coupled.learningRate", "coupled.optimizer.learningRate")
          .put("costs.prefillRounds", "costs.meter.prefillRounds")
          .put("costs.decodeRounds", "costs.meter.decodeRounds")
          .put("costs.generationRounds", "costs.meter.generationRounds")
          .put("global.learningRate", "global.optimizer.learningRate")
          .put("global.batchSize", "data.globalBatchSize")
          .buildOrThrow();

  private static final ImmutableSet<String> KEPT =
      ImmutableSet.of(
          "data.windowTokens",
          "data.batchSize",
          "data.trainingTokens",
          "data.validationTokens",
          "data.heldOutWindowTokens",
          "data.heldOutWindows",
          "space.kvHeads",
          "space.ffnFractions",
          "space.channelMultiple",
          "space.linearAttention",
          "space.linearFfn",
          "local.steps",
          "local.divergenceFactor",
          "local.residentLayers",
          "coupled.steps",
          "coupled.speedups",
          "scoring.metric",
          "scoring.candidatesPerPass",
          "scoring.auditedPairs",
          "costs.batchSizes",
          "costs.promptTokens",
          "costs.outputTokens",
          "costs.corrections",
          "global.steps",
          "global.cosineWeight",
          "global.klWeight",
          "global.lmWeight",
          "global.evaluateEvery",
          "targets");

  private Path directory;

  @BeforeEach
  void name(@TempDir Path temporary) {
    directory = temporary;
  }

  static ImmutableSet<String> moved() {
    return MOVED.keySet();
  }

  static ImmutableSet<String> kept() {
    return KEPT;
  }

  private Path plan(String key, String value) throws IOException {
    int dot = key.indexOf('.');
    String json =
        dot < 0
            ? "{\"%s\": %s}".formatted(key, value)
            : "{\"%s\": {\"%s\": %s}}"
                .formatted(key.substring(0, dot), key.substring(dot + 1), value);
    return Files.writeString(directory.resolve("plan.json"), json);
  }

  @ParameterizedTest
  @MethodSource("moved")
  void read_formerKey_isRefusedWithTheKeyOfToday(String key) throws IOException {
    Path file = plan(key, "1");
    String today = requireNonNull(MOVED.get(key));
    assertThatThrownBy(() -> PlanFiles.read(file, TinyRun.unread()))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "%s: %s is now %s.\nMaybe the plan was written for an earlier version: rename the key.",
            file, key, today);
    assertThat(PlanFiles.JSON.valueToTree(TinyRun.unread()).at(pointer(today)).isMissingNode())
        .isFalse();
  }

  private static String pointer(String key) {
    return "/" + key.replace('.', '/');
  }

  @ParameterizedTest
  @MethodSource("kept")
  void read_keyThatStayed_isRead(String key) throws IOException {
    String value = PlanFiles.JSON.valueToTree(TinyRun.unread()).at(pointer(key)).toString();
    assertThat(PlanFiles.read(plan(key, value), TinyRun.unread())).isEqualTo(TinyRun.unread());
  }

  @Test
  void read_formerValue_isRefusedWithTheOneOfToday() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("plan.json"), "{\"execution\": {\"nonFinite\": \"GO_ON\"}}");
    assertThatThrownBy(() -> PlanFiles.read(file, TinyRun.unread()))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": execution.nonFinite: GO_ON is now CONTINUE.");
  }
}
