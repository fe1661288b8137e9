package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.Tensor;

/**
 * The rows of a step as a GPU sees them: where in {@link CudaInputs} the facts about them are, and
 * how their attention is computed.
 */
final class CudaRows {
  private final CudaInputs inputs;
  private final CudaInputs.Layout at;
  private final int count;
  private final Attention attention;

  /** How rows attend to what is in the pages. */
  sealed interface Attention {
    /** Every row is the last token of a sequence of its own; the inputs have its page table. */
    record OfSingles() implements Attention {}

    /**
     * Rows are pieces of sequences; all that these see is gathered first.
     *
     * @param slots {@code [C]} int64, where the tokens are that are seen
     * @param sequences where pieces and what they see end
     */
    record OfPieces(Tensor slots, FlashAttention.Sequences sequences) implements Attention {
      int context() {
        return Math.toIntExact(slots.size(0));
      }
    }
  }

  CudaRows(CudaInputs inputs, int count, Attention attention) {
    this.inputs = inputs;
    this.at = CudaInputs.Layout.of(count);
    this.count = count;
    this.attention = attention;
  }

  CudaInputs.Layout layout() {
    return at;
  }

  int count() {
    return count;
  }

  Attention attention() {
    return attention;
  }

  long tokens() {
    return inputs.address(at.tokens());
  }

  long positions() {
    return inputs.address(at.positions());
  }

  long slots() {
    return inputs.address(at.slots());
  }

  long lengths() {
    return inputs.address(at.lengths());
  }

  long wanted() {
    return inputs.address(at.wanted());
  }

  /** Returns where the choices of logits {@code from} on are. */
  long choices(int from) {
    return inputs.address(at.choices() + CudaInputs.CHOICE_BYTES * from);
  }

  long tables() {
    return inputs.address(at.tables());
  }

  long tableWidth() {
    return inputs.address(0);
  }
}
