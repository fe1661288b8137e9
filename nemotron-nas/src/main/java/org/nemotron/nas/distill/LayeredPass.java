package org.nemotron.nas.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * A batch's way through parent and child and back through the child, layer by layer: the parent's
 * hidden state lives as long as the child's is compared with it, logits as long as a chunk of
 * tokens, and what a layer needs for its way back may be computed again there.
 *
 * <p>Every layer has a graph of gradients of its own, from its input, a leaf, to its output. The
 * sums are those of one graph over the whole model, in the same order but for the chunks.
 */
final class LayeredPass implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, D = model width, V = vocabulary.

  private final GlobalLoss terms;
  private final HeterogeneousModel parent;
  private final HeterogeneousModel child;
  private final ModelSpec spec;
  private final LearnedBatch batch;
  private final double weight;
  private final int recomputed;
  private final Tensor loss;

  /** Of the loss, what the hidden states have. */
  private final Tensor seams;

  /** Leaves: the input of every layer passed so far, and the output of the last one. */
  private final List<Tensor> statesBTD = new ArrayList<>();

  /** The output of every layer with its graph; none where it is computed again. */
  private final List<Optional<Tensor>> outputsBTD = new ArrayList<>();

  /** The embedding with its graph. */
  private final Tensor embeddedBTD;

  private Tensor parentBTD;

  /**
   * Begins a pass.
   *
   * @param batch on the models' device
   * @param weight of all that it adds to the gradients
   * @param recomputed how many of the first layers are computed again on the way back
   */
  LayeredPass(
      GlobalLoss terms,
      HeterogeneousModel child,
      LearnedBatch batch,
      double weight,
      int recomputed) {
    this(terms, child, child.spec(), batch, weight, recomputed);
  }

  /**
   * Begins a pass of models that may lack their layers: each is given when its turn comes.
   *
   * @param spec of the child, with its layers
   */
  LayeredPass(
      GlobalLoss terms,
      HeterogeneousModel child,
      ModelSpec spec,
      LearnedBatch batch,
      double weight,
      int recomputed) {
    this.terms = terms;
    this.parent = terms.parent();
    this.child = child;
    this.spec = spec;
    this.batch = batch;
    this.weight = weight;
    this.recomputed = recomputed;
    try (NativeScope scope = NativeScope.open()) {
      this.loss = NativeScope.keep(Tensors.zeros(parent.device(), DType.FLOAT32));
      this.seams = NativeScope.keep(Tensors.zeros(parent.device(), DType.FLOAT32));
      this.parentBTD = NativeScope.keep(withoutGraph(() -> parent.embed(batch.idsBT())));
      this.embeddedBTD = NativeScope.keep(child.embed(batch.idsBT()));
      statesBTD.add(NativeScope.keep(leaf(embeddedBTD)));
    }
  }

  /**
   * Goes all the way.
   *
   * @param layerDone is told each layer whose gradients are complete, from the last to the first;
   *     those of embedding, final norm and head are complete at the end
   * @return the loss times the weight, a float32 scalar on the device, owned by the current scope
   */
  Tensor run(IntConsumer layerDone) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      forward(layer, parent.block(layer), child.block(layer));
    }
    head();
    for (int layer = spec.layers() - 1; layer >= 0; layer--) {
      backward(layer, child.block(layer));
      layerDone.accept(layer);
    }
    embedding();
    return loss.clone();
  }

  /** Returns the loss times the weight as far as it has come, a float32 scalar; of this pass. */
  Tensor loss() {
    return loss;
  }

  private static Tensor withoutGraph(Supplier<Tensor> work) {
    try (NoGradGuard frozen = new NoGradGuard()) {
      return work.get();
    }
  }

  private static Tensor leaf(Tensor tensor) {
    Tensor leaf = tensor.detach();
    leaf.set_requires_grad(true);
    return leaf;
  }

  /** Adds to the gradients of all that {@code output} was computed from. */
  static void backward(Tensor output, Tensor gradient) {
    output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
  }

  /** Goes through a layer; they come in their order. */
  void forward(int layer, Block ofParent, Block ofChild) {
    try (NativeScope scope = NativeScope.open()) {
      advanceParent(ofParent);
      Tensor before = statesBTD.get(layer);
      boolean again = layer < recomputed;
      Tensor after = again ? withoutGraph(() -> ofChild.forward(before)) : ofChild.forward(before);
      Tensor next = NativeScope.keep(leaf(after));
      statesBTD.add(next);
      outputsBTD.add(again ? Optional.empty() : Optional.of(NativeScope.keep(after)));
      terms
          .seam(spec, layer + 1)
          .ifPresent(
              term -> addSeam(term.backward(batch.states(parentBTD), batch.states(next), weight)));
    }
  }

  private void addSeam(Tensor term) {
    loss.add_(term);
    seams.add_(term);
  }

  /** Returns the part of the loss that the hidden states have, on the device; of this pass. */
  Tensor seams() {
    return seams;
  }

  private void advanceParent(Block ofParent) {
    Tensor before = parentBTD;
    parentBTD = NativeScope.keep(withoutGraph(() -> ofParent.forward(before)));
    NativeScope.release(before);
  }

  /** Compares the logits, behind the last layer. */
  void head() {
    long tokens = batch.learned();
    long chunk = terms.tokensPerChunk();
    Tensor last = statesBTD.get(spec.layers());
    for (long first = 0; first < tokens; first += chunk) {
      long count = Math.min(chunk, tokens - first);
      try (NativeScope scope = NativeScope.open()) {
        terms.logits(parentBTD, child, last, batch, first, count, weight).ifPresent(loss::add_);
      }
    }
  }

  /**
   * Goes back through a layer; they come from the last to the first.
   *
   * @param ofChild the layer that the pass went through, or one with the same weights if it is
   *     computed again
   */
  void backward(int layer, Block ofChild) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor next = statesBTD.get(layer + 1);
      Optional<Tensor> kept = outputsBTD.get(layer);
      Tensor output = kept.orElseGet(() -> ofChild.forward(statesBTD.get(layer)));
      if (next.grad().defined()) {
        backward(output, next.grad());
      }
      outputsBTD.remove(layer).ifPresent(NativeScope::release);
      NativeScope.release(statesBTD.remove(layer + 1));
    }
  }

  /** Goes back through the embedding, last of all. */
  void embedding() {
    try (NativeScope scope = NativeScope.open()) {
      backward(embeddedBTD, statesBTD.get(0).grad());
    }
  }

  @Override
  public void close() {
    outputsBTD.forEach(output -> output.ifPresent(NativeScope::release));
    statesBTD.forEach(NativeScope::release);
    NativeScope.release(embeddedBTD);
    NativeScope.release(parentBTD);
    NativeScope.release(loss);
    NativeScope.release(seams);
  }
}
