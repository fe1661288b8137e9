package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.nemotron.core.provenance.AtomicFiles;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.nas.report.RunSummary.StageSeconds;

/**
 * The results of stages on disk: what fits is reused, what does not is made again, and the listener
 * hears which and why.
 *
 * <p>A stage's record ({@code stages/NAME.json}) is written after its files, with their digests. A
 * result fits when its record has the fingerprint of what the stage depends on now, and the files
 * are as they were.
 */
final class StageStore {
  private final Path run;
  private final PipelineListener listener;
  private final List<StageSeconds> seconds = new ArrayList<>();

  StageStore(Path run, PipelineListener listener) {
    this.run = run;
    this.listener = listener;
  }

  /** Makes the files of a stage. */
  interface Maker {
    /** Writes the stage's files, telling {@code progress} how many steps are done. */
    ImmutableList<Path> make(LongConsumer progress) throws IOException;
  }

  /**
   * Makes sure that the files of {@code stage} are there.
   *
   * @param fingerprint of all that they depend on
   * @param steps how often the maker tells its progress
   * @param maker writes them, and returns their paths
   */
  void ensure(String stage, Fingerprint fingerprint, long steps, Maker maker) throws IOException {
    Optional<String> misfit = misfit(stage, fingerprint);
    if (misfit.isEmpty()) {
      seconds.add(new StageSeconds(stage, storedSeconds(stage), true));
      listener.reused(stage);
      return;
    }
    if (Files.exists(record(stage))) {
      listener.message(stage + " is done again: " + misfit.orElseThrow());
      Files.delete(record(stage));
    }
    long start = System.nanoTime();
    listener.started(stage, steps);
    ImmutableList<Path> files = maker.make(done -> listener.advanced(stage, done, steps));
    double taken = (System.nanoTime() - start) / 1e9;
    writeRecord(stage, fingerprint, taken, files);
    seconds.add(new StageSeconds(stage, taken, false));
    listener.finished(stage, taken);
  }

  /** Runs a stage that leaves no files, each time. */
  void always(String stage, long steps, Maker maker) throws IOException {
    long start = System.nanoTime();
    listener.started(stage, steps);
    ImmutableList<Path> none = maker.make(done -> listener.advanced(stage, done, steps));
    double taken = (System.nanoTime() - start) / 1e9;
    seconds.add(new StageSeconds(stage, taken, !none.isEmpty()));
    listener.finished(stage, taken);
  }

  /** Returns how long each stage took, in their order. */
  ImmutableList<StageSeconds> seconds() {
    return ImmutableList.copyOf(seconds);
  }

  Path path(String name) {
    return run.resolve(name);
  }

  private Path record(String stage) {
    return run.resolve("stages").resolve(stage + ".json");
  }

  private Optional<String> misfit(String stage, Fingerprint fingerprint) throws IOException {
    Path record = record(stage);
    if (!Files.exists(record)) {
      return Optional.of("it was not finished");
    }
    JsonNode json;
    try {
      json = PlanFiles.JSON.readTree(record.toFile());
    } catch (JsonProcessingException e) {
      return Optional.of(record + " is damaged");
    }
    if (!json.path("fingerprint").asText().equals(fingerprint.hex())) {
      return Optional.of("its settings, its inputs or an earlier stage changed");
    }
    for (Map.Entry<String, JsonNode> file : json.path("files").properties()) {
      Path path = run.resolve(file.getKey());
      if (!Files.exists(path)) {
        return Optional.of(path + " is missing");
      }
      if (!Fingerprint.ofFile(path).hex().equals(file.getValue().asText())) {
        return Optional.of(path + " is not as it was written");
      }
    }
    return Optional.empty();
  }

  private double storedSeconds(String stage) throws IOException {
    return PlanFiles.JSON.readTree(record(stage).toFile()).path("seconds").asDouble();
  }

  private void writeRecord(
      String stage, Fingerprint fingerprint, double taken, ImmutableList<Path> files)
      throws IOException {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("stage", stage);
    json.put("fingerprint", fingerprint.hex());
    json.put("seconds", taken);
    ObjectNode digests = json.putObject("files");
    for (Path file : files) {
      digests.put(run.relativize(file).toString(), Fingerprint.ofFile(file).hex());
    }
    AtomicFiles.write(record(stage), json.toPrettyString());
  }
}
