package org.nemotron.core.backend.cuda;

import com.google.common.primitives.ImmutableLongArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The work list of the persistent kernel: what its blocks compute between two grid barriers, entry
 * by entry, in the layout of {@code struct Part} of persistent.cu.
 */
final class WorkList {
  private static final int LONGS = 15;

  private final CudaWorkspace space;
  private final int rows;
  private final int blocks;
  private final ImmutableLongArray.Builder written = ImmutableLongArray.builder();
  private int count;
  private long stream;
  private long nextStream;

  /** What blocks do, with the kernel's number for it. */
  private enum Kind {
    PRODUCT(0),
    GATED(1),
    ADDED(2),
    LINEAR(3),
    LOGITS(4),
    ATTENTION(5);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /**
   * Begins with the stream that the embedding starts.
   *
   * @param blocks that run at once
   */
  WorkList(CudaWorkspace space, int rows, int blocks) {
    this.space = space;
    this.rows = rows;
    this.blocks = blocks;
    this.stream = space.residual().address();
    this.nextStream = space.secondResidual().address();
  }

  int rows() {
    return rows;
  }

  int blocks() {
    return blocks;
  }

  int count() {
    return count;
  }

  ImmutableLongArray written() {
    return written.build();
  }

  CudaWorkspace space() {
    return space;
  }

  /** {@code to = norm(stream) W^T}. */
  void product(CudaRmsNorm norm, PackedLinear weight, CudaTensor to) {
    part(Kind.PRODUCT, weight, weight.outputs(), Optional.of(norm), 0, stream, to.address());
  }

  /** {@code to = silu(norm(stream) G^T) * (norm(stream) U^T)} for joined gate and up. */
  void gated(CudaRmsNorm norm, PackedLinear gateAndUp, CudaTensor to) {
    int channels = gateAndUp.outputs() / 2;
    part(Kind.GATED, gateAndUp, channels, Optional.of(norm), 0, stream, to.address());
  }

  /** {@code stream += from W^T + bias}. */
  void added(CudaTensor from, PackedLinear weight, Optional<CudaTensor> bias) {
    long offset = bias.map(CudaTensor::address).orElse(0L);
    part(Kind.ADDED, weight, weight.outputs(), Optional.empty(), offset, from.address(), stream);
  }

  /** {@code stream += norm(stream) W^T}; the sum is a new stream, since others still read. */
  void linear(CudaRmsNorm norm, PackedLinear weight) {
    part(Kind.LINEAR, weight, weight.outputs(), Optional.of(norm), 0, stream, nextStream);
    long old = stream;
    stream = nextStream;
    nextStream = old;
  }

  /** The same as {@link #product}, in float32. */
  void logits(CudaRmsNorm norm, PackedLinear head, CudaTensor to) {
    part(Kind.LOGITS, head, head.outputs(), Optional.of(norm), 0, stream, to.address());
  }

  private void part(
      Kind kind,
      PackedLinear weight,
      int units,
      Optional<CudaRmsNorm> norm,
      long bias,
      long from,
      long to) {
    ByteBuffer part =
        begin(
            kind,
            ImmutableLongArray.of(
                weight.address(),
                weight.scales(),
                norm.map(n -> n.weight().address()).orElse(0L),
                bias,
                from,
                to));
    part.putInt(weight.inputs()).putInt(units).putFloat(norm.map(CudaRmsNorm::eps).orElse(0f));
    end(part);
  }

  /**
   * Attention over the pages, of what {@link #product} made.
   *
   * @param heads how it is divided
   * @param weights biases and norms of heads; 0 where there are none
   */
  void attention(Heads heads, HeadWeights weights, float eps, CudaKvCache.Layer memory) {
    ByteBuffer part =
        begin(
            Kind.ATTENTION,
            ImmutableLongArray.of(
                memory.saturated(),
                memory.scales(),
                0,
                weights.bias(),
                space.joined().address(),
                space.inner().address()));
    part.putInt(0).putInt(0).putFloat(eps);
    part.putLong(memory.keys().address()).putLong(memory.values().address());
    part.putLong(weights.queryNorm()).putLong(weights.keyNorm());
    part.putInt(heads.query()).putInt(heads.keyValue()).putInt(heads.group());
    part.putInt(heads.splits()).putFloat(heads.scale());
    end(part);
  }

  /**
   * How attention is divided among blocks.
   *
   * @param query heads
   * @param keyValue heads
   * @param group query heads of a block
   * @param splits blocks that share a sequence
   * @param scale of the exponents, whose base is 2
   */
  record Heads(int query, int keyValue, int group, int splits, float scale) {}

  /** Addresses of what heads have beside their projections. */
  record HeadWeights(long bias, long queryNorm, long keyNorm) {}

  private static ByteBuffer begin(Kind kind, ImmutableLongArray addresses) {
    ByteBuffer part = ByteBuffer.allocate(LONGS * Long.BYTES).order(ByteOrder.nativeOrder());
    addresses.forEach(part::putLong);
    return part.putInt(kind.code);
  }

  private void end(ByteBuffer part) {
    part.rewind();
    for (int i = 0; i < LONGS; i++) {
      written.add(part.getLong());
    }
    count++;
  }
}
