package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.tensor.Device;

/**
 * How many sequences the memory of GPUs holds beside a model and what its steps need, with whole
 * sequences reserved.
 *
 * @param gpus that share the model; or the CPU
 * @param kv format of the KV cache
 */
record Table3Memory(
    InferenceModel model, InferenceBackend host, ImmutableList<Device> gpus, KvFormat kv) {
  /** What recorded graphs and libraries may still ask for. */
  private static final long RESERVE_BYTES = 400L << 20;

  /** The same where GPUs exchange sums, for which NCCL takes room when it first does. */
  private static final long RESERVE_BYTES_OF_SEVERAL = 1L << 30;

  private static final int MOST_SEQUENCES = 768;

  /** Returns how many whole sequences of {@code scenario} fit, at least one. */
  int batch(Table3Scenario scenario) {
    int fit = pages() / KvPages.pagesFor(scenario.tokens());
    return Math.max(1, Math.min(MOST_SEQUENCES, fit));
  }

  /** Returns how many sequences of all ages fit; {@code admission} is by their number. */
  int inFlight(Table3Scenario scenario, IntFunction<Table3Admission> admission) {
    return Table3InFlight.batch(scenario, pages(), admission, MOST_SEQUENCES);
  }

  private int pages() {
    long each = host.bytesPerPage(model.spec(), kv);
    if (gpus.get(0).equals(Device.CPU) || each == 0) {
      return 1;
    }
    return Ints.saturatedCast((freeBesideSteps() - reserve()) / each);
  }

  private long reserve() {
    return gpus.size() > 1 ? RESERVE_BYTES_OF_SEVERAL : RESERVE_BYTES;
  }

  /**
   * Returns what is free on the fullest GPU while a session has made its largest step, its pages
   * not counted.
   */
  private long freeBesideSteps() {
    int pages = KvPages.pagesFor(model.maxRows());
    try (InferenceSession session = model.newSession(pages, kv)) {
      int tokens = Math.min(model.maxRows(), model.spec().maxPositions());
      StepOutput unused = session.step(ForwardBatch.of(ImmutableList.of(prompt(tokens))));
      long free = gpus.stream().mapToLong(Table3Memory::free).min().orElseThrow();
      return free + pages * host.bytesPerPage(model.spec(), kv);
    } finally {
      Gpu.of(gpus.get(0)).releaseUnused();
    }
  }

  private static long free(Device device) {
    Gpu gpu = Gpu.of(device);
    gpu.synchronize();
    return gpu.freeBytes();
  }

  private static SequenceChunk prompt(int tokens) {
    return new SequenceChunk(
        ImmutableIntArray.copyOf(IntStream.range(0, KvPages.pagesFor(tokens))),
        0,
        ImmutableIntArray.copyOf(new int[tokens]),
        SequenceChunk.LIKELIEST_TOKEN);
  }
}
