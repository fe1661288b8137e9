package org.nemotron.core.backend.cuda;

import java.util.Optional;
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
    /** Returns the pieces of sequences among the rows; empty where there are none. */
    Optional<OfPieces> pieces();

    /** Returns how many of {@code count} rows, the first ones, are of pieces. */
    int pieceRows(int count);

    /** Every row is the last token of a sequence of its own; the inputs have its page table. */
    record OfSingles() implements Attention {
      @Override
      public Optional<OfPieces> pieces() {
        return Optional.empty();
      }

      @Override
      public int pieceRows(int count) {
        return 0;
      }
    }

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

      @Override
      public Optional<OfPieces> pieces() {
        return Optional.of(this);
      }

      @Override
      public int pieceRows(int count) {
        return count;
      }
    }

    /**
     * Pieces of sequences, and behind them last tokens of others, whose page tables the inputs
     * have.
     *
     * @param first the pieces
     * @param firstRows how many rows they are
     */
    record Mixed(OfPieces first, int firstRows) implements Attention {
      @Override
      public Optional<OfPieces> pieces() {
        return Optional.of(first);
      }

      @Override
      public int pieceRows(int count) {
        return firstRows;
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

  /** Returns where the lengths of the contexts of rows {@code from} on are. */
  long lengths(int from) {
    return inputs.address(at.lengths() + 4 * from);
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
