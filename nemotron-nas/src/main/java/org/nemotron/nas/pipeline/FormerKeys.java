package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Keys and values of plans as earlier versions spelled them, each refused with the one of today.
 */
final class FormerKeys {
  private static final ImmutableMap<String, String> KEYS =
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

  private static final ImmutableMap<String, String> VALUES =
      ImmutableMap.of("execution.nonFinite GO_ON", "CONTINUE");

  private FormerKeys() {}

  /** Refuses {@code key} if an earlier version had it. */
  static void checkKey(Path file, String key) throws IOException {
    String today = KEYS.get(key);
    if (today != null) {
      throw new IOException(
          String.format(
              "%s: %s is now %s.%nMaybe the plan was written for an earlier version: rename the"
                  + " key.",
              file, key, today));
    }
  }

  /** Refuses {@code value} of {@code key} if an earlier version had it. */
  static void checkValue(Path file, String key, String value) throws IOException {
    String today = VALUES.get(key + " " + value);
    if (today != null) {
      throw new IOException(String.format("%s: %s: %s is now %s.", file, key, value, today));
    }
  }
}
