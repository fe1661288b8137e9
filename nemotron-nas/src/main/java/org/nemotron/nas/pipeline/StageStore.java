package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.nas.report.RunSummary.StageSeconds;

/**
 * The results of stages on disk: a result that fits is reused, another is made again, and the
 * listener receives which and why.
 *
 * <p>A stage's record ({@code stages/NAME.json}) is written after its files, with their digests. A
 * result fits when its record has the fingerprints of what the stage depends on now, and the files
 * are as they were.
 */
final class StageStore {
  private static final String RECORDS = "stages";
  private static final String STORED = "stored";
  private static final String WANTED = "wanted";

  private final Path run;
  private final PipelineListener listener;
  private final Communicator ranks;
  private final ImmutableSet<String> finished;
  private final List<StageSeconds> seconds = new ArrayList<>();
  private Renewal renewal = () -> {};

  /** Makes the store of a run that one process works at; see the other constructor. */
  StageStore(Path run, PipelineListener listener) throws IOException {
    this(run, listener, Communicator.alone());
  }

  /**
   * Makes the store of a run. Rank 0 decides what is reused, and keeps the records.
   *
   * @throws IOException if the records of former stages cannot be read
   */
  StageStore(Path run, PipelineListener listener, Communicator ranks) throws IOException {
    this.run = run;
    this.listener = listener;
    this.ranks = ranks;
    this.finished = finished(run.resolve(RECORDS));
  }

  /** Is done whenever a stage has a result. */
  interface Renewal {
    void run() throws IOException;
  }

  /** Lets {@code page} be renewed whenever a stage has a result. */
  void afterEach(Renewal page) {
    renewal = page;
  }

  /** What a stage does. */
  interface Work<T> {
    /** Does it and returns what it made, reporting to {@code progress} how many steps are done. */
    T run(LongConsumer progress) throws IOException;
  }

  /** Returns the result of {@code stage}: as stored, or made now if what is stored does not fit. */
  <T> T result(Stage<T> stage) throws IOException {
    if (ranks.rank() > 0) {
      follow(stage);
    } else if (ranks.size() > 1 && stage.workers() != Stage.Workers.FIRST) {
      lead(stage);
    } else {
      ensure(stage.name(), stage.dependencies(), stage.steps(), stage::work);
    }
    stage.checkFinite();
    return stage.read();
  }

  /** Rank 0: lets the others know whether there is work, and works with them or before them. */
  private void lead(Stage<?> stage) throws IOException {
    StageInputs inputs = stage.dependencies();
    boolean fits = misfit(stage.name(), inputs).isEmpty();
    String unused = ranks.shared(stage.name() + ", whether it is stored", fits ? STORED : WANTED);
    ensure(
        stage.name(),
        inputs,
        stage.steps(),
        progress -> {
          if (stage.workers() == Stage.Workers.ALL) {
            ranks.barrier(stage.name() + ", its beginning");
          }
          return stage.work(progress);
        });
    ranks.barrier(stage.name() + ", stored by rank 0");
  }

  /** Another rank: works if all do, and waits until rank 0 has stored the result. */
  private void follow(Stage<?> stage) throws IOException {
    String name = stage.name();
    ranks.at(name, -1);
    boolean wanted = ranks.shared(name + ", whether it is stored", "").equals(WANTED);
    if (wanted && stage.workers() == Stage.Workers.ALL) {
      ranks.barrier(name + ", its beginning");
      ImmutableList<Path> unused = stage.work(done -> advanced(name, done, stage.steps()));
    }
    ranks.barrier(name + ", stored by rank 0");
  }

  /**
   * Makes sure that the files of {@code stage} are there.
   *
   * @param inputs all that they depend on
   * @param steps how often the work reports progress
   * @param work writes them, and returns their paths
   */
  void ensure(String stage, StageInputs inputs, long steps, Work<ImmutableList<Path>> work)
      throws IOException {
    Optional<String> misfit = misfit(stage, inputs);
    if (misfit.isEmpty()) {
      seconds.add(new StageSeconds(stage, storedSeconds(stage), true));
      listener.reused(stage);
      renewal.run();
      return;
    }
    if (finished.contains(stage)) {
      listener.message(stage + " is done again: " + misfit.orElseThrow());
      Files.deleteIfExists(record(stage));
    }
    Cancellation.check();
    long start = System.nanoTime();
    ranks.at(stage, 0);
    listener.started(stage, steps);
    ImmutableList<Path> files = work.run(done -> advanced(stage, done, steps));
    double taken = (System.nanoTime() - start) / 1e9;
    writeRecord(stage, inputs, taken, files);
    seconds.add(new StageSeconds(stage, taken, false));
    listener.finished(stage, taken);
    renewal.run();
  }

