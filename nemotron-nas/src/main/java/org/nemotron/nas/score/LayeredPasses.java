package org.nemotron.nas.score;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;

/**
 * What models whose layers are offloaded put out for the windows of a batch: a layer comes to the
 * device once for all windows, each of which is computed by itself.
 */
final class LayeredPasses implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, D = model width.

  /** {@code [1, T, D]} of each window, by model. */
  private final ImmutableMap<HeterogeneousModel, ImmutableList<Tensor>> last;

  private final Resources held;

  private LayeredPasses(
      ImmutableMap<HeterogeneousModel, ImmutableList<Tensor>> last, Resources held) {
    this.last = last;
    this.held = held;
  }

  /** Takes the windows of {@code idsBT} through {@code models}. */
  static LayeredPasses of(List<HeterogeneousModel> models, Tensor idsBT, TensorThreads team) {
    try (Resources made = new Resources()) {
      ImmutableMap.Builder<HeterogeneousModel, ImmutableList<Tensor>> last = ImmutableMap.builder();
      for (HeterogeneousModel model : models) {
        List<Tensor> rows = through(model, idsBT, team);
        rows.forEach(row -> made.add(row, NativeScope::release));
        last.put(model, ImmutableList.copyOf(rows));
      }
      return new LayeredPasses(last.buildOrThrow(), made.complete());
    }
  }

  /** Returns hidden states that the caller releases. */
  private static List<Tensor> through(HeterogeneousModel model, Tensor idsBT, TensorThreads team) {
    List<Integer> rows = IntStream.range(0, (int) idsBT.size(0)).boxed().toList();
    List<Tensor> states = new ArrayList<>();
    boolean done = false;
    try (LayerStreamer feed = LayerStreamer.of(model)) {
      for (int row : rows) {
        try (NativeScope scope = NativeScope.open()) {
          states.add(NativeScope.keep(feed.embed(idsBT.narrow(0, row, 1))));
        }
      }
      for (int layer = 0; layer < model.spec().layers(); layer++) {
        Block block = feed.block(layer);
        team.forEach(rows, row -> advance(states, row, block));
      }
      done = true;
      return states;
    } finally {
      if (!done) {
        states.forEach(NativeScope::release);
      }
    }
  }

  private static void advance(List<Tensor> states, int row, Block block) {
    try (NoGradGuard inference = new NoGradGuard()) {
      Tensor before = states.get(row);
      states.set(row, NativeScope.keep(block.forward(before)));
      NativeScope.release(before);
    }
  }

  /** Returns the output of the last layer of {@code model}; empty if it is none of these models. */
  Optional<Tensor> last(HeterogeneousModel model, int row) {
    return Optional.ofNullable(last.get(model)).map(rows -> rows.get(row));
  }

  /** Returns the first place in {@code model} whose values for a window are not finite. */
  static Optional<String> notFinite(HeterogeneousModel model, Tensor ids1T) {
    Optional<String> found = Optional.empty();
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        LayerStreamer feed = LayerStreamer.of(model);
        TensorThreads alone = new TensorThreads(1)) {
      Tensor stateBTD = feed.embed(ids1T);
      for (int layer = 0; layer < model.spec().layers() && found.isEmpty(); layer++) {
        Block block = feed.block(layer);
        HiddenStates ofLayer =
            HiddenStates.of(
                index -> block, stateBTD, layer, layer + 1, alone, HiddenStates.Place.DEVICE);
        found = ofLayer.notFinite();
        stateBTD = ofLayer.lastBTD();
      }
    }
    return found;
  }

  @Override
  public void close() {
    held.close();
  }
}
