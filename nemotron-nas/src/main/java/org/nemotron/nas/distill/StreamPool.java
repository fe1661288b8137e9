package org.nemotron.nas.distill;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.nemotron.core.tensor.Device;

/**
 * A few {@link TrainingStream}s shared by pieces of work, one piece at a time on each: LibTorch
 * keeps memory for each stream apart, so that there should not be more streams than work side by
 * side.
 */
final class StreamPool implements AutoCloseable {
  private final List<TrainingStream> all = new ArrayList<>();
  private final BlockingQueue<TrainingStream> free;

  StreamPool(Device device, int count) {
    for (int i = 0; i < count; i++) {
      all.add(TrainingStream.of(device));
    }
    this.free = new ArrayBlockingQueue<>(count, false, all);
  }

  /** Runs {@code work} on a free stream, waiting for one if necessary. */
  void at(Runnable work) {
    TrainingStream stream = Uninterruptibles.takeUninterruptibly(free);
    try (TrainingStream.Use use = stream.use()) {
      work.run();
    } finally {
      free.add(stream);
    }
  }

  @Override
  public void close() {
    all.forEach(TrainingStream::close);
  }
}
