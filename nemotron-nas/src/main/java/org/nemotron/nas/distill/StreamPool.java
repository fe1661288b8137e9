package org.nemotron.nas.distill;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.nemotron.core.tensor.Device;

/**
 * A few {@link TrainingStream}s that pieces of work take in turn: LibTorch keeps memory for each
 * stream apart, so that there should not be more streams than work side by side.
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

  /** Does {@code work} at a workplace that is free, waiting for one if need be. */
  void at(Runnable work) {
    TrainingStream place = Uninterruptibles.takeUninterruptibly(free);
    try (TrainingStream.Use use = place.use()) {
      work.run();
    } finally {
      free.add(place);
    }
  }

  @Override
  public void close() {
    all.forEach(TrainingStream::close);
  }
}
