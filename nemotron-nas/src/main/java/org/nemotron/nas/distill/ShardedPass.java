package org.nemotron.nas.distill;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;

/**
 * This rank's part of a batch through parent and child and back through the child, whose layers are
 * gathered just before use. All ranks run their passes at the same time, also those that have no
 * sequence of the batch.
 *
 * <p>A layer that is computed again on the way back is freed meanwhile and gathered again; others
 * stay until then. On a GPU the next layer is gathered, and the gradients of the last one are
 * added, while one is computed.
 */
final class ShardedPass implements AutoCloseable {
  private final GlobalDistillationSettings settings;
  private final PassedModel parent;
  private final ShardedModel child;
  private final List<LearnedBatch> parts;
  private final int recomputed;
  private final TensorThreads sideBySide;
  private final LayeredPass[] passes;

  /** Layers gathered for the graphs of gradients that need them. */
  private final Map<Integer, GatheredUnit<Block>> kept = new HashMap<>();

  /** The layer whose gradients are being added. */
  private Optional<Reduced> reduced = Optional.empty();

  private double loss;
  private double seams;

  private record Reduced(int layer, Reduction sums) {}

  /**
   * Makes a pass.
   *
   * @param parts of this rank's sequences, computed side by side; none where it has no sequence
   * @param recomputed how many of the first layers are computed again; the same on all ranks
   */
  ShardedPass(
      GlobalDistillationSettings settings,
      PassedModel parent,
      ShardedModel child,
      List<LearnedBatch> parts,
      int recomputed,
      TensorThreads sideBySide) {
    this.settings = settings;
    this.parent = parent;
    this.child = child;
    this.parts = parts;
    this.recomputed = recomputed;
    this.sideBySide = sideBySide;
    this.passes = new LayeredPass[parts.size()];
  }

  /**
   * Goes all the way.
   *
   * @param layerDone is told each layer whose gradients are complete over all ranks, from the last
   *     to the first; those of embedding, final norm and head are complete at the end
   */
  void run(IntConsumer layerDone) {
    int layers = child.spec().layers();
    try (Resources held = new Resources();
        GatheredUnit<HeterogeneousModel> outside = child.gatheredOutside(parts.size())) {
      HeterogeneousModel ofParent = parent.outside(held);
      GlobalLoss terms = new GlobalLoss(ofParent, settings);
      forEachPart(part -> begin(part, terms, outside.of(part)));
      for (int layer = 0; layer < layers; layer++) {
        forward(layer, ofParent, outside);
      }
      forEachPart(part -> passes[part].head());
      for (int layer = layers - 1; layer >= 0; layer--) {
        Reduction sums = backward(layer, outside);
        endReduction(layerDone);
        reduced = Optional.of(new Reduced(layer, sums));
      }
      forEachPart(part -> passes[part].embedding());
      endReduction(layerDone);
      outside.reduce().end();
    }
    for (LayeredPass pass : passes) {
      loss += Tensors.scalar(pass.loss());
      seams += Tensors.scalar(pass.seams());
    }
  }

  private void forEachPart(Consumer<Integer> work) {
    sideBySide.forEach(IntStream.range(0, passes.length).boxed().toList(), work);
  }

  private void begin(int part, GlobalLoss terms, HeterogeneousModel outside) {
    LearnedBatch batch = parts.get(part);
    passes[part] = new LayeredPass(terms, outside, child.spec(), batch, batch.weight(), recomputed);
  }

  private void forward(
      int layer, HeterogeneousModel ofParent, GatheredUnit<HeterogeneousModel> outside) {
    GatheredUnit<Block> ofChild = child.gatheredLayer(layer, outside);
    kept.put(layer, ofChild);
    try (Resources until = new Resources()) {
      Block frozen = parent.block(layer, ofParent, until);
      parent.ahead(layer + 1);
      child.ahead(layer + 1);
      forEachPart(part -> passes[part].forward(layer, frozen, ofChild.of(part)));
    }
    if (layer < recomputed) {
      free(layer);
    }
  }

  /** Returns the sums of the layer's gradients, on their way. */
  private Reduction backward(int layer, GatheredUnit<HeterogeneousModel> outside) {
    GatheredUnit<Block> ofChild =
        kept.computeIfAbsent(layer, missing -> child.gatheredLayer(missing, outside));
    if (layer <= recomputed) {
      child.ahead(layer - 1);
    }
    forEachPart(part -> passes[part].backward(layer, ofChild.of(part)));
    Reduction sums = ofChild.reduce();
    free(layer);
    return sums;
  }

  /** The sums of one layer are added while the one before it is computed. */
  private void endReduction(IntConsumer layerDone) {
    reduced.ifPresent(
        former -> {
          former.sums().end();
          layerDone.accept(former.layer());
        });
    reduced = Optional.empty();
  }

  private void free(int layer) {
    GatheredUnit<Block> gathered = kept.remove(layer);
    if (gathered != null) {
      gathered.close();
    }
  }

  /** Returns the loss of this rank's part, times its weight in the batch. */
  double loss() {
    return loss;
  }

  /** Returns, of the loss, what the hidden states had. */
  double seams() {
    return seams;
  }

  @Override
  public void close() {
    for (LayeredPass pass : passes) {
      if (pass != null) { // a failure comes before all have begun
        pass.close();
      }
    }
    kept.values().forEach(GatheredUnit::close);
    reduced.ifPresent(former -> former.sums().close());
  }
}
