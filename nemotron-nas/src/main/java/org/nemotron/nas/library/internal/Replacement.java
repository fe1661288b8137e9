package org.nemotron.nas.library.internal;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.RotaryEmbedding;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.nas.library.Candidate;

/**
 * One candidate in its parent block's place: its input, its output, and the output it should have.
 *
 * <p>The output of an attention passes through the parent's FFN; an FFN reads the output of the
 * parent's attention; a block reads the input of its first layer, and its output stands for that of
 * the last layer that it replaces.
 *
 * <p>Holds a share of the candidate's tensors until it closes. Any thread may close it; closing
 * twice is harmless, use after close is refused.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, decoupled and coupled blockwise local distillation.
 */
public sealed interface Replacement extends AutoCloseable {
  /**
   * Returns the hidden states behind the replaced layers, {@code [B, T, D]}, owned by the current
   * scope.
   */
  Tensor output(HiddenStates parentStream);

  /** Returns the first parent layer behind the replaced ones. */
  int resumesAt();

  /** Returns the parent's own hidden states at the same place, {@code [B, T, D]}. */
  default Tensor target(HiddenStates parentStream) {
    return parentStream.hiddenState(resumesAt());
  }

  @Override
  void close();

  /** Returns {@code candidate} with the given tensors in place of what it stands in for. */
  static Replacement of(HeterogeneousModel parent, Candidate candidate, NamedTensors weights) {
    return of(
        parent.block(candidate.layer()),
        parent.rotary(),
        parent.spec().rmsNormEps(),
        candidate,
        weights);
  }

  /**
   * Returns {@code candidate} with the given tensors in place of what it stands in for.
   *
   * @param own the parent's block at the candidate's first layer, where the tensors lie
   * @param rotary the rotary tables there
   * @param eps of the norms
   */
  static Replacement of(
      Block own, RotaryEmbedding rotary, double eps, Candidate candidate, NamedTensors weights) {
    return candidate.accept(
        new Candidate.Visitor<Replacement>() {
          @Override
          public Replacement visit(Candidate.Attention attention) {
            return new OfAttention(
                attention.layer(),
                SubBlock.attention(attention.spec(), weights, rotary, eps),
                own.ffn());
          }

          @Override
          public Replacement visit(Candidate.Ffn ffn) {
            return new OfFfn(ffn.layer(), SubBlock.ffn(ffn.spec(), weights, eps));
          }

          @Override
          public Replacement visit(Candidate.Block block) {
            return new OfBlock(block.layer(), 1, new Block(block.spec(), weights, rotary, eps));
          }

          @Override
          public Replacement visit(Candidate.MultiLayer block) {
            return new OfBlock(
                block.layer(), block.layers(), new Block(block.spec(), weights, rotary, eps));
          }
        });
  }

  /** Another attention before the parent's FFN, which stays the parent's. */
  record OfAttention(int layer, SubBlock attention, SubBlock parentFfn) implements Replacement {
    @Override
    public Tensor output(HiddenStates parentStream) {
      Tensor middle = attention.forward(parentStream.hiddenState(layer));
      return parentFfn.forward(middle);
    }

    @Override
    public int resumesAt() {
      return layer + 1;
    }

    @Override
    public void close() {
      attention.close();
    }
  }

  /** Another FFN behind the parent's attention. */
  record OfFfn(int layer, SubBlock ffn) implements Replacement {
    @Override
    public Tensor output(HiddenStates parentStream) {
      return ffn.forward(parentStream.middle(layer));
    }

    @Override
    public int resumesAt() {
      return layer + 1;
    }

    @Override
    public void close() {
      ffn.close();
    }
  }

  /** One block in place of one layer or several. */
  record OfBlock(int layer, int layers, Block block) implements Replacement {
    @Override
    public Tensor output(HiddenStates parentStream) {
      return block.forward(parentStream.hiddenState(layer));
    }

    @Override
    public int resumesAt() {
      return layer + layers;
    }

    @Override
    public void close() {
      block.close();
    }
  }
}
