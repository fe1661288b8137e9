package org.nemotron.nas.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.core.activation.LayerPipeline;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.nn.Block;
import org.nemotron.core.tensor.HostMemory;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.TokenBatches;

/**
 * Computes the parent's hidden states for one group of layers after the other, batch by batch.
 *
 * <p>Where a group ends, the hidden states of every batch are kept in host memory, so that the next
 * group continues from there and no layer is computed twice; where they would take too much of it,
 * every group begins at the embedding.
 *
 * <p>Every step checks for values that are not finite, and names the layer of the first one.
 */
final class ParentPasses implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, D = model width.

  private final LayerStreamer feed;
  private final LayerPipeline pipeline;
  private final TokenBatches data;
  private final long hostBytes;
  private final TensorThreads sideBySide;
  private boolean begun;
  private List<Tensor> keptBTD = new ArrayList<>();
  private int keptLayer;

  /**
   * Makes passes that begin at the embedding, or where the rank before ends.
   *
   * @param hostBytes most host memory for hidden states between groups
   */
  ParentPasses(
      LayerStreamer feed,
      LayerPipeline pipeline,
      TokenBatches data,
      long hostBytes,
      TensorThreads sideBySide) {
    this.feed = feed;
    this.pipeline = pipeline;
    this.data = data;
    this.hostBytes = hostBytes;
    this.sideBySide = sideBySide;
  }

  /** Returns the host memory that may be used for hidden states, in bytes. */
  static long usualHostBytes() {
    return HostMemory.availableBytes() / 2;
  }

  /** Uses the hidden states of one step. */
  interface Step {
    void with(int step, HiddenStates parentStream);
  }

  /**
   * Runs the group's layers on the batches of all steps.
   *
   * @param next the first layer of the group behind; empty for the last
   */
  void through(LayerGroup group, Optional<Integer> next, int steps, Step work) {
    feed.keep(group.first(), group.end());
    List<Tensor> left = new ArrayList<>();
    try {
      for (int step = 0; step < steps; step++) {
        try (NativeScope scope = NativeScope.open()) {
          HiddenStates stream = stream(group, step);
          if (!begun) {
            pipeline.pass(() -> handedOver(group, stream));
          }
          if (next.isPresent() && fits(stream.lastBTD(), steps)) {
            left.add(NativeScope.keep(Tensors.toHost(stream.hiddenState(reached(group, next)))));
          }
          work.with(step, stream);
        }
      }
    } finally {
      begun = true;
      release(keptBTD);
      keptBTD = left;
      keptLayer = reached(group, next);
    }
  }

  /** Returns the last layer whose input the group knows, of those that the next one can use. */
  private static int reached(LayerGroup group, Optional<Integer> next) {
    return Math.min(next.orElse(0), group.end());
  }

  /** The rank behind gets its input before this one trains; layers without candidates included. */
  private Tensor handedOver(LayerGroup group, HiddenStates stream) {
    int handover = pipeline.handover();
    try (NoGradGuard frozen = new NoGradGuard()) {
      return handover <= group.end()
          ? stream.hiddenState(handover)
          : feed.through(stream.lastBTD(), group.end(), handover, sideBySide);
    }
  }

  private boolean fits(Tensor hiddenBTD, int steps) {
    return hiddenBTD.nbytes() * steps <= hostBytes;
  }

  private HiddenStates stream(LayerGroup group, int step) {
    try (NoGradGuard frozen = new NoGradGuard()) {
      boolean goesOn = !keptBTD.isEmpty();
      Tensor inputBTD =
          goesOn ? Tensors.toDevice(keptBTD.get(step), feed.device()) : firstInput(step);
      int from = goesOn ? keptLayer : begun ? 0 : pipeline.first();
      Tensor reachedBTD =
          NativeScope.only(() -> feed.through(inputBTD, from, group.first(), sideBySide));
      HiddenStates stream =
          HiddenStates.of(
              feed::block, reachedBTD, group.first(), group.end(), sideBySide, Place.DEVICE);
      if (stream.notFinite().isPresent()) {
        String what = "local distillation, step " + step + ", the parent";
        checkLayers(what, inputBTD, from, group.first());
        stream.checkFinite(what);
      }
      return stream;
    }
  }

  /** Later groups of a rank begin at the embedding where host memory did not hold their inputs. */
  private Tensor firstInput(int step) {
    return begun
        ? feed.embed(data.batch(step))
        : pipeline.input(
            () -> feed.embed(data.batch(step)),
            feed.device(),
            feed.dtype(),
            data.batchSize(),
            data.windowTokens(),
            feed.width());
  }

  /** Computes the layers before the group again, one at a time: only their output was kept. */
  private void checkLayers(String what, Tensor inputBTD, int from, int to) {
    Tensor hidden = NativeScope.keep(inputBTD);
    try {
      for (int layer = from; layer < to; layer++) {
        try (NativeScope scope = NativeScope.open()) {
          Block block = feed.block(layer);
          Tensor before = hidden;
          hidden =
              NativeScope.keep(
                  HiddenStates.of(
                          index -> block, before, layer, layer + 1, sideBySide, Place.DEVICE)
                      .checkFinite(what)
                      .lastBTD());
          NativeScope.release(before);
        }
      }
    } finally {
      NativeScope.release(hidden);
    }
  }

  private static void release(List<Tensor> tensors) {
    tensors.forEach(NativeScope::release);
  }

  @Override
  public void close() {
    release(keptBTD);
    keptBTD = new ArrayList<>();
  }
}
