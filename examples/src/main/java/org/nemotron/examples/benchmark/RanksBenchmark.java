package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.distributed.RankEnvironment;
import org.nemotron.core.distributed.Reduction;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.examples.Main;
import org.nemotron.examples.shell.LocalRanks;
import org.nemotron.examples.shell.RankOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What ranks exchange: every kind of exchange checked against what must come out, and how fast
 * large ones are. Worth running before a long job on machines that are new.
 */
@Command(
    name = "ranks-benchmark",
    mixinStandardHelpOptions = true,
    description = "Checks and times what several processes or GPUs exchange.")
public final class RanksBenchmark implements Callable<Integer> {
  private static final int SMALL = 1000;
  private static final int TIMES = 10;
  private static final double GIGA = 1e9;

  @Mixin private RankOptions ranksOf = new RankOptions();

  @Option(names = "--device", paramLabel = "DEVICE", description = "cpu, or cuda")
  private String device = "cpu";

  @Option(names = "--mib", description = "size of the tensors that are timed, in MiB")
  private int mebibytes = 64;

  /** Made by the command line. */
  public RanksBenchmark() {}

  @Override
  public Integer call() throws IOException {
    if (ranksOf.isLauncher()) {
      return ranksOf.launch(Main.class, device);
    }
    LocalRanks.endWithLauncher();
    RankEnvironment environment = RankEnvironment.ofProcess();
    Device own = environment.device(Device.parse(ranksOf.device(device)));
    checkArgument(environment.size() > 1, "one process has nobody to exchange anything with");
    try (Communicator ranks = Communicator.open(environment, own, ImmutableMap.of());
        NativeScope scope = NativeScope.open()) {
      try {
        measure(ranks, own);
      } catch (RuntimeException e) {
        ranks.failed(String.valueOf(e.getMessage())); // the others would wait on their GPUs
        throw e;
      }
    }
    return 0;
  }

  private void measure(Communicator ranks, Device own) {
    for (DType type : new DType[] {DType.FLOAT32, DType.BFLOAT16}) {
      check(ranks, own, type);
      say(ranks, "%s, %s: every exchange right", own.kind(), type.configName());
    }
    times(ranks, own);
    ranks.barrier("the end of the benchmark");
  }

  private static void say(Communicator ranks, String format, Object... values) {
    if (ranks.rank() == 0) {
      System.out.println(String.format(Locale.ROOT, format, values));
    }
  }

  private static Tensor full(Device device, DType type, int elements, double value) {
    return Tensors.zeros(device, type, elements).fill_(new Scalar(value));
  }

  private static void right(Communicator ranks, String what, Tensor tensor, double expected) {
    for (float value : Tensors.floats(tensor)) {
      verify(
          value == expected,
          "rank %s of %s, %s: %s must be %s",
          ranks.rank(),
          ranks.size(),
          what,
          value,
          expected);
    }
  }

  private static void check(Communicator ranks, Device device, DType type) {
    int rank = ranks.rank();
    int size = ranks.size();
    double sum = size * (size + 1) / 2.0;
    Tensor added = full(device, type, SMALL, rank + 1);
    ranks.allReduce(added, Reduction.SUM);
    right(ranks, "all-reduce, sum", added, sum);
    Tensor most = full(device, type, SMALL, rank);
    ranks.allReduce(most, Reduction.MAX);
    right(ranks, "all-reduce, max", most, size - 1);
    Tensor whole = full(device, type, SMALL * size, -1);
    ranks.allGather(whole, full(device, type, SMALL, rank));
    for (int part = 0; part < size; part++) {
      right(ranks, "all-gather", whole.narrow(0, (long) part * SMALL, SMALL), part);
    }
    Tensor own = full(device, type, SMALL, -1);
    ranks.reduceScatter(own, full(device, type, SMALL * size, rank + 1));
    right(ranks, "reduce-scatter", own, sum);
    Tensor last = full(device, type, SMALL, rank);
    ranks.broadcast(last, size - 1);
    right(ranks, "broadcast", last, size - 1);
    Tensor passed = full(device, type, SMALL, 0);
    if (rank > 0) {
      ranks.receive(passed, rank - 1);
    }
    Tensor next = passed.add(full(device, type, SMALL, 1));
    if (rank + 1 < size) {
      ranks.send(next, rank + 1);
    }
    right(ranks, "send and receive", next, rank + 1);
    ranks.check();
  }

  private void times(Communicator ranks, Device device) {
    int size = ranks.size();
    int elements = Math.toIntExact(((long) mebibytes << 20) / 2 / size * size);
    double bytes = 2.0 * elements;
    double share = (size - 1.0) / size;
    Tensor whole = full(device, DType.BFLOAT16, elements, 0);
    Tensor part = full(device, DType.BFLOAT16, elements / size, 0);
    double reduce = seconds(ranks, whole, () -> ranks.allReduce(whole, Reduction.SUM));
    double gather = seconds(ranks, whole, () -> ranks.allGather(whole, part));
    double scatter = seconds(ranks, part, () -> ranks.reduceScatter(part, whole));
    double pass =
        seconds(
            ranks,
            whole,
            () -> {
              if (ranks.rank() == 0) {
                ranks.send(whole, 1);
              } else if (ranks.rank() == 1) {
                ranks.receive(whole, 0);
              }
            });
    String line = "%s of %d MiB: %.3f ms, %.1f GB/s";
    say(ranks, line, "all-reduce", mebibytes, reduce * 1e3, 2 * share * bytes / reduce / GIGA);
    say(ranks, line, "all-gather", mebibytes, gather * 1e3, share * bytes / gather / GIGA);
    say(ranks, line, "reduce-scatter", mebibytes, scatter * 1e3, share * bytes / scatter / GIGA);
    say(ranks, line, "rank 0 to rank 1", mebibytes, pass * 1e3, bytes / pass / GIGA);
  }

  /** Returns the seconds of one exchange; reading an element waits for a GPU. */
  private static double seconds(Communicator ranks, Tensor tensor, Runnable exchange) {
    exchange.run();
    float[] unused = Tensors.floats(tensor.narrow(0, 0, 1));
    ranks.barrier("the exchange that is timed");
    long start = System.nanoTime();
    for (int time = 0; time < TIMES; time++) {
      exchange.run();
    }
    float[] unusedToo = Tensors.floats(tensor.narrow(0, 0, 1));
    return (System.nanoTime() - start) / 1e9 / TIMES;
  }
}
