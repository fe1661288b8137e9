package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;

import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The bare decode loop: prefill, then the likeliest token of each sequence, again and again. End
 * tokens do not stop it: it measures throughput and shows samples, serving is the runtime's.
 */
public final class GreedyGeneration {
  private GreedyGeneration() {}

  /**
   * Returns {@code newTokens} tokens that follow each prompt.
   *
   * @param promptsBT {@code [B, T]} token ids, int64, T at least 1
   * @param newTokens how many to add, at least 1
   * @return {@code [B][newTokens]} token ids
   */
  public static long[][] generate(HeterogeneousModel model, Tensor promptsBT, int newTokens) {
    checkArgument(newTokens > 0, "newTokens (%s) must be positive", newTokens);
    checkArgument(
        promptsBT.dim() == 2 && promptsBT.size(1) > 0, "prompts must be [B, T] with a token each");
    int batch = Math.toIntExact(promptsBT.size(0));
    int prompt = Math.toIntExact(promptsBT.size(1));
    long[][] generated = new long[batch][newTokens];
    try (KvCache cache = model.newCache(batch, prompt + newTokens - 1)) {
      long[] next = step(model, promptsBT, cache);
      for (int token = 0; ; token++) {
        for (int sequence = 0; sequence < batch; sequence++) {
          generated[sequence][token] = next[sequence];
        }
        if (token == newTokens - 1) {
          return generated;
        }
        try (NativeScope scope = NativeScope.open()) {
          next = step(model, Tensors.of(next, batch, 1), cache);
        }
      }
    }
  }

  private static long[] step(HeterogeneousModel model, Tensor idsBT, KvCache cache) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      return Tensors.longs(
          model.step(idsBT, cache).argmax(new org.bytedeco.pytorch.LongOptional(1), false));
    }
  }
}
