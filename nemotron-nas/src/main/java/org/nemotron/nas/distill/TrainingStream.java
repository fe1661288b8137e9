package org.nemotron.nas.distill;

import java.util.Optional;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.Device;

/**
 * Where the operations of one piece of work queue: on a GPU, a stream of its own, so that small
 * pieces fill the GPU together; on the CPU, the thread itself.
 *
 * <p>Tensors made at one workplace may be read at another once {@link #meet} has been called.
 */
final class TrainingStream implements AutoCloseable {
  private final Optional<CudaStream> stream;

  private TrainingStream(Optional<CudaStream> stream) {
    this.stream = stream;
  }

  /** Returns a new workplace on {@code device}. */
  static TrainingStream of(Device device) {
    return new TrainingStream(
        device.equals(Device.CPU) ? Optional.empty() : Optional.of(new CudaStream(Gpu.of(device))));
  }

  /** Returns when all that was asked of {@code device} is done. */
  static void meet(Device device) {
    if (!device.equals(Device.CPU)) {
      Gpu.of(device).synchronize();
    }
  }

  /** While it is open, this thread works there. */
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

  /** Lets this thread work here until the result is closed. */
  Use use() {
    return new Use(stream.map(CudaStream::use));
  }

  @Override
  public void close() {
    stream.ifPresent(CudaStream::close);
  }
}
