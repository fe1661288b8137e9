package org.nemotron.nas.distill;

import java.util.Optional;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.Device;

/**
 * The queue of operations of one piece of work: on a GPU, its own stream, so that small pieces fill
 * the GPU together; on the CPU, the thread itself.
 *
 * <p>Tensors made on one stream may be read on another after {@link #synchronize}.
 */
final class TrainingStream implements AutoCloseable {
  private final Optional<CudaStream> stream;

  private TrainingStream(Optional<CudaStream> stream) {
    this.stream = stream;
  }

  /** Returns a new stream on {@code device}. */
  static TrainingStream of(Device device) {
    return new TrainingStream(
        device.equals(Device.CPU) ? Optional.empty() : Optional.of(new CudaStream(Gpu.of(device))));
  }

  /** Waits until all work of {@code device} is done. */
  static void synchronize(Device device) {
    if (!device.equals(Device.CPU)) {
      Gpu.of(device).synchronize();
    }
  }

  /** Directs this thread's operations to a stream while it is open. */
  static final class Use implements AutoCloseable {
    private final Optional<CudaStream.Use> onGpu;

    private Use(Optional<CudaStream.Use> onGpu) {
      this.onGpu = onGpu;
    }

    @Override
    public void close() {
      onGpu.ifPresent(CudaStream.Use::close);
    }
  }

  /** Directs this thread's operations to this stream until the result is closed. */
  Use use() {
    return new Use(stream.map(CudaStream::use));
  }

  @Override
  public void close() {
    stream.ifPresent(CudaStream::close);
  }
}
