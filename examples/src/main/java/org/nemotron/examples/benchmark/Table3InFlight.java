package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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

/**
 * In-flight batching at its steady state: sequences of all ages generate together, take pages as
 * they grow and give them back when they end, and new ones are read a few at a time. So the KV
 * cache holds sequences half grown on average, where a batch that begins together must reserve
 * whole ones.
 */
final class Table3InFlight implements AutoCloseable {
  private static final int WARM_UP_STEPS = 3;

  private final Table3Scenario scenario;
  private final int batch;
  private final int admitted;
  private final InferenceSession session;
  private final Deque<Integer> free = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private long generated;

  /** A sequence that generates. */
  private static final class Sequence {
    private final List<Integer> pages = new ArrayList<>();
    private int length;
    private int next;
  }

  /**
   * Begins with sequences of all ages.
   *
   * @param batch sequences at most
   * @param admitted how many are read together, once so many have ended
   * @param read whether tokens are read for what the sequences have so far; else it is what a new
   *     KV cache holds: zeros on a GPU
   */
  Table3InFlight(
      InferenceModel model,
      KvFormat kv,
      Table3Scenario scenario,
      int batch,
      int admitted,
      boolean read) {
    checkArgument(
        0 < admitted && admitted <= batch, "admitted (%s) must be 1 to %s", admitted, batch);
    this.scenario = scenario;
    this.batch = batch;
    this.admitted = admitted;
    this.session = model.newSession(pages(scenario, batch, admitted), kv);
    IntStream.range(0, session.pages()).forEach(free::add);
    for (int i = 0; i < batch; i++) {
      Sequence sequence = new Sequence();
      sequence.length = scenario.prompt() + age(scenario, batch, i);
      grow(sequence, sequence.length);
      running.add(sequence);
    }
    if (read) {
      read(running);
    }
  }

  private static int age(Table3Scenario scenario, int batch, int index) {
    return (int) ((long) index * scenario.output() / batch);
  }

  /**
   * Returns pages that suffice at any time: those of sequences of all ages, and those of the
   * sequences that end together, as they do once they were read together.
   */
  static int pages(Table3Scenario scenario, int batch, int admitted) {
    int held = 0;
    for (int i = 0; i < batch; i++) {
      held += KvPages.pagesFor(scenario.prompt() + age(scenario, batch, i) + 1);
    }
    int whole = KvPages.pagesFor(scenario.tokens());
    return held + admitted * (whole + 2) + whole;
  }

  /** Returns the most sequences whose pages are no more than {@code pages}, at least one. */
  static int batch(Table3Scenario scenario, int pages, int admitted, int most) {
    int batch = admitted;
    while (batch < most && pages(scenario, batch + 1, admitted) <= pages) {
      batch++;
    }
    return batch;
  }

  /**
   * What was measured.
   *
   * @param tokens generated
   * @param seconds that took, new prompts included
   * @param steps how many
   * @param prefillSeconds of new prompts
   */
  record Window(long tokens, double seconds, int steps, double prefillSeconds) {
    double tokensPerSecond() {
      return tokens / seconds;
    }
  }

  /** Runs from one admission to another, at least {@code seconds} later. */
  Window measure(double seconds) {
    for (int i = 0; i < WARM_UP_STEPS; i++) {
      decode();
    }
    double unused = untilAdmission(new int[1]) + untilAdmission(new int[1]);
    generated = 0;
    int[] steps = new int[1];
    double prefill = 0;
    long start = System.nanoTime();
    do {
      prefill += untilAdmission(steps);
    } while (System.nanoTime() - start < seconds * 1e9);
    return new Window(generated, (System.nanoTime() - start) / 1e9, steps[0], prefill);
  }

  /** Steps until so many have ended that new ones are read; returns how long reading took. */
  private double untilAdmission(int[] steps) {
    while (batch - running.size() < admitted) {
      decode();
      steps[0]++;
    }
    long begin = System.nanoTime();
    admit(batch - running.size());
    return (System.nanoTime() - begin) / 1e9;
  }

  private void decode() {
    for (Sequence sequence : running) {
      grow(sequence, sequence.length + 1);
    }
    StepOutput output =
        session.step(
            ForwardBatch.of(
                running.stream()
                    .map(one -> chunk(one, one.length, ImmutableIntArray.of(one.next)))
                    .toList()));
    List<Sequence> ended = new ArrayList<>();
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      sequence.next = GreedyDecoder.likeliest(output, i);
      sequence.length++;
      if (sequence.length == scenario.tokens()) {
        ended.add(sequence);
      }
    }
    generated += running.size();
    ended.forEach(sequence -> free.addAll(sequence.pages));
    running.removeAll(ended);
  }

  private void admit(int count) {
    List<Sequence> fresh = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Sequence sequence = new Sequence();
      sequence.length = scenario.prompt();
      grow(sequence, sequence.length);
      fresh.add(sequence);
    }
    read(fresh);
    running.addAll(fresh);
  }

  private void read(List<Sequence> sequences) {
    ImmutableList.Builder<SequenceChunk> prompts = ImmutableList.builder();
    for (Sequence sequence : sequences) {
      prompts.add(chunk(sequence, 0, text(sequence)));
    }
    for (ForwardBatch step : ChunkedPrefill.of(prompts.build(), session.model().maxRows())) {
      StepOutput output = session.step(step);
      for (int row = 0; row < output.rows(); row++) {
        verify(GreedyDecoder.likeliest(output, row) >= 0, "no token was chosen");
      }
    }
  }

  private static ImmutableIntArray text(Sequence sequence) {
    int first = sequence.pages.get(0);
    return ImmutableIntArray.copyOf(
        IntStream.range(0, sequence.length).map(t -> (31 * first + 7 * t) % 1000));
  }

  private static SequenceChunk chunk(Sequence sequence, int start, ImmutableIntArray tokens) {
    return new SequenceChunk(
        ImmutableIntArray.copyOf(sequence.pages), start, tokens, SequenceChunk.LIKELIEST_TOKEN);
  }

  private void grow(Sequence sequence, int tokens) {
    while (sequence.pages.size() < KvPages.pagesFor(tokens)) {
      sequence.pages.add(free.remove());
    }
  }

  long saturated() {
    return session.saturated();
  }

  @Override
  public void close() {
    session.close();
  }
}
