package org.nemotron.nas.distill;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.CausalContext;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.nas.library.Candidate;

/**
 * One candidate at work in its parent block's place: what it reads, what it says, what it should say.
 *
 * <p>An attention is judged through the parent's network, which is frozen; a network reads what the
 * parent's attention wrote; a whole block reads the input of its first layer and is judged by the
 * output of the last one it covers.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, decoupled and coupled blockwise local distillation.
 */
interface Imitation extends AutoCloseable {
  /** Returns the candidate's output, {@code [B, T, D]}, with gradients to its tensors only. */
  Tensor output(ParentActivations activations);

  /** Returns the parent's output, {@code [B, T, D]}. */
  Tensor target(ParentActivations activations);

  @Override
  void close();

  /** Returns {@code candidate} with the given tensors; takes a share in them. */
  static Imitation of(HeterogeneousModel parent, Candidate candidate, NamedTensors weights) {
    double eps = parent.spec().rmsNormEps();
    return candidate.accept(
        new Candidate.Visitor<Imitation>() {
          @Override
          public Imitation visit(Candidate.Attention attention) {
            return new OfAttention(
                attention.layer(),
                SubBlock.attention(attention.spec(), weights, parent.rotary(), eps),
                parent.block(attention.layer()).ffn());
          }

          @Override
          public Imitation visit(Candidate.Ffn ffn) {
            return new OfFfn(ffn.layer(), SubBlock.ffn(ffn.spec(), weights, eps));
          }

          @Override
          public Imitation visit(Candidate.Whole whole) {
            return new OfBlock(
                whole.layer(),
                whole.covers(),
                new Block(whole.spec(), weights, parent.rotary(), eps));
          }
        });
  }

  /** A candidate attention before the parent's network. */
  record OfAttention(int layer, SubBlock attention, SubBlock parentFfn) implements Imitation {
    @Override
    public Tensor output(ParentActivations activations) {
      Tensor middle =
          attention.forward(activations.seamsBTD().get(layer), CausalContext.INSTANCE);
      return parentFfn.forward(middle, CausalContext.INSTANCE);
    }

    @Override
    public Tensor target(ParentActivations activations) {
      return activations.seamsBTD().get(layer + 1);
    }

    @Override
    public void close() {
      attention.close();
    }
  }

  /** A candidate network behind the parent's attention. */
  record OfFfn(int layer, SubBlock ffn) implements Imitation {
    @Override
    public Tensor output(ParentActivations activations) {
      return ffn.forward(activations.middlesBTD().get(layer), CausalContext.INSTANCE);
    }

    @Override
    public Tensor target(ParentActivations activations) {
      return activations.seamsBTD().get(layer + 1);
    }

    @Override
    public void close() {
      ffn.close();
    }
  }

  /** A candidate block in place of one layer or several. */
  record OfBlock(int layer, int covers, Block block) implements Imitation {
    @Override
    public Tensor output(ParentActivations activations) {
      return block.forward(activations.seamsBTD().get(layer), CausalContext.INSTANCE);
    }

    @Override
    public Tensor target(ParentActivations activations) {
      return activations.seamsBTD().get(layer + covers);
    }

    @Override
    public void close() {
      block.close();
    }
  }
}
