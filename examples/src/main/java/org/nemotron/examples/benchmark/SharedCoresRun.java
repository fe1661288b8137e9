package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.MultimapBuilder;
import com.google.common.math.Quantiles;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.TextGenerator;

/**
 * Measures one model under each condition, in turns; a row's ratio is the median of the rounds'.
 */
final class SharedCoresRun implements AutoCloseable {
  private static final int PROMPT = 16;
  private static final int CORES = 2;
  private static final int WARM_ROUNDS = 12;
  private static final int LEAST_TOKENS = 128;
  private static final double QUOTA = 1.5;
  private static final String NO_QUOTA = "not measured: no cgroup to write";
  private static final String NO_PINNING = "not measured: no taskset";

  private final Path path;
  private final HeterogeneousModel model;
  private final int rounds;
  private final double seconds;
  private final SplittableRandom random = new SplittableRandom(1);
  private final ListMultimap<String, Double> ratios =
      MultimapBuilder.linkedHashKeys().arrayListValues().build();
  private final ListMultimap<String, Double> rates =
      MultimapBuilder.linkedHashKeys().arrayListValues().build();

  /**
   * One row of the table.
   *
   * @param ratio the median of the rounds; NaN where the condition could not be made
   * @param least the bar
   * @param rate tokens per second, median
   */
  record Row(String condition, double ratio, double least, double rate, String remark) {}

  private interface Measure {
    double tokensPerSecond() throws IOException;
  }

  SharedCoresRun(Path path, int rounds, double seconds) throws IOException {
    this.path = path;
    this.rounds = rounds;
    this.seconds = seconds;
    this.model = ModelReader.read(path, DType.FLOAT32, Device.CPU);
  }

  ImmutableList<Row> measure() throws IOException {
    ImmutableList.Builder<Row> rows = ImmutableList.builder();
    generators();
    rows.add(row("two generators, 4 requests each, to one with 8", 0.90));
    threads("one request, defaults to the better of 1 and 2 threads", Optional.empty(), 1);
    rows.add(row("one request, defaults to the better of 1 and 2 threads", 0.95));
    busy();
    rows.add(row("busy loop on one core, decode, to idle", 0.60));
    rows.add(row("busy loop on both cores, decode, to idle", 0.42));
    rows.add(row("busy loop on one core, evaluation, to idle", 0.60));
    rows.add(row("busy loop on both cores, evaluation, to idle", 0.42));
    overhead();
    rows.add(row("engine to the bare loop, one request", 0.95));
    rows.addAll(limited("quota of 1.5 CPUs", NO_QUOTA, () -> Tasks.quota(QUOTA)));
    rows.addAll(limited("both threads on one core", NO_PINNING, Tasks::oneCore));
    return rows.build();
  }

  private Row row(String condition, double least) {
    return new Row(condition, median(ratios, condition), least, median(rates, condition), "");
  }

  private static double median(ListMultimap<String, Double> of, String name) {
    return Quantiles.median().compute(of.get(name));
  }

  private void note(String condition, double rate, double rival) {
    ratios.put(condition, rate / rival);
    rates.put(condition, rate);
  }

  private TextGenerator open(int threads) throws IOException {
    EngineSettings.Builder settings = EngineSettings.builder();
    return TextGenerator.of(
        model, path, (threads == 0 ? settings : settings.threads(threads)).build());
  }

  private ImmutableIntArray prompt() {
    return ImmutableIntArray.copyOf(random.ints(PROMPT, 0, model.spec().vocabularySize()));
  }

  /** Returns how many tokens take about as long as a measurement should. */
  private int tokens(double perSecond) {
    int most = model.spec().maxPositions() - PROMPT;
    return (int) Math.max(16, Math.min(most, perSecond * seconds));
  }

