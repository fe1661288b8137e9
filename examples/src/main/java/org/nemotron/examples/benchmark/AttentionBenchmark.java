package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures attention in decode steps on the CPU, in models that have nothing else: what a layer
 * takes at the end of a context, less what it takes for the first token, so without projections.
 */
@Command(
    name = "attention-benchmark",
    mixinStandardHelpOptions = true,
    description = "Measures attention of decode steps and of prompts on the CPU.")
public final class AttentionBenchmark implements Callable<Integer> {
  private static final int VOCABULARY = 512;
  private static final int QUERY_HEADS = 8;
  private static final int KV_HEADS = 4;

  @Option(
      names = "--batches",
      split = ",",
      defaultValue = "1,2,4,8,16,32",
      description = "sequences of a decode step (default: ${DEFAULT-VALUE})")
  private int[] batches = {};

  @Option(
      names = "--heads",
      split = ",",
      defaultValue = "32,64",
      description = "widths of heads (default: ${DEFAULT-VALUE})")
  private int[] heads = {};

  @Option(
      names = "--layers",
      defaultValue = "8",
      description =
          "layers whose keys and values compete for the caches (default: ${DEFAULT-VALUE})")
  private int layers = 8;

  @Option(
      names = "--prompts",
      split = ",",
      defaultValue = "512,2048",
      description = "lengths of prompts (default: ${DEFAULT-VALUE})")
  private int[] prompts = {};

  @Option(
      names = "--contexts",
      split = ",",
      defaultValue = "256",
      description = "tokens that a decode step sees (default: ${DEFAULT-VALUE})")
  private int[] contexts = {};

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description =
          "of each kind, and as long before, for warming up; medians count (default:"
              + " ${DEFAULT-VALUE})")
  private double seconds = 1;

  @Option(names = "--threads", description = "how many compute (default: all cores)")
  private int threads = CpuThreads.available();

  private ModelSpec spec(int headDim) {
    BlockSpec block =
        new BlockSpec(
            new AttentionSpec.GroupedQuery(QUERY_HEADS, KV_HEADS, headDim), new FfnSpec.NoOp());
    return new ModelSpec(
        VOCABULARY,
        QUERY_HEADS * headDim,
        QUERY_HEADS,
        headDim,
        1e-5,
        new RopeSpec.Plain(10_000),
        1 << 16,
        true,
        new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
        ImmutableList.copyOf(Collections.nCopies(layers, block)));
  }

  @Override
  public Integer call() {
    System.out.printf(
        "%d query heads, %d key/value heads, %d layers, %d threads, Java %s%n",
        QUERY_HEADS, KV_HEADS, layers, threads, System.getProperty("java.version"));
    for (int headDim : heads) {
      try (HeterogeneousModel weights = RandomModels.of(spec(headDim), Device.CPU, DType.FLOAT32);
          InferenceBackend backend = Backends.of(Device.CPU, threads);
          InferenceModel model =
              backend.prepare(weights, Backends.bestFormat(Device.CPU), backend.usualRows())) {
        for (int context : contexts) {
          for (int batch : batches) {
            printDecode(headDim, model, batch, context);
          }
        }
        for (int tokens : prompts) {
          printPrompt(headDim, model, tokens);
        }
      }
    }
    return 0;
  }

  private void printDecode(int headDim, InferenceModel model, int batch, int context) {
    int pagesEach = KvPages.pagesFor(context);
    try (InferenceSession session = model.newSession(batch * pagesEach)) {
      for (int sequence = 0; sequence < batch; sequence++) {
        readPrompt(session, sequence * pagesEach, context);
      }
      double all = decodeNanos(session, batch, context - 1);
      double attention = all - decodeNanos(session, batch, 0);
      double flops = 4.0 * batch * QUERY_HEADS * headDim * context;
      System.out.printf(
          Locale.ROOT,
          "heads of %d, context %4d, batch %2d: attention %7.1f µs a layer, %5.1f GFLOP/s; with"
              + " projections %7.1f µs%n",
          headDim,
          context,
          batch,
          attention / 1e3,
          flops / attention,
          all / 1e3);
    }
  }

  /** Returns the median time of a layer in nanoseconds, after as long for warming up. */
  private double decodeNanos(InferenceSession session, int batch, int position) {
    int pagesEach = session.pages() / batch;
    ForwardBatch step =
        new ForwardBatch(
            IntStream.range(0, batch)
                .mapToObj(
                    sequence ->
                        new SequenceChunk(
                            pages(sequence * pagesEach, pagesEach),
                            position,
                            ImmutableIntArray.of(sequence),
                            SequenceChunk.NOTHING))
                .collect(ImmutableList.toImmutableList()));
    return median(() -> session.layerNanos(step).stream().average().orElseThrow());
  }

  private double median(DoubleSupplier measurement) {
    List<Double> warm = new ArrayList<>();
    long start = System.nanoTime();
    for (double passed = 0; passed < 2 * seconds || warm.isEmpty(); ) {
      double measured = measurement.getAsDouble();
      passed = (System.nanoTime() - start) / 1e9;
      if (passed >= seconds) {
        warm.add(measured);
      }
    }
    return Quantiles.median().compute(warm);
  }

  private void printPrompt(int headDim, InferenceModel model, int tokens) {
    double nanos;
    try (InferenceSession session = model.newSession(KvPages.pagesFor(tokens))) {
      nanos =
          median(
              () -> {
                long start = System.nanoTime();
                readPrompt(session, 0, tokens);
                return System.nanoTime() - start;
              });
    }
    System.out.printf(
        Locale.ROOT,
        "heads of %d, prompt of %4d: %8.0f tokens/s%n",
        headDim,
        tokens,
        tokens * 1e9 / nanos);
  }

  private static void readPrompt(InferenceSession session, int firstPage, int tokens) {
    int most = session.model().maxRows();
    ImmutableIntArray pages = pages(firstPage, KvPages.pagesFor(tokens));
    for (int from = 0; from < tokens; from += most) {
      IntStream ids = IntStream.range(from, Math.min(tokens, from + most)).map(i -> i % VOCABULARY);
      StepOutput unused =
          session.step(
              ForwardBatch.of(
                  new SequenceChunk(
                      pages, from, ImmutableIntArray.copyOf(ids), SequenceChunk.NOTHING)));
    }
  }

  private static ImmutableIntArray pages(int first, int count) {
    return ImmutableIntArray.copyOf(IntStream.range(first, first + count));
  }
}
