package org.nemotron.core.backend.cuda;

import static com.google.common.base.Verify.verify;

import com.google.common.primitives.ImmutableLongArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The work list of the persistent kernel: what its blocks compute between two grid barriers, entry
 * by entry, in the layout of {@code struct Part} of persistent.cu.
 */
final class WorkList {
  /** Where {@code first} and {@code added} of the struct are. */
  private static final int SLICE_BYTES = 116;

  private static final int STREAM_BYTES = 136;
  private static final int LONGS = 19;

  private final CudaWorkspace space;
  private final CudaPeers peers;
  private final int rows;
  private final int blocks;
  private final ImmutableLongArray.Builder written = ImmutableLongArray.builder();
  private int count;
  private long stream;
  private long nextStream;
  private int sums;
  private boolean pending;

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
  WorkList(CudaWorkspace space, CudaPeers peers, int rows, int blocks) {
    this.space = space;
    this.peers = peers;
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
    normalized(Kind.PRODUCT, norm, weight, weight.outputs(), to.address(), Slice.NONE);
  }

  /** {@code to = silu(norm(stream) G^T) * (norm(stream) U^T)} for joined gate and up. */
  void gated(CudaRmsNorm norm, PackedLinear gateAndUp, CudaTensor to) {
    int channels = gateAndUp.outputs() / 2;
    normalized(Kind.GATED, norm, gateAndUp, channels, to.address(), Slice.NONE);
  }

  /** {@code stream += from W^T + bias}. */
  void added(CudaTensor from, PackedLinear weight, Optional<CudaTensor> bias) {
    long offset = bias.map(CudaTensor::address).orElse(0L);
    ByteBuffer part =
        begin(
            Kind.ADDED,
            ImmutableLongArray.of(
                weight.address(), weight.scales(), 0, offset, from.address(), sum(weight, stream)));
    part.putInt(weight.inputs()).putInt(weight.outputs());
    end(part);
  }

  /**
   * {@code stream += norm(stream) W^T}, of a rank's elements of each row; the sum is a new stream,
   * since others still read.
   *
   * @param first of the elements that {@code weight} multiplies
   */
  void linear(CudaRmsNorm norm, PackedLinear weight, int first) {
    if (!peers.isAlone()) {
      int width = weight.outputs();
      Slice slice = new Slice(first, width, 0, width);
      // The stream without this sub-block is normalized, and put where it is complete.
      Stream read = stream();
      write(Kind.LINEAR, norm, weight, width, sum(weight, 0), slice, read);
      return;
    }
    normalized(Kind.LINEAR, norm, weight, weight.outputs(), nextStream, Slice.NONE);
    swap();
  }

  private void swap() {
    long old = stream;
    stream = nextStream;
    nextStream = old;
  }

  /**
   * The same as {@link #product}, in float32, to the logits of the first rank.
   *
   * @param first token of those whose logits {@code head} makes
   * @param vocabulary how far rows of logits lie apart
   */
  void logits(CudaRmsNorm norm, PackedLinear head, int first, int vocabulary) {
    long to = peers.isAlone() ? space.logits().address() : peers.logits();
    Slice slice = new Slice(0, head.inputs(), first, vocabulary);
    normalized(Kind.LOGITS, norm, head, head.outputs(), to, slice);
  }

  /**
   * What of the stream is multiplied, and where the results lie.
   *
   * @param first element of the stream
   * @param width of the stream
   * @param toUnit first result
   * @param apart how far rows of results lie apart
   */
  private record Slice(int first, int width, int toUnit, int apart) {
    /** All of the stream, as wide as the weight's rows. */
    static final Slice NONE = new Slice(0, 0, 0, 0);
  }

  /** Where the stream is read, what it lacks there, and where it is written with that. */
  private record Stream(long from, long added, long next) {}

  /** Returns the stream to normalize; with what ranks add to it, it is another one from then on. */
  private Stream stream() {
    if (!pending) {
      return new Stream(stream, 0, 0);
    }
    pending = false;
    Stream read = new Stream(stream, peers.sums() + place() * Float.BYTES, nextStream);
    swap();
    sums++;
    return read;
  }

  /** Returns where a sub-block adds: to the stream, or to the next place for partial sums. */
  private long sum(PackedLinear weight, long alone) {
    if (peers.isAlone()) {
      return alone;
    }
    verify(!pending, "a sub-block must normalize what the one before has added");
    verify(weight.outputs() == space.width(), "partial sums must be as wide as the stream");
    pending = true;
    return place();
  }

  private long place() {
    return sums % 2L * peers.ranks() * rows * space.width();
  }

  private void normalized(
      Kind kind, CudaRmsNorm norm, PackedLinear weight, int units, long to, Slice slice) {
    write(kind, norm, weight, units, to, slice, stream());
  }

  private void write(
      Kind kind,
      CudaRmsNorm norm,
      PackedLinear weight,
      int units,
      long to,
      Slice slice,
      Stream read) {
    ByteBuffer part =
        begin(
            kind,
            ImmutableLongArray.of(
                weight.address(), weight.scales(), norm.weight().address(), 0, read.from(), to));
    part.putInt(weight.inputs()).putInt(units).putFloat(norm.eps());
    part.position(SLICE_BYTES);
    part.putInt(slice.first()).putInt(slice.width() == 0 ? weight.inputs() : slice.width());
    part.putInt(slice.toUnit()).putInt(slice.apart() == 0 ? units : slice.apart());
    part.position(STREAM_BYTES);
    part.putLong(read.added()).putLong(read.next());
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
