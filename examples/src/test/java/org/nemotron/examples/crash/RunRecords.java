package org.nemotron.examples.crash;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a run's directory tells about its stages.
 *
 * @param run the directory
 */
record RunRecords(Path run) {
  static final JsonMapper JSON = new JsonMapper();

  /** Returns whether the run has come to its end. */
  boolean isFinished() {
    return Files.exists(record("results"));
  }

  /** Returns the stages of a finished run in their order, each with the seconds that it took. */
  ImmutableMap<String, Double> secondsByStage() throws IOException {
    ImmutableMap.Builder<String, Double> seconds = ImmutableMap.builder();
    JsonNode summary = JSON.readTree(run.resolve("report/summary.json").toFile());
    for (JsonNode stage : summary.path("stages")) {
      seconds.put(stage.path("stage").asText(), stage.path("seconds").asDouble());
    }
    return seconds.buildOrThrow();
  }

  /**
   * Returns the first of {@code stages} that is not finished; one that leaves no record is last.
   */
  String underWay(Iterable<String> stages) {
    String last = "";
    for (String stage : stages) {
      if (!Files.exists(record(stage))) {
        return stage;
      }
      last = stage;
    }
    return last;
  }

  Path record(String stage) {
    return run.resolve("stages").resolve(stage + ".json");
  }
}