  private double rate(List<TextGenerator> generators, int requests, int tokens) {
    List<Generation> running = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < requests; i++) {
      for (TextGenerator generator : generators) {
        running.add(
            generator.submit(
                GenerationRequest.continuing(prompt())
                    .maxNewTokens(tokens)
                    .ignoreEndTokens()
                    .build()));
      }
    }
    long made = running.stream().mapToLong(one -> one.await().tokens().length()).sum();
    return made * 1e9 / (System.nanoTime() - start);
  }

  private int warmed(TextGenerator generator, int requests) {
    double unused = rate(ImmutableList.of(generator), requests, 64);
    return tokens(rate(ImmutableList.of(generator), requests, 64) / requests);
  }

  private void generators() throws IOException {
    try (TextGenerator one = open(0);
        TextGenerator other = open(0)) {
      int tokens = warmed(one, 8);
      int unused = warmed(other, 4);
      for (int round = 0; round < rounds; round++) {
        double alone = rate(ImmutableList.of(one), 8, tokens);
        double both = rate(ImmutableList.of(one, other), 4, tokens);
        note("two generators, 4 requests each, to one with 8", both, alone);
      }
    }
  }

  private void threads(String condition, Optional<Tasks.Limit> limit, int requests)
      throws IOException {
    List<TextGenerator> generators = new ArrayList<>();
    try {
      for (int threads = 0; threads <= CORES; threads++) {
        generators.add(open(threads));
      }
      int tokens = generators.stream().mapToInt(one -> warmed(one, requests)).min().orElseThrow();
      for (int round = 0; round < rounds; round++) {
        double defaults = rate(generators.subList(0, 1), requests, tokens);
        double one = rate(generators.subList(1, 2), requests, tokens);
        double two = rate(generators.subList(2, 3), requests, tokens);
        ratios.put(condition + " 1", defaults / one);
        ratios.put(condition + " 2", defaults / two);
        rates.put(condition, defaults);
      }
      // The better one is better in the median: the better of each round would be luck.
      ratios.put(
          condition, Math.min(median(ratios, condition + " 1"), median(ratios, condition + " 2")));
    } finally {
      generators.forEach(TextGenerator::close);
      if (limit.isPresent()) {
        limit.orElseThrow().close();
      }
    }
  }

  private interface Limiting {
    Optional<Tasks.Limit> begin() throws IOException;
  }

  private ImmutableList<Row> limited(String name, String otherwise, Limiting limiting)
      throws IOException {
    ImmutableList.Builder<Row> rows = ImmutableList.builder();
    for (int requests : new int[] {1, 8}) {
      String condition = String.format("%s, %d requests, to the best fixed count", name, requests);
      Optional<Tasks.Limit> limit = limiting.begin();
      if (limit.isPresent()) {
        threads(condition, limit, requests);
        rows.add(row(condition, 0.95));
      } else {
        rows.add(new Row(condition, Double.NaN, 0.95, Double.NaN, otherwise));
      }
    }
    return rows.build();
  }

  private void busy() throws IOException {
    EvaluationBatches data =
        new EvaluationBatches(
            TokenCorpus.of(
                ImmutableIntArray.copyOf(random.ints(1 << 14, 0, model.spec().vocabularySize()))),
            8,
            256,
            (int) Math.max(8, Math.min(64, 16e7 * seconds / model.spec().parameters())));
    ModelEvaluator evaluator = new ModelEvaluator(data);
    Measure evaluation =
        () -> {
          long start = System.nanoTime();
          int measured = evaluator.evaluate(model, ImmutableList.of(model)).size();
          return measured * 256.0 * data.windows() * 1e9 / (System.nanoTime() - start);
        };
    double unused = evaluation.tokensPerSecond();
    try (TextGenerator generator = open(0)) {
      int tokens = warmed(generator, 4);
      Measure decode = () -> rate(ImmutableList.of(generator), 4, tokens);
      for (int round = 0; round < rounds; round++) {
        double idle = decode.tokensPerSecond();
        double idleEvaluation = evaluation.tokensPerSecond();
        try (BusyLoop one = BusyLoop.on(0)) {
          note("busy loop on one core, decode, to idle", decode.tokensPerSecond(), idle);
          note(
              "busy loop on one core, evaluation, to idle",
              evaluation.tokensPerSecond(),
              idleEvaluation);
          try (BusyLoop other = BusyLoop.on(1)) {
            note("busy loop on both cores, decode, to idle", decode.tokensPerSecond(), idle);
            note(
                "busy loop on both cores, evaluation, to idle",
                evaluation.tokensPerSecond(),
                idleEvaluation);
          }
        }
      }
    }
  }

  private void overhead() throws IOException {
    EngineSettings settings = EngineSettings.defaults();
    try (TextGenerator generator = open(0);
        InferenceBackend device = Backends.of(Device.CPU);
        InferenceModel bare = device.prepare(model, settings.weights(), 320);
        InferenceSession session = bare.newSession(64)) {
      int tokens = Math.max(LEAST_TOKENS, Math.min(warmed(generator, 1), 1000));
      for (int round = -WARM_ROUNDS; round < rounds; round++) {
        double before = bare(session, tokens);
        double engine = rate(ImmutableList.of(generator), 1, tokens);
        double behind = bare(session, tokens);
        if (round >= 0) {
          note("engine to the bare loop, one request", engine, 2 / (1 / before + 1 / behind));
        }
      }
    }
  }

  private double bare(InferenceSession session, int tokens) {
    long start = System.nanoTime();
    int made = GreedyDecoder.generate(session, ImmutableList.of(prompt()), tokens).get(0).length();
    return made * 1e9 / (System.nanoTime() - start);
  }

  /** Returns whether the bar is reached, in words. */
  static String words(Row row) {
    return Double.isNaN(row.ratio())
        ? row.remark()
        : row.ratio() >= row.least() ? "reached" : "NOT reached";
  }

  @Override
  public void close() {
    model.close();
  }
}
