package org.nemotron.core.provenance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Digests of files as they were written. Immutable.
 *
 * @param byName digests, by the file's path below a common directory
 */
public record FileDigests(ImmutableMap<String, Fingerprint> byName) {
  /**
   * Returns the digests of {@code files} as they are now; all lie below {@code directory}.
   *
   * @throws IOException if one cannot be read
   */
  public static FileDigests of(Path directory, Iterable<Path> files) throws IOException {
    ImmutableMap.Builder<String, Fingerprint> digests = ImmutableMap.builder();
    for (Path file : files) {
      digests.put(directory.relativize(file).toString(), Fingerprint.ofFile(file));
    }
    return new FileDigests(digests.buildOrThrow());
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
    for (Map.Entry<String, Fingerprint> entry : byName.entrySet()) {
      Path file = directory.resolve(entry.getKey());
      if (!Files.isRegularFile(file)) {
        return Optional.of(file + " is missing");
      }
      if (!Fingerprint.ofFile(file).equals(entry.getValue())) {
        return Optional.of(file + " is not as it was written");
      }
    }
    return Optional.empty();
  }
}
