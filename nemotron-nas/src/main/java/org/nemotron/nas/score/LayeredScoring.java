package org.nemotron.nas.score;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.nn.Block;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.internal.Replacement;

/**
 * Scores the candidates of one batch with a parent whose layers are offloaded: all passes go
 * through the layers together, so that a layer comes to the device once for all of them.
 *
 * <p>What is computed is what {@link BlockScorer} computes pass by pass, with the same tensors: the
 * rows are the same to the last bit.
 */
final class LayeredScoring {
  // Shape letters in this file: B = batch, T = tokens, D = model width, P = candidates of a pass.

  /*
   * Passes are sorted by the layer that they resume at. As many of them as the memory holds make a
   * wave, which walks through the layers from the first one that its candidates replace. At a layer,
   * first the passes under way run it; then the parent does, which gives the input of the candidates
   * that replace it; then the passes begin that resume behind it. The first wave takes the parent to
   * its head, with which all are compared; a later one takes it as far as its candidates need it,
   * from the hidden state that the wave before has kept.
   */
  private static final int NONE = -1;

  private final BlockLibrary library;
  private final LayerStreamer feed;
  private final TensorThreads sideBySide;
  private final int layers;

  LayeredScoring(BlockLibrary library, LayerStreamer feed, TensorThreads sideBySide) {
    this.library = library;
    this.feed = feed;
    this.sideBySide = sideBySide;
    this.layers = library.parent().spec().layers();
  }

  /**
   * Scores {@code passes}, sorted by the layer that they resume at.
   *
   * @param candidatesAtATime whose hidden states the memory holds; at least one pass goes at a time
   * @param name which scores and batch these are, for messages
   */
  void score(
      List<List<Candidate>> passes,
      Tensor idsBT,
      int candidatesAtATime,
      String name,
      BlockScorer.Rows rows) {
    List<Wave> waves = waves(passes, candidatesAtATime);
    Optional<TokenMetrics> metrics = Optional.empty();
    Tensor parentBTD = embedded(idsBT);
    try (NoGradGuard inference = new NoGradGuard()) {
      for (int index = 0; index < waves.size(); index++) {
        int next = index + 1 < waves.size() ? waves.get(index + 1).start() : NONE;
        try (Walk walk = new Walk(waves.get(index), parentBTD, name)) {
          walk.through(metrics.isEmpty() ? layers : next, next);
          if (metrics.isEmpty()) {
            metrics = Optional.of(new TokenMetrics(library.parent(), idsBT, walk.parent()));
            metrics.orElseThrow().checkParent(name);
          }
          walk.compare(metrics.orElseThrow(), rows);
          NativeScope.release(parentBTD);
          parentBTD = walk.handOver();
        }
      }
    } finally {
      NativeScope.release(parentBTD);
      metrics.ifPresent(TokenMetrics::close);
    }
  }

  /** Returns the input of layer 0, which the caller releases. */
  private Tensor embedded(Tensor idsBT) {
    try (NativeScope scope = NativeScope.open()) {
      return NativeScope.keep(feed.embed(idsBT));
    }
  }

  /**
   * Passes that go through the layers together.
   *
   * @param first the number of the first of them
   * @param start the first layer whose input they need, they or those behind them
   */
  private record Wave(int first, int start, ImmutableList<List<Candidate>> passes) {}

  private static List<Wave> waves(List<List<Candidate>> passes, int candidatesAtATime) {
    List<Wave> waves = new ArrayList<>();
    int end = passes.size();
    int start = Integer.MAX_VALUE;
    while (end > 0) { // from the last one, since a wave begins no later than those behind it
      int first = end;
      int candidates = 0;
      do {
        first--;
        candidates += passes.get(first).size();
        start = Math.min(start, firstLayer(passes.get(first)));
      } while (first > 0 && candidates + passes.get(first - 1).size() <= candidatesAtATime);
      waves.add(0, new Wave(first, start, ImmutableList.copyOf(passes.subList(first, end))));
      end = first;
    }
    return waves;
  }

  private static int firstLayer(List<Candidate> pass) {
    return pass.stream().mapToInt(Candidate::layer).min().orElseThrow();
  }

  /** One wave on its way. */
  private final class Walk implements AutoCloseable {
    private final Wave wave;
    private final String name;
    private final int begin;

    /** {@code [B, T, D]} behind the layers that the parent has gone through. */
    private Tensor parentBTD;

    /** {@code [B, T, D]}: the parent's, where the next wave begins. */
    private Optional<Tensor> forNextBTD = Optional.empty();

    /** {@code [B, T, D]}: what candidates put out whose passes have not begun. */
    private final Map<Candidate, Tensor> outputsBTD = new ConcurrentHashMap<>();

