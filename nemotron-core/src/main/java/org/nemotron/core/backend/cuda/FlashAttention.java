package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.NativeScope;

/**
 * LibTorch's flash attention for sequences of different lengths side by side. The bindings lack the
 * operator, so that a line of TorchScript calls it.
 *
 * <p>Source: Dao, arXiv:2307.08691.
 */
final class FlashAttention {
  // Shape letters: R = new tokens of all sequences, C = tokens that they see, S = sequences.

  private static final String SOURCE =
      "def causal(q: Tensor, k: Tensor, v: Tensor, ends_q: Tensor, ends_k: Tensor, most_q: int,"
          + " most_k: int) -> Tensor:\n"
          + "  return torch._flash_attention_forward(q, k, v, ends_q, ends_k, most_q, most_k, 0.0,"
          + " True, False)[0]\n";

  private static final CompilationUnit UNIT = NativeScope.keep(torch.compile(SOURCE));
  private static final Function CAUSAL =
      NativeScope.keep(UNIT.find_function(new QualifiedName("causal")));

  private FlashAttention() {}

  /**
   * Where sequences begin and end.
   *
   * @param endsQ {@code [S + 1]} int32 on the GPU: 0, then where each sequence's new tokens end
   * @param endsK likewise for all tokens that a sequence sees, its own included
   * @param mostQ most new tokens of a sequence
   * @param mostK most tokens that a sequence sees
   */
  record Sequences(Tensor endsQ, Tensor endsK, int mostQ, int mostK) {}

  /**
   * Returns what each new token reads; the last new token of a sequence sees all its tokens.
   *
   * @param queriesRNH {@code [R, N, H]}, bfloat16
   * @param keysCKH {@code [C, K, H]}
   * @param valuesCKH likewise
   * @return {@code [R, N, H]}, owned by the current scope
   */
  static Tensor causal(Tensor queriesRNH, Tensor keysCKH, Tensor valuesCKH, Sequences sequences) {
    return CAUSAL
        .apply(
            new IValueVector(
                new IValue(queriesRNH),
                new IValue(keysCKH),
                new IValue(valuesCKH),
                new IValue(sequences.endsQ()),
                new IValue(sequences.endsK()),
                new IValue((long) sequences.mostQ()),
                new IValue((long) sequences.mostK())))
        .toTensor();
  }
}
