package org.nemotron.core.provenance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Digests of files as they were written. Immutable.
 *
 * @param byName digests, by the file's path below a common directory
 */
public record FileDigests(ImmutableMap<String, Fingerprint> byName) {
  /**
   * Returns the digests of {@code files} as they are now; all lie below {@code directory}. Files
   * are read side by side.
   *
   * @throws IOException if one cannot be read
   */
  public static FileDigests of(Path directory, Iterable<Path> files) throws IOException {
    ImmutableList<Path> all = ImmutableList.copyOf(files);
    ImmutableList<Fingerprint> digests = digests(all);
    ImmutableMap.Builder<String, Fingerprint> byName = ImmutableMap.builder();
    for (int file = 0; file < all.size(); file++) {
      byName.put(directory.relativize(all.get(file)).toString(), digests.get(file));
    }
    return new FileDigests(byName.buildOrThrow());
  }

  /** A digest takes as long as reading, or longer: a library of gigabytes takes all cores. */
  private static ImmutableList<Fingerprint> digests(ImmutableList<Path> files) throws IOException {
    try {
      return files.parallelStream()
          .map(FileDigests::digest)
          .collect(ImmutableList.toImmutableList());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Fingerprint digest(Path file) {
    try {
      return Fingerprint.ofFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the digests that {@link #toJson} wrote. */
  public static FileDigests fromJson(JsonNode json) {
    ImmutableMap.Builder<String, Fingerprint> digests = ImmutableMap.builder();
    json.properties()
        .forEach(file -> digests.put(file.getKey(), new Fingerprint(file.getValue().asText())));
    return new FileDigests(digests.buildOrThrow());
  }

  /** Returns this as a JSON object. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    byName.forEach((name, digest) -> json.put(name, digest.hex()));
    return json;
  }

  /**
   * Returns a file below {@code directory} that is missing or has changed, if there is one.
   *
   * @throws IOException if one exists and cannot be read
   */
  public Optional<String> misfit(Path directory) throws IOException {
    ImmutableList<Path> files =
        byName.keySet().stream().map(directory::resolve).collect(ImmutableList.toImmutableList());
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        return Optional.of(file + " is missing");
      }
    }
    ImmutableList<Fingerprint> now = digests(files);
    for (int file = 0; file < files.size(); file++) {
      if (!now.get(file).equals(byName.values().asList().get(file))) {
        return Optional.of(files.get(file) + " is not as it was written");
      }
    }
    return Optional.empty();
  }
}
