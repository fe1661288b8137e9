package org.nemotron.core.parallel;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.KvCacheSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Keys and values of one layer, of the heads that one rank has. */
final class RankKvCache implements AutoCloseable {
  // Shape letters in this file: B = sequences, K = the rank's key/value heads, T = new tokens,
  // P = tokens so far, C = tokens that there is room for, H = head size.

  private final Tensor keysBKCH;
  private final Tensor valuesBKCH;
  private long tokens;

  RankKvCache(KvCacheSpec spec, int sequences, int capacity, DType dtype, Device device) {
    long[] shape = spec.accept(new Room(sequences, capacity));
    try (NativeScope scope = NativeScope.open()) {
      this.keysBKCH = NativeScope.keep(Tensors.uninitialized(device, dtype, shape));
      this.valuesBKCH = NativeScope.keep(Tensors.uninitialized(device, dtype, shape));
    }
  }

  /** The shape of keys, and of values. */
  private record Room(int sequences, int capacity) implements KvCacheSpec.Visitor<long[]> {
    @Override
    public long[] visit(KvCacheSpec.Full cache) {
      return new long[] {sequences, cache.kvHeads(), capacity, cache.headDim()};
    }

    @Override
    public long[] visit(KvCacheSpec.None cache) {
      return new long[] {sequences, 0, capacity, 0};
    }
  }

  /** Returns how many tokens of each sequence there are. */
  long tokens() {
    return tokens;
  }

  /** Adds the keys and values of the next tokens. */
  void add(Tensor keysBKTH, Tensor valuesBKTH) {
    long more = keysBKTH.size(2);
    Tensor unusedKeys = keysBKCH.narrow(2, tokens, more).copy_(keysBKTH);
    Tensor unusedValues = valuesBKCH.narrow(2, tokens, more).copy_(valuesBKTH);
    tokens += more;
  }

  /** Returns the keys so far, {@code [B, K, P, H]}. */
  Tensor keys() {
    return keysBKCH.narrow(2, 0, tokens);
  }

  /** Returns the values so far, {@code [B, K, P, H]}. */
  Tensor values() {
    return valuesBKCH.narrow(2, 0, tokens);
  }

  long bytes() {
    return keysBKCH.nbytes() + valuesBKCH.nbytes();
  }

  @Override
  public void close() {
    NativeScope.release(keysBKCH);
    NativeScope.release(valuesBKCH);
  }
}
