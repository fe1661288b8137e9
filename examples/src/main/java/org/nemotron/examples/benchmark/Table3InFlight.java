package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntFunction;
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
 * they grow and give them back when they end, and new ones are read a few at a time, in steps of
 * their own or beside the tokens that are generated. So the KV cache holds sequences half grown on
 * average, where a batch that begins together must reserve whole ones.
 */
final class Table3InFlight implements AutoCloseable {
  private static final int WARM_UP_STEPS = 3;

  private final Table3Scenario scenario;
  private final int batch;
  private final Table3Admission admission;
  private final InferenceSession session;
  private final Deque<Integer> free = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private final List<Sequence> reading = new ArrayList<>();
  private long generated;

  /** A sequence that generates, or is read. */
  private static final class Sequence {
    private final List<Integer> pages = new ArrayList<>();
    private int length;
    private int read;
    private int next;
  }

  /**
   * Begins with sequences of all ages.
   *
   * @param batch sequences at most
   * @param admission how prompts are read
   * @param read whether tokens are read for what the sequences have so far; else it is what a new
   *     KV cache holds: zeros on a GPU
   */
  Table3InFlight(
      InferenceModel model,
      KvFormat kv,
      Table3Scenario scenario,
      int batch,
      Table3Admission admission,
      boolean read) {
    int together = admission.reading(scenario);
    checkArgument(together <= batch, "admitted (%s) must be 1 to %s", together, batch);
    this.scenario = scenario;
    this.batch = batch;
    this.admission = admission;
    this.session = model.newSession(pages(scenario, batch, admission), kv);
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
  static int pages(Table3Scenario scenario, int batch, Table3Admission admission) {
    int held = 0;
    for (int i = 0; i < batch; i++) {
      held += KvPages.pagesFor(scenario.prompt() + age(scenario, batch, i) + 1);
    }
    int whole = KvPages.pagesFor(scenario.tokens());
    return held + admission.reading(scenario) * (whole + 2) + whole;
  }

  /**
   * Returns the most sequences whose pages are no more than {@code pages}, at least those that are
   * read together.
   *
   * @param admission by the number of sequences
   */
  static int batch(
      Table3Scenario scenario, int pages, IntFunction<Table3Admission> admission, int most) {
    int batch = admission.apply(1).reading(scenario);
    while (batch < most && pages(scenario, batch + 1, admission.apply(batch + 1)) <= pages) {
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
   * @param prefillSeconds of steps that read prompts alone
   */
  record Window(long tokens, double seconds, int steps, double prefillSeconds) {
    double tokensPerSecond() {
      return tokens / seconds;
    }
  }

  /** Runs for at least {@code seconds}, and as long as warms up before. */
  Window measure(double seconds) {
    if (admission instanceof Table3Admission.Beside beside) {
      Window unused = mixed(beside.tokens(), seconds / 2);
      return mixed(beside.tokens(), seconds);
    }
    return apart(admission.reading(scenario), seconds);
  }

  private Window mixed(int tokens, double seconds) {
    generated = 0;
    int steps = 0;
    long start = System.nanoTime();
    do {
      mixedStep(tokens);
      steps++;
    } while (System.nanoTime() - start < seconds * 1e9);
    return new Window(generated, (System.nanoTime() - start) / 1e9, steps, 0);
  }

  /** Runs from one admission to another, at least {@code seconds} later. */
  private Window apart(int together, double seconds) {
    for (int i = 0; i < WARM_UP_STEPS; i++) {
      decode();
    }
    double unused = untilAdmission(together, new int[1]) + untilAdmission(together, new int[1]);
    generated = 0;
    int[] steps = new int[1];
    double prefill = 0;
    long start = System.nanoTime();
    do {
      prefill += untilAdmission(together, steps);
    } while (System.nanoTime() - start < seconds * 1e9);
    return new Window(generated, (System.nanoTime() - start) / 1e9, steps[0], prefill);
  }

  /** Steps until so many have ended that new ones are read; returns how long reading took. */
  private double untilAdmission(int together, int[] steps) {
    while (batch - running.size() < together) {
      decode();
      steps[0]++;
    }
    long begin = System.nanoTime();
    admit(batch - running.size());
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Generates a token of each sequence. */
  private void decode() {
    take(session.step(ForwardBatch.of(nextTokens())));
  }

  /**
   * Makes so many steps that read {@code tokens} tokens of prompts beside; returns how many tokens
   * were generated.
   */
  long mixedSteps(int tokens, int steps) {
    generated = 0;
    for (int step = 0; step < steps; step++) {
      mixedStep(tokens);
    }
    return generated;
  }

  /** Generates a token of each sequence, and reads so many tokens of prompts beside them. */
  private void mixedStep(int tokens) {
    while (running.size() + reading.size() < batch) {
      reading.add(fresh());
    }
    List<SequenceChunk> chunks = nextTokens();
    List<Sequence> whole = new ArrayList<>();
    int left = tokens;
    for (Sequence sequence : reading) {
      int piece = piece(sequence.length - sequence.read, left);
      if (piece > 0) {
        chunks.add(piece(sequence, piece));
        sequence.read += piece;
        left -= piece;
        if (sequence.read == sequence.length) {
          whole.add(sequence);
        }
      }
    }
    int first = running.size();
    StepOutput output = session.step(ForwardBatch.of(chunks));
    for (int i = 0; i < whole.size(); i++) {
      whole.get(i).next = GreedyDecoder.likeliest(output, first + i);
    }
    take(output);
    reading.removeAll(whole);
    running.addAll(whole);
  }

  /** Returns how many of {@code unread} tokens are read: all, or up to the end of a page. */
  private static int piece(int unread, int left) {
    return unread <= left ? unread : left / KvPages.PAGE_TOKENS * KvPages.PAGE_TOKENS;
  }

  private static SequenceChunk piece(Sequence sequence, int tokens) {
    int end = sequence.read + tokens;
    return new SequenceChunk(
        ImmutableIntArray.copyOf(sequence.pages),
        sequence.read,
        text(sequence).subArray(sequence.read, end),
        end == sequence.length ? SequenceChunk.LIKELIEST_TOKEN : SequenceChunk.NOTHING);
  }

  private List<SequenceChunk> nextTokens() {
    List<SequenceChunk> chunks = new ArrayList<>();
    for (Sequence one : running) {
      grow(one, one.length + 1);
      chunks.add(chunk(one, one.length, ImmutableIntArray.of(one.next)));
    }
    return chunks;
  }

  /** Takes the next token of each sequence that generates, and ends those that have all. */
  private void take(StepOutput output) {
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
      fresh.add(fresh());
    }
    read(fresh);
    running.addAll(fresh);
  }

  private Sequence fresh() {
    Sequence sequence = new Sequence();
    sequence.length = scenario.prompt();
    grow(sequence, sequence.length);
    return sequence;
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

  /** Returns the KV cache, in pages. */
  int sessionPages() {
    return session.pages();
  }

  long saturated() {
    return session.saturated();
  }

  @Override
  public void close() {
    session.close();
  }
}