  /** Does work that leaves no files, each time, and returns what it made. */
  <T> T always(String name, long steps, Work<T> work) throws IOException {
    Cancellation.check();
    long start = System.nanoTime();
    listener.started(name, steps);
    T made = work.run(done -> advanced(name, done, steps));
    double taken = (System.nanoTime() - start) / 1e9;
    seconds.add(new StageSeconds(name, taken, false));
    listener.finished(name, taken);
    renewal.run();
    return made;
  }

  private void advanced(String stage, long done, long steps) {
    ranks.at(stage, done);
    listener.advanced(stage, done, steps);
    Cancellation.check();
  }

  /**
   * Says which of the files that {@link #publish} noted under {@code name} has changed since, and
   * forgets them: they are about to be written anew.
   */
  void withdraw(String name) throws IOException {
    Path record = record(name);
    if (!Files.exists(record)) {
      return;
    }
    Optional<ObjectNode> json = SealedJson.read(record);
    Optional<String> misfit =
        json.isPresent()
            ? FileDigests.fromJson(json.get().path("files")).misfit(run)
            : Optional.of(record + " is damaged");
    misfit.ifPresent(why -> listener.message(name + " is written again: " + why));
    Files.delete(record);
  }

  /** Notes files that every run writes anew, as the last thing that a run does. */
  void publish(String name, ImmutableList<Path> files) throws IOException {
    writeRecord(name, StageInputs.builder().build(), 0, files);
  }

  /** Returns how long each stage took, in their order. */
  ImmutableList<StageSeconds> seconds() {
    return ImmutableList.copyOf(seconds);
  }

  Path path(String name) {
    return run.resolve(name);
  }

  private Path record(String stage) {
    return run.resolve(RECORDS).resolve(stage + ".json");
  }

  private Optional<String> misfit(String stage, StageInputs inputs) throws IOException {
    Path record = record(stage);
    if (!Files.exists(record)) {
      return Optional.of(record + " is missing");
    }
    Optional<ObjectNode> json = SealedJson.read(record);
    if (json.isEmpty()) {
      return Optional.of(record + " is damaged");
    }
    ImmutableSet<String> changed =
        inputs.changedSince(StageInputs.fromJson(json.get().path("inputs")));
    if (changed.contains(StageInputs.FORMAT)) {
      return Optional.of("another version of this library has made it");
    }
    if (!changed.isEmpty()) {
      return Optional.of("what it depends on has changed: " + String.join(", ", changed));
    }
    return FileDigests.fromJson(json.get().path("files")).misfit(run);
  }

  private double storedSeconds(String stage) throws IOException {
    return SealedJson.read(record(stage)).orElseThrow().path("seconds").asDouble();
  }

  private void writeRecord(
      String stage, StageInputs inputs, double taken, ImmutableList<Path> files)
      throws IOException {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("stage", stage);
    json.set("inputs", inputs.toJson());
    json.put("seconds", taken);
    ArrayNode before = json.putArray("after");
    seconds.forEach(earlier -> before.add(earlier.stage()));
    json.set("files", FileDigests.of(run, files).toJson());
    SealedJson.write(record(stage), json);
  }

  /** Returns the stages that were once finished: those recorded, and those before them. */
  private static ImmutableSet<String> finished(Path records) throws IOException {
    ImmutableSet.Builder<String> finished = ImmutableSet.builder();
    if (!Files.isDirectory(records)) {
      return finished.build();
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(records, "*.json")) {
      for (Path file : files) {
        finished.add(MoreFiles.getNameWithoutExtension(file));
        SealedJson.read(file)
            .ifPresent(json -> json.path("after").forEach(stage -> finished.add(stage.asText())));
      }
    }
    return finished.build();
  }
}
