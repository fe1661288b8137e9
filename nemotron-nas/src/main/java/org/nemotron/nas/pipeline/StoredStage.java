package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedSet;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.provenance.Fingerprint;

/**
 * The record of a finished stage in the directory of a run that may be at work: a stage that is
 * done again loses its record first and gets a new one last, so that files with the same record
 * before and after they are read are whole and belong together.
 *
 * @param json the record
 */
record StoredStage(Path run, String name, ObjectNode json) {
  private static final String RECORDS = "stages";

  /** What the last record of a run is called, which is no stage's. */
  private static final String RESULTS = "results";

  /** Reads the files of a stage. */
  interface Reader<T> {
    /** Returns what is in them. */
    T read() throws IOException;
  }

  /** Returns the names of the stages that have a record. */
  static ImmutableSet<String> names(Path run) throws IOException {
    ImmutableSortedSet.Builder<String> names = ImmutableSortedSet.naturalOrder();
    Path records = run.resolve(RECORDS);
    if (!Files.isDirectory(records)) {
      return ImmutableSet.of();
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(records, "*.json")) {
      for (Path file : files) {
        names.add(MoreFiles.getNameWithoutExtension(file));
      }
    }
    return names.build().stream()
        .filter(name -> !name.equals(RESULTS))
        .collect(ImmutableSet.toImmutableSet());
  }

  /**
   * Returns the record of a stage, if it has finished.
   *
   * @throws IOException if the record is damaged, or another version of this library has made it
   */
  static Optional<StoredStage> find(Path run, String name) throws IOException {
    Path file = run.resolve(RECORDS).resolve(name + ".json");
    try {
      ObjectNode json = SealedJson.read(file).orElseThrow(() -> damaged(file));
      StoredStage stage = new StoredStage(run, name, json);
      if (!StageDependencies.format().equals(stage.input(StageInputs.FORMAT).orElse(null))) {
        throw new IOException(
            file
                + ": another version of this library has made the stage "
                + name
                + ".\nMaybe run the plan again: it is then made anew.");
      }
      return Optional.of(stage);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static IOException damaged(Path file) {
    return new IOException(
        file + " is damaged.\nMaybe run the plan again: the stage is then made anew.");
  }

  /**
   * Returns the record of a stage.
   *
   * @throws IOException if there is none, or it is damaged
   */
  static StoredStage get(Path run, String name) throws IOException {
    Optional<StoredStage> stage = find(run, name);
    if (stage.isEmpty()) {
      throw new IOException(
          String.format(
              "%s: the stage %s has not finished; those that have are %s.%n"
                  + "Maybe run the plan, which goes on where it was.",
              run, name, names(run)));
    }
    return stage.orElseThrow();
  }

  /** Returns one of the things that the stage depends on. */
  Optional<Fingerprint> input(String input) {
    return Optional.ofNullable(inputs().fingerprints().get(input));
  }

  StageInputs inputs() {
    return StageInputs.fromJson(json.path("inputs"));
  }

  /** Returns whether this stage worked on the library of {@code trained} as it is now. */
  boolean isMadeFrom(StoredStage trained) {
    return input(StageDependencies.LIBRARY).equals(Optional.of(trained.inputs().fingerprint()));
  }

  /** Returns the digests of the stage's files. */
  FileDigests files() {
    return FileDigests.fromJson(json.path("files"));
  }

  /**
   * Returns what is in the stage's files.
   *
   * @param drop closes what was read in vain
   * @throws IOException if a file is missing or has changed since, or the stage was done again
   *     while they were read
   */
  <T> T read(Reader<T> reader, Consumer<T> drop) throws IOException {
    checkUnchanged(files().misfit(run));
    T value = reader.read();
    Optional<StoredStage> now = find(run, name);
    if (!now.equals(Optional.of(this))) {
      drop.accept(value);
      throw new IOException(
          run
              + ": the stage "
              + name
              + " was done again while its files were read.\nMaybe read them again later.");
    }
    return value;
  }

  private void checkUnchanged(Optional<String> misfit) throws IOException {
    if (misfit.isPresent()) {
      throw new IOException(
          misfit.orElseThrow()
              + ", so that the stage "
              + name
              + " is damaged.\nMaybe run the plan again: the stage is then made anew.");
    }
  }
}
