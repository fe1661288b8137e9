package org.nemotron.core.cuda;

import java.util.function.Supplier;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.cuda.CUDAStreamGuard;
import org.bytedeco.pytorch.global.torch_cuda;
import org.nemotron.core.tensor.NativeScope;

/**
 * A queue of work for a card: what is put into it is done in order, beside other streams.
 *
 * <p>LibTorch owns the streams and hands them out in turn, so that there is nothing to free but
 * this handle. Safe for use by several threads, but the order is theirs.
 */
public final class CardStream implements AutoCloseable {
  private final Card card;
  private final CUDAStream stream;
  private final CUstream_st raw;
  private boolean closed;

  /** Takes a stream of {@code card}. */
  public CardStream(Card card) {
    this(card, () -> torch_cuda.getStreamFromPool(true, (byte) card.device().index()));
  }

  /** Returns the stream of {@code card} on which LibTorch works on this thread. */
  public static CardStream current(Card card) {
    return new CardStream(
        card, () -> torch_cuda.getCurrentCUDAStream((byte) card.device().index()));
  }

  private CardStream(Card card, Supplier<CUDAStream> taken) {
    this.card = card;
    try (NativeScope scope = NativeScope.open()) {
      this.stream = NativeScope.keep(taken.get());
      this.raw = NativeScope.keep(new CUstream_st(stream.stream()));
    }
  }

  /** Returns whose it is. */
  public Card card() {
    return card;
  }

  /** What LibTorch does on this thread goes to a stream, until this closes. */
  public static final class Use implements AutoCloseable {
    private final CUDAStreamGuard guard;

    private Use(CardStream of) {
      this.guard = new CUDAStreamGuard(of.stream.asStream());
    }

    @Override
    public void close() {
      guard.close();
    }
  }

  /** Makes LibTorch on this thread work on this stream; ends with the result. */
  public Use use() {
    return new Use(this);
  }

  CUstream_st raw() {
    return raw;
  }

  /** Copies {@code bytes} bytes of page-locked memory to the card's memory at {@code to}. */
  public void upload(Pointer from, long to, long bytes) {
    copy(new At(to), from, bytes, cudart.cudaMemcpyHostToDevice);
  }

  /** Copies {@code bytes} bytes of the card's memory at {@code from} to page-locked memory. */
  public void download(long from, Pointer to, long bytes) {
    copy(to, new At(from), bytes, cudart.cudaMemcpyDeviceToHost);
  }

  private void copy(Pointer to, Pointer from, long bytes, int kind) {
    CudaException.check(
        cudart.cudaMemcpyAsync(to, from, bytes, kind, raw), "copying %s bytes", bytes);
  }

  /** An address on the card. */
  private static final class At extends Pointer {
    At(long address) {
      this.address = address;
    }
  }

  /** Returns whether a {@link CardGraph} is being recorded of it. */
  boolean isRecorded() {
    int[] status = new int[1];
    CudaException.check(cudart.cudaStreamIsCapturing(raw, status), "asking about a recording");
    return status[0] != cudart.cudaStreamCaptureStatusNone;
  }

  /** Returns when all that was put into this stream is done. */
  public void synchronize() {
    CudaException.check(cudart.cudaStreamSynchronize(raw), "waiting for a stream");
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(raw);
      NativeScope.release(stream);
    }
  }
}
