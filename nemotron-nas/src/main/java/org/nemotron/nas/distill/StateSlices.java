package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verify;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
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

  private final ImmutableMap<String, FlatShards.Piece> own;
  private final List<StateSlice> slices = new ArrayList<>();

  /**
   * Finds the slices that this rank needs.
   *
   * @param all the slices, which this object closes where it has opened them
   * @param own this rank's pieces
   */
  StateSlices(List<StateSlice> all, ImmutableMap<String, FlatShards.Piece> own) {
    this.own = own;
    for (StateSlice slice : all) {
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
    for (StateSlice slice : slices) {
      Optional<String> fault = slice.open();
      if (fault.isPresent()) {
        return fault;
      }
    }
    return covered();
  }

  private Optional<String> covered() {
    for (var entry : own.entrySet()) {
      long found = 0;
      for (StateSlice slice : slices) {
        found += Math.max(0, overlap(slice.piece(entry.getKey()), entry.getValue()));
      }
      if (found != entry.getValue().size()) {
        return Optional.of("its slices have not all elements of " + entry.getKey());
      }
    }
    return Optional.empty();
  }

  /**
   * Copies into {@code target} what the slices have of it.
   *
   * @param name of the tensor in the model; empty where the state is common
   * @param kind of the state
   * @param target of this rank's piece
   */
  void copy(String name, String kind, Cut cut, Tensor target) throws IOException {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Tensor into = target.detach();
      if (cut == Cut.COMMON) {
        into.copy_(slices.get(0).tensor(kind, name), false);
        return;
      }
      FlatShards.Piece piece = verifyNotNull(own.get(name), name);
      for (StateSlice slice : slices) {
        FlatShards.Piece stored = slice.piece(name);
        if (overlap(stored, piece) > 0) {
          copy(slice.tensor(kind, name), stored, piece, cut, into);
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
    Tensor inRows = cut == Cut.BLOCKS ? from : from.flatten();
    into.narrow(0, (begin - piece.begin()) / grain, rows)
        .copy_(inRows.narrow(0, (begin - stored.begin()) / grain, rows), false);
  }

  @Override
  public void close() {
    slices.forEach(StateSlice::close);
  }
}
