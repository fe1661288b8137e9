package org.nemotron.nas.distill;

import java.util.Optional;
import org.nemotron.core.cuda.CudaMark;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.Device;

/**
 * Exchanges between ranks beside what they compute: on a GPU on a stream of their own, one after
 * the other; on the CPU at once. All ranks start the same ones in the same order.
 */
final class Exchanges implements AutoCloseable {
  /** The exchange of nothing. */
  static final Exchange NONE = new Exchange(Device.CPU, Optional.empty());

  private final Device device;
  private final Optional<CudaStream> beside;

  Exchanges(Device device) {
    this.device = device;
    this.beside =
        device.equals(Device.CPU) ? Optional.empty() : Optional.of(new CudaStream(Gpu.of(device)));
  }

  /** Returns whether an exchange goes on while this thread's work does. */
  boolean besideWork() {
    return beside.isPresent();
  }

  /**
   * An exchange under way. Its tensors must live until it is closed; their values are there for
   * what this thread queues behind that. Closing does not wait for the GPU.
   */
  static final class Exchange implements AutoCloseable {
    private final Device device;
    private Optional<CudaMark> end;

    private Exchange(Device device, Optional<CudaMark> end) {
      this.device = device;
      this.end = end;
    }

    @Override
    public void close() {
      if (end.isPresent()) {
        try (CudaMark mark = end.get();
            CudaStream current = CudaStream.current(Gpu.of(device))) {
          current.waitFor(mark);
        }
        end = Optional.empty();
      }
    }
  }

  /** Starts {@code exchange}, behind all that this thread has queued. */
  Exchange start(Runnable exchange) {
    if (beside.isEmpty()) {
      exchange.run();
      return new Exchange(device, Optional.empty());
    }
    CudaStream stream = beside.get();
    try (CudaStream current = CudaStream.current(Gpu.of(device));
        CudaMark queued = new CudaMark(current)) {
      stream.waitFor(queued);
    }
    try (CudaStream.Use use = stream.use()) {
      exchange.run();
    }
    return new Exchange(device, Optional.of(new CudaMark(stream)));
  }

  @Override
  public void close() {
    beside.ifPresent(CudaStream::close);
  }
}
