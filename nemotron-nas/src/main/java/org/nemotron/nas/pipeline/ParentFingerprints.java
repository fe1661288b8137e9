package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.provenance.Fingerprint;

/** Fingerprints of model directories. */
final class ParentFingerprints {
  private ParentFingerprints() {}

  /** Returns the fingerprint of all safetensors files of {@code directory}. */
  static Fingerprint weights(Path directory) throws IOException {
    return of(directory, files(directory, name -> name.endsWith(".safetensors")));
  }

  /** Returns the fingerprint of what a child takes over as it is: tokenizer and generation. */
  static Fingerprint takenOver(Path directory) throws IOException {
    return of(directory, files(directory, ModelWriter::copies));
  }

  private static Fingerprint of(Path directory, ImmutableList<Path> files) throws IOException {
    Fingerprint.Builder fingerprint = Fingerprint.builder();
    FileDigests.of(directory, files).byName().forEach(fingerprint::put);
    return fingerprint.build();
  }

  private static ImmutableList<Path> files(Path directory, Predicate<String> wanted)
      throws IOException {
    return files(directory).stream()
        .filter(file -> wanted.test(file.getFileName().toString()))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns the regular files of {@code directory}, by name. */
  static ImmutableList<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return ImmutableSortedSet.copyOf(
              Comparator.naturalOrder(), files.filter(Files::isRegularFile).iterator())
          .asList();
    }
  }
}
