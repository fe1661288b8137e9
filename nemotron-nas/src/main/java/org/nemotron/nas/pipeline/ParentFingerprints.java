package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.nemotron.core.provenance.Fingerprint;

/** Fingerprints of model directories. */
final class ParentFingerprints {
  private ParentFingerprints() {}

  /** Returns the fingerprint of all safetensors files of {@code directory}. */
  static Fingerprint weights(Path directory) throws IOException {
    Fingerprint.Builder fingerprint = Fingerprint.builder();
    for (Path file : files(directory)) {
      if (file.toString().endsWith(".safetensors")) {
        fingerprint.putFile(file.getFileName().toString(), file);
      }
    }
    return fingerprint.build();
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
