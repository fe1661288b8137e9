package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verify;
import static com.google.common.base.Verify.verifyNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.nas.shard.FlatShards;

/**
 * The slices of a saved state as one rank reads them: those that have elements of its own pieces,
 * whoever wrote them.
 */
final class StateSlices implements AutoCloseable {
  /** How a tensor of the state belongs to pieces. */
  enum Cut {
    /** An element for each element of the piece. */
    ELEMENTS,
    /** A row for each block of the piece. */
    BLOCKS,
    /** The same for all pieces of a tensor. */
    WHOLE,
    /** The same in all slices. */
    COMMON
  }

  private final Path directory;
  private final ImmutableMap<String, FlatShards.Piece> own;
  private final List<Slice> slices = new ArrayList<>();
  private final List<SafetensorsFile> open = new ArrayList<>();

  private record Slice(String file, Fingerprint digest, JsonNode pieces) {
    /** Returns what the slice has of a tensor; nothing: an empty range. */
    FlatShards.Piece piece(String name) {
      JsonNode range = pieces.path(name);
      return new FlatShards.Piece(range.path(0).asLong(), range.path(1).asLong(), 0);
    }
  }

  /**
   * Finds the slices that this rank needs.
   *
   * @param entries of the slices, as {@code state.json} has them
   * @param own this rank's pieces
   */
  StateSlices(Path directory, JsonNode entries, ImmutableMap<String, FlatShards.Piece> own) {
    this.directory = directory;
    this.own = own;
    for (JsonNode entry : entries) {
      Slice slice =
          new Slice(
              entry.path("file").asText(),
              new Fingerprint(entry.path("digest").asText()),
              entry.path("pieces"));
      boolean needed =
          slices.isEmpty() // what all slices have is read from the first
              || own.entrySet().stream()
                  .anyMatch(piece -> overlap(slice.piece(piece.getKey()), piece.getValue()) > 0);
      if (needed) {
        slices.add(slice);
      }
    }
  }

  private static long overlap(FlatShards.Piece one, FlatShards.Piece other) {
    return Math.min(one.end(), other.end()) - Math.max(one.begin(), other.begin());
  }

  /**
   * Opens the slices.
   *
   * @return a sentence about one that is missing or damaged; then nothing may be copied
   */
  Optional<String> fault() throws IOException {
    for (Slice slice : slices) {
      Path file = directory.resolve(slice.file());
      if (!Files.isRegularFile(file)) {
        return Optional.of(file + " is missing");
      }
      if (!Fingerprint.ofFile(file).equals(slice.digest())) {
        return Optional.of(file + " is not as it was written");
      }
      open.add(SafetensorsFile.open(file));
    }
    return covered();
  }

  private Optional<String> covered() {
    for (var entry : own.entrySet()) {
      long found = 0;
      for (Slice slice : slices) {
        found += Math.max(0, overlap(slice.piece(entry.getKey()), entry.getValue()));
      }
      if (found != entry.getValue().size()) {
        return Optional.of(directory + " has not all elements of " + entry.getKey());
      }
    }
    return Optional.empty();
  }

  /**
   * Copies into {@code target} what the slices have of it.
   *
   * @param name of the tensor in the model; of no meaning where the state is common
   * @param kind of the state
   * @param target of this rank's piece
   */
  void copy(String name, String kind, Cut cut, Tensor target) throws IOException {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Tensor into = target.detach();
      if (cut == Cut.COMMON) {
        into.copy_(open.get(0).tensor(kind + "."), false);
        return;
      }
      FlatShards.Piece piece = verifyNotNull(own.get(name), name);
      for (int index = 0; index < slices.size(); index++) {
        FlatShards.Piece stored = slices.get(index).piece(name);
        if (overlap(stored, piece) > 0) {
          copy(open.get(index).tensor(kind + "." + name), stored, piece, cut, into);
        }
      }
    }
  }

  private static void copy(
      Tensor from, FlatShards.Piece stored, FlatShards.Piece piece, Cut cut, Tensor into) {
    if (cut == Cut.WHOLE) {
      into.copy_(from, false);
      return;
    }
    long grain = cut == Cut.BLOCKS ? FlatShards.BLOCK : 1;
    long begin = Math.max(stored.begin(), piece.begin());
    long end = Math.min(stored.end(), piece.end());
    verify(begin % grain == 0, "a piece that begins at %s begins no block", begin);
    long rows = (end - begin + grain - 1) / grain;
    into.narrow(0, (begin - piece.begin()) / grain, rows)
        .copy_(from.narrow(0, (begin - stored.begin()) / grain, rows), false);
  }

  @Override
  public void close() {
    for (SafetensorsFile file : open) {
      file.close();
    }
  }
}
