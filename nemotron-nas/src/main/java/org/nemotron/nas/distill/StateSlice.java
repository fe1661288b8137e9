package org.nemotron.nas.distill;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.Resources;
import org.nemotron.nas.shard.FlatShards;

/** What one process has saved of the state of a distillation. */
interface StateSlice extends AutoCloseable {
  /** Returns which elements it has of a tensor of the model; an empty range: none. */
  FlatShards.Piece piece(String name);

  /**
   * Opens the files.
   *
   * @return a sentence about one that is missing or damaged; then nothing may be read
   */
  Optional<String> open() throws IOException;

  /**
   * Returns what an open slice has of a kind of state, owned by the current scope.
   *
   * @param name of the tensor in the model; empty where all have the state in common
   */
  Tensor tensor(String kind, String name) throws IOException;

  @Override
  void close();

  /** Returns what a state is called in files. */
  static String key(String kind, String name) {
    return name.isEmpty() ? kind : kind + "." + name;
  }

  /**
   * Returns a slice that one of several ranks has written.
   *
   * @param entry of the slice in {@code state.json}
   */
  static StateSlice ofRank(Path directory, JsonNode entry) {
    Path file = directory.resolve(entry.path("file").asText());
    Fingerprint digest = new Fingerprint(entry.path("digest").asText());
    Resources open = new Resources();
    return new StateSlice() {
      private Optional<SafetensorsFile> tensors = Optional.empty();

      @Override
      public FlatShards.Piece piece(String name) {
        JsonNode range = entry.path("pieces").path(name);
        return new FlatShards.Piece(range.path(0).asLong(), range.path(1).asLong(), 0);
      }

      @Override
      public Optional<String> open() throws IOException {
        if (!Files.isRegularFile(file)) {
          return Optional.of(file + " is missing");
        }
        if (!Fingerprint.ofFile(file).equals(digest)) {
          return Optional.of(file + " is not as it was written");
        }
        tensors = Optional.of(WholeState.opened(file, open));
        return Optional.empty();
      }

      @Override
      public Tensor tensor(String kind, String name) throws IOException {
        return tensors.orElseThrow().tensor(key(kind, name));
      }

      @Override
      public void close() {
        open.close();
      }
    };
  }
}
