package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** One layer's keys and values, in memory reserved once. */
public final class KvCacheLayer implements AttentionContext, AutoCloseable {
  // Shape letters in this file: B = batch, N = query heads, K = key/value heads, G = N / K,
  // T = tokens of this pass, S = tokens seen with this pass, C = capacity, H = head size.

  private final long capacity;
  private final Tensor keysBKCH;
  private final Tensor valuesBKCH;
  private long length;
  private boolean closed;

  /** Reserves memory for {@code capacity} tokens; none where {@code kvHeads} is 0. */
  public KvCacheLayer(
      int batch, int kvHeads, int capacity, int headDim, DType dtype, Device device) {
    this.capacity = capacity;
    try (NativeScope scope = NativeScope.open()) {
      long[] shape = {batch, kvHeads, capacity, headDim};
      this.keysBKCH = NativeScope.keep(Tensors.zeros(device, dtype, shape));
      this.valuesBKCH = NativeScope.keep(Tensors.zeros(device, dtype, shape));
    }
  }

  @Override
  public long start() {
    return length;
  }

  /**
   * Sets how many tokens count as seen; what lies beyond is forgotten, what was never written is
   * zero. Latency is measured this way at any context length.
   */
  public void resize(long tokens) {
    checkArgument(
        tokens >= 0 && tokens <= capacity, "length (%s) must be within 0..%s", tokens, capacity);
    length = tokens;
  }

  void advance(long tokens) {
    resize(length + tokens);
  }

  /**
   * Stores the keys and values behind those seen before, and attends to all of them. Does not count
   * them as seen: that is {@link #resize}'s, or the cache's after a whole forward pass.
   *
   * @throws IllegalStateException if the capacity is exhausted
   */
  @Override
  public Tensor attend(Tensor queriesBNTH, Tensor keysBKTH, Tensor valuesBKTH) {
    long tokens = keysBKTH.size(2);
    checkState(
        length + tokens <= capacity,
        "the KV cache holds %s of %s tokens; %s more do not fit",
        length,
        capacity,
        tokens);
    keysBKCH.narrow(2, length, tokens).copy_(keysBKTH);
    valuesBKCH.narrow(2, length, tokens).copy_(valuesBKTH);
    if (length == 0) {
      return CausalContext.INSTANCE.attend(queriesBNTH, keysBKTH, valuesBKTH);
    }
    Tensor keysBKSH = keysBKCH.narrow(2, 0, length + tokens);
    Tensor valuesBKSH = valuesBKCH.narrow(2, 0, length + tokens);
    return tokens == 1
        ? decode(queriesBNTH, keysBKSH, valuesBKSH)
        : continued(queriesBNTH, keysBKSH, valuesBKSH);
  }

  /**
   * One new token: the queries of a group are the rows of one product, so that K and V are read
   * once.
   */
  private static Tensor decode(Tensor queriesBNTH, Tensor keysBKSH, Tensor valuesBKSH) {
    long heads = keysBKSH.size(1);
    long group = queriesBNTH.size(1) / heads;
    long[] grouped = {queriesBNTH.size(0), heads, group, queriesBNTH.size(3)};
    return torch
        .scaled_dot_product_attention(
            queriesBNTH.reshape(grouped),
            keysBKSH,
            valuesBKSH,
            new TensorOptional(),
            0.0,
            false,
            new DoubleOptional(),
            false)
        .reshape(queriesBNTH.size(0), queriesBNTH.size(1), 1, queriesBNTH.size(3));
  }

  /** Several new tokens behind earlier ones: token t sees the {@code length + t + 1} first. */
  private Tensor continued(Tensor queriesBNTH, Tensor keysBKSH, Tensor valuesBKSH) {
    long tokens = queriesBNTH.size(2);
    Tensor visibleTS =
        torch
            .ones(new long[] {tokens, length + tokens}, keysBKSH.options())
            .tril(length)
            .ne(new Scalar(0));
    return torch.scaled_dot_product_attention(
        queriesBNTH,
        keysBKSH,
        valuesBKSH,
        new TensorOptional(visibleTS),
        0.0,
        false,
        new DoubleOptional(),
        true);
  }

  long bytes() {
    return keysBKCH.nbytes() + valuesBKCH.nbytes();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(keysBKCH);
      NativeScope.release(valuesBKCH);
    }
  }
}
