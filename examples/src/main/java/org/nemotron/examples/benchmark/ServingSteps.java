package org.nemotron.examples.benchmark;

import com.google.common.base.Verify;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.stream.IntStream;
import org.nemotron.core.inference.ChunkedPrefill;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;

/** The steps that serving takes, by themselves: prompts, then tokens of many sequences. */
final class ServingSteps {
  private final InferenceModel model;
  private final WeightFormat format;
  private final KvFormat kvFormat;

  ServingSteps(InferenceModel model, WeightFormat format, KvFormat kvFormat) {
    this.model = model;
    this.format = format;
    this.kvFormat = kvFormat;
  }

  /** Returns how long each of {@code rounds} readings of {@code prompts} prompts took. */
  ImmutableList<Duration> prefill(int prompts, int tokens, int rounds) {
    int pagesEach = KvPages.pagesFor(tokens);
    try (InferenceSession session = model.newSession(prompts * pagesEach, kvFormat)) {
      ImmutableList<SequenceChunk> chunks = prompts(prompts, tokens, pagesEach);
      ImmutableList.Builder<Duration> taken = ImmutableList.builder();
      read(chunks, session);
      read(chunks, session);
      for (int round = 0; round < rounds; round++) {
        long start = System.nanoTime();
        read(chunks, session);
        taken.add(Duration.ofNanos(System.nanoTime() - start));
      }
      return taken.build();
    }
  }

  private static ImmutableList<SequenceChunk> prompts(int count, int tokens, int pagesEach) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new SequenceChunk(
                    ImmutableIntArray.copyOf(IntStream.range(i * pagesEach, (i + 1) * pagesEach)),
                    0,
                    ImmutableIntArray.copyOf(
                        IntStream.range(0, tokens).map(t -> (31 * i + 7 * t) % 1000)),
                    SequenceChunk.LIKELIEST_TOKEN))
        .collect(ImmutableList.toImmutableList());
  }

  private static void read(ImmutableList<SequenceChunk> chunks, InferenceSession session) {
    for (ForwardBatch step : ChunkedPrefill.of(chunks, session.model().maxRows())) {
      StepOutput output = session.step(step);
      for (int row = 0; row < output.rows(); row++) {
        Verify.verify(GreedyDecoder.likeliest(output, row) >= 0);
      }
    }
  }

  /** Returns how long each of {@code steps} steps of {@code batch} tokens took. */
  ImmutableList<Duration> decode(int batch, int context, int steps) {
    int warmUp = 5;
    int pagesEach = KvPages.pagesFor(context + steps + warmUp);
    try (InferenceSession session = model.newSession(batch * pagesEach, kvFormat)) {
      ImmutableList<SequenceChunk> read = prompts(batch, context, pagesEach);
      read(read, session);
      int[] next = new int[batch];
      ImmutableList.Builder<Duration> taken = ImmutableList.builder();
      for (int step = 0; step < warmUp + steps; step++) {
        int position = context + step;
        ImmutableList<SequenceChunk> chunks =
            IntStream.range(0, batch)
                .mapToObj(
                    i ->
                        new SequenceChunk(
                            read.get(i).pages(),
                            position,
                            ImmutableIntArray.of(next[i]),
                            SequenceChunk.LIKELIEST_TOKEN))
                .collect(ImmutableList.toImmutableList());
        long start = System.nanoTime();
        StepOutput output = session.step(new ForwardBatch(chunks));
        for (int row = 0; row < batch; row++) {
          next[row] = GreedyDecoder.likeliest(output, row);
        }
        if (step >= warmUp) {
          taken.add(Duration.ofNanos(System.nanoTime() - start));
        }
      }
      return taken.build();
    }
  }

  /** Returns what a prefill must multiply and add, the head for the last tokens only. */
  double prefillFlops(int prompts, int tokens) {
    ModelSpec spec = model.spec();
    double matrices = spec.parameters() - spec.nonBlockParameters();
    double head = (double) spec.vocabularySize() * spec.width();
    PassFlops pass = new PassFlops(spec, tokens);
    double attention =
        spec.blocks().stream().mapToDouble(block -> tokens * pass.pairs(block.attention())).sum();
    return prompts * (2 * matrices * tokens + attention + 2 * head);
  }

  /** Returns what a decode step must read: all matrices, and keys and values of the context. */
  double decodeBytes(int batch, int context) {
    ModelSpec spec = model.spec();
    double matrices = spec.parameters() - spec.nonBlockParameters();
    double head = (double) spec.vocabularySize() * spec.width();
    return format.bytes() * matrices
        + 2 * head
        + (double) batch * spec.kvCacheBytes(context, kvBytes());
  }

  private int kvBytes() {
    return kvFormat == KvFormat.FLOAT8_E4M3 ? 1 : 2;
  }
}