    /** {@code [P * B, T, D]}: passes under way. */
    private final Map<Integer, Tensor> passesBTD = new ConcurrentHashMap<>();

    Walk(Wave wave, Tensor parentBTD, String name) {
      this.wave = wave;
      this.name = name;
      this.begin = wave.first() == 0 ? 0 : wave.start();
      this.parentBTD = NativeScope.keep(parentBTD);
    }

    /** Returns the parent's hidden state, as far as it has come. */
    Tensor parent() {
      return parentBTD;
    }

    /**
     * Goes through all layers.
     *
     * @param parentEnd behind the last layer that the parent must go through; it goes as far as
     *     candidates need it
     * @param next the first layer of the next wave; {@link #NONE} behind the last
     */
    void through(int parentEnd, int next) {
      for (int layer = begin; layer < layers; layer++) {
        int at = layer;
        Block block = feed.block(layer);
        advance(block);
        keepIfNext(layer, next);
        List<Candidate> replaced =
            wave.passes().stream()
                .flatMap(List::stream)
                .filter(candidate -> candidate.layer() == at)
                .toList();
        if (layer < parentEnd || isNeededFrom(layer)) {
          takeParent(layer, block, replaced);
        }
        begin(layer + 1);
      }
    }

    private void keepIfNext(int layer, int next) {
      if (layer == next && forNextBTD.isEmpty()) {
        forNextBTD = Optional.of(NativeScope.keep(parentBTD));
      }
    }

    private boolean isNeededFrom(int layer) {
      return wave.passes().stream()
          .flatMap(List::stream)
          .anyMatch(candidate -> candidate.layer() >= layer);
    }

    private void advance(Block block) {
      sideBySide.forEach(
          ImmutableList.copyOf(passesBTD.keySet()),
          pass -> {
            try (NoGradGuard inference = new NoGradGuard()) {
              Tensor before = verifyNotNull(passesBTD.get(pass));
              Tensor after = NativeScope.keep(block.forward(before));
              NativeScope.release(before);
              passesBTD.replace(pass, after);
            }
          });
    }

    /** Takes the parent through a layer, and what replaces the layer in its stead. */
    private void takeParent(int layer, Block block, List<Candidate> replaced) {
      try (NativeScope scope = NativeScope.open()) {
        HiddenStates ofLayer =
            HiddenStates.of(index -> block, parentBTD, layer, layer + 1, sideBySide, Place.DEVICE)
                .checkFinite(name + ", the parent");
        sideBySide.forEach(
            replaced,
            candidate -> {
              try (NoGradGuard inference = new NoGradGuard();
                  NamedTensors weights = library.weights(candidate);
                  Replacement replacement =
                      Replacement.of(
                          block,
                          feed.rotary(),
                          library.parent().spec().rmsNormEps(),
                          candidate,
                          weights)) {
                outputsBTD.put(candidate, NativeScope.keep(replacement.output(ofLayer)));
              }
            });
        Tensor before = parentBTD;
        parentBTD = NativeScope.keep(ofLayer.lastBTD());
        NativeScope.release(before);
      }
    }

    /** Begins the passes that resume at {@code layer}. */
    private void begin(int layer) {
      for (int index = 0; index < wave.passes().size(); index++) {
        List<Candidate> pass = wave.passes().get(index);
        if (BlockScorer.resumesAt(pass.get(0)) == layer) {
          try (NativeScope scope = NativeScope.open()) {
            List<Tensor> outputs =
                pass.stream().map(one -> verifyNotNull(outputsBTD.remove(one))).toList();
            passesBTD.put(index, NativeScope.keep(Tensors.joined(outputs)));
            outputs.forEach(NativeScope::release);
          }
        }
      }
    }

    /** Compares all passes, which have gone through all layers, with the parent. */
    void compare(TokenMetrics metrics, BlockScorer.Rows rows) {
      sideBySide.forEach(
          IntStream.range(0, wave.passes().size()).boxed().toList(),
          index -> {
            try (NoGradGuard inference = new NoGradGuard()) {
              int size = wave.passes().get(index).size();
              Tensor lastBTD = verifyNotNull(passesBTD.get(index));
              rows.put(wave.first() + index, BlockScorer.compared(lastBTD, size, metrics));
            }
          });
    }

    /** Returns the parent's hidden state where a next wave begins; the caller releases it. */
    Tensor handOver() {
      return NativeScope.keep(forNextBTD.orElse(parentBTD));
    }

    @Override
    public void close() {
      NativeScope.release(parentBTD);
      forNextBTD.ifPresent(NativeScope::release);
      outputsBTD.values().forEach(NativeScope::release);
      passesBTD.values().forEach(NativeScope::release);
    }
  }
}
