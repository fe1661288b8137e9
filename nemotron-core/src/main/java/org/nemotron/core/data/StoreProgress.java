package org.nemotron.core.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.provenance.Fingerprint;

/**
 * How far a store is, as noted on the disk: what was appended behind it is dropped, and what was
 * read behind it is read again. Immutable.
 *
 * @param sources of each source that has been begun, its counts; all but the last are complete
 * @param file of the last source, which is read
 * @param records how many of that file's records are in the store
 */
record StoreProgress(ImmutableList<SourceCounts> sources, int file, long records) {
  static final String FILE = "progress.json";

  private static final long FORMAT = 1;

  static final StoreProgress NONE = new StoreProgress(ImmutableList.of(), 0, 0);

  /** Returns the last of the sources that have been begun; -1 before the first. */
  int source() {
    return sources.size() - 1;
  }

  /** Returns what is noted in {@code directory} for a store of this key: nothing if it is none. */
  static StoreProgress read(Path directory, Fingerprint key) throws IOException {
    Path file = directory.resolve(FILE);
    Optional<ObjectNode> json = Files.exists(file) ? SealedJson.read(file) : Optional.empty();
    if (json.isEmpty() || !isOf(key, json.get())) {
      return NONE;
    }
    ImmutableList.Builder<SourceCounts> sources = ImmutableList.builder();
    json.get().path("sources").forEach(each -> sources.add(SourceCounts.fromJson(each)));
    return new StoreProgress(
        sources.build(), json.get().path("file").asInt(), json.get().path("records").asLong());
  }

  void write(Path directory, Fingerprint key) throws IOException {
    SealedJson.write(
        directory.resolve(FILE), json(key, sources).put("file", file).put("records", records));
  }

  static boolean isOf(Fingerprint key, ObjectNode json) {
    return json.path("format").asLong() == FORMAT && json.path("key").asText().equals(key.hex());
  }

  static ObjectNode json(Fingerprint key, ImmutableList<SourceCounts> sources) {
    ObjectNode json =
        JsonNodeFactory.instance.objectNode().put("format", FORMAT).put("key", key.hex());
    ArrayNode all = json.putArray("sources");
    sources.forEach(source -> all.add(source.toJson()));
    return json;
  }
}
