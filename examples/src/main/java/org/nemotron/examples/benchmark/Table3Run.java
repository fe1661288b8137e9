package org.nemotron.examples.benchmark;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
 * A batch of sequences that are read together and then generate together, by the steps of serving.
 *
 * @param kvFormat of the session
 * @param scenario tokens read and written
 * @param batch sequences
 */
record Table3Run(InferenceModel model, KvFormat kvFormat, Table3Scenario scenario, int batch) {
  private static final int WARM_UP_STEPS = 3;
  private static final int LEAST_STEPS = 5;

  /** How many contexts between prompt and last token the short form looks at. */
  private static final int POINTS = 5;

  /**
   * What was measured.
   *
   * @param prefillSeconds of all prompts
   * @param stepSeconds of a decode step, by the tokens that a sequence has before it
   * @param decodeSeconds of all steps: measured, or the integral of {@code stepSeconds}
   * @param saturated elements of the KV cache that were too large for their format
   */
  record Times(
      double prefillSeconds,
      Map<Integer, Double> stepSeconds,
      double decodeSeconds,
      long saturated) {
    double tokensPerSecond(int batch, int output) {
      return (double) batch * output / (prefillSeconds + decodeSeconds);
    }
  }

  private int pagesEach() {
    return KvPages.pagesFor(scenario.tokens());
  }

  /** Returns the KV cache of all sequences, in pages. */
  int pages() {
    return batch * pagesEach();
  }

  /**
   * Reads all prompts, and then times steps at a few contexts for {@code seconds} together. What
   * lies between a prompt and such a context is what a new KV cache holds: zeros on a GPU.
   */
  Times shortForm(double seconds) {
    try (InferenceSession session = model.newSession(pages(), kvFormat)) {
      double prefill = prefill(session);
      Map<Integer, Double> steps = new TreeMap<>();
      for (int point = 0; point < POINTS; point++) {
        int context = scenario.prompt() + (scenario.output() - 1) * point / (POINTS - 1);
        steps.put(context, step(session, context, seconds / POINTS));
      }
      return new Times(prefill, steps, scenario.output() * average(steps), session.saturated());
    }
  }

  /** Reads all prompts and generates all tokens. */
  Times fullForm() {
    try (InferenceSession session = model.newSession(pages(), kvFormat)) {
      double prefill = prefill(session);
      double unused = step(session, scenario.prompt(), 0);
      Map<Integer, Double> steps = new TreeMap<>();
      int[] next = new int[batch];
      long start = System.nanoTime();
      for (int made = 0; made < scenario.output(); made++) {
        long begin = System.nanoTime();
        decode(session, scenario.prompt() + made, next);
        if (made % 64 == 0) {
          steps.put(scenario.prompt() + made, (System.nanoTime() - begin) / 1e9);
        }
      }
      double decode = (System.nanoTime() - start) / 1e9;
      return new Times(prefill, steps, decode, session.saturated());
    }
  }

  /** The integral of a line through the points, over their width. */
  static double average(Map<Integer, Double> points) {
    List<Map.Entry<Integer, Double>> sorted = new ArrayList<>(new TreeMap<>(points).entrySet());
    if (sorted.size() == 1) {
      return sorted.get(0).getValue();
    }
    double area = 0;
    for (int i = 1; i < sorted.size(); i++) {
      int width = sorted.get(i).getKey() - sorted.get(i - 1).getKey();
      area += width * (sorted.get(i).getValue() + sorted.get(i - 1).getValue()) / 2;
    }
    return area / (sorted.get(sorted.size() - 1).getKey() - sorted.get(0).getKey());
  }

  /** The first step has libraries choose what they run, and is not counted. */
  private double prefill(InferenceSession session) {
    ImmutableList<ForwardBatch> steps = ChunkedPrefill.of(prompts(), model.maxRows());
    run(session, steps.get(0));
    run(session, steps.get(steps.size() - 1));
    long start = System.nanoTime();
    steps.forEach(step -> run(session, step));
    return (System.nanoTime() - start) / 1e9;
  }

  private static void run(InferenceSession session, ForwardBatch step) {
    StepOutput output = session.step(step);
    for (int row = 0; row < output.rows(); row++) {
      verify(GreedyDecoder.likeliest(output, row) >= 0, "no token was chosen");
    }
  }

  private ImmutableList<SequenceChunk> prompts() {
    return IntStream.range(0, batch)
        .mapToObj(
            i ->
                new SequenceChunk(
                    pagesOf(i),
                    0,
                    ImmutableIntArray.copyOf(
                        IntStream.range(0, scenario.prompt()).map(t -> (31 * i + 7 * t) % 1000)),
                    SequenceChunk.LIKELIEST_TOKEN))
        .collect(ImmutableList.toImmutableList());
  }

  private ImmutableIntArray pagesOf(int sequence) {
    return ImmutableIntArray.copyOf(
        IntStream.range(sequence * pagesEach(), (sequence + 1) * pagesEach()));
  }

  /** Returns the median time of steps at one context. */
  private double step(InferenceSession session, int context, double seconds) {
    int[] next = new int[batch];
    for (int i = 0; i < WARM_UP_STEPS; i++) {
      decode(session, context, next);
    }
    List<Long> nanos = new ArrayList<>();
    long end = System.nanoTime() + Math.round(seconds * 1e9);
    while (nanos.size() < LEAST_STEPS || System.nanoTime() < end) {
      long begin = System.nanoTime();
      decode(session, context, next);
      nanos.add(System.nanoTime() - begin);
    }
    return Quantiles.median().compute(nanos) / 1e9;
  }

  private void decode(InferenceSession session, int context, int[] next) {
    StepOutput output = session.step(singles(context, next));
    for (int i = 0; i < batch; i++) {
      next[i] = GreedyDecoder.likeliest(output, i);
    }
  }

  private ForwardBatch singles(int context, int[] tokens) {
    return ForwardBatch.of(
        IntStream.range(0, batch)
            .mapToObj(
                i ->
                    new SequenceChunk(
                        pagesOf(i),
                        context,
                        ImmutableIntArray.of(tokens[i]),
                        SequenceChunk.LIKELIEST_TOKEN))
            .toList());
  }

  /**
   * Returns what the layers add to a decode step in the middle of the output, in milliseconds by
   * kind of layer, and the step as a whole.
   */
  Map<String, Double> profile() {
    try (InferenceSession session = model.newSession(pages(), kvFormat)) {
      int context = scenario.prompt() + scenario.output() / 2;
      double whole = step(session, context, 1);
      var nanos = session.layerNanos(singles(context, new int[batch]));
      Map<String, Double> kinds = new LinkedHashMap<>();
      kinds.put("step", whole * 1e3);
      for (int layer = 0; layer < nanos.length(); layer++) {
        kinds.merge(model.spec().block(layer).toString(), nanos.get(layer) / 1e6, Double::sum);
        kinds.merge("layers", nanos.get(layer) / 1e6, Double::sum);
      }
      return kinds;
    }
  }
}
