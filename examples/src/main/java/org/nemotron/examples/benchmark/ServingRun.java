package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.nemotron.core.checkpoint.ModelNames;
import org.nemotron.examples.benchmark.ServingFigures.BatchSpeed;
import org.nemotron.examples.benchmark.ServingFigures.LoadLatency;
import org.nemotron.examples.benchmark.ServingFigures.ScenarioSpeed;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.metrics.EngineMetrics;

/** Measures one model. Prompts are random tokens, answers are as long as asked for. */
final class ServingRun {
  private static final int[][] LENGTHS = {
    {128, 128}, {128, 1024}, {128, 2048}, {2048, 128}, {2048, 2048}
  };
  private static final int[] BATCHES = {1, 2, 4, 8, 16, 32};
  private static final int WARM_TOKENS = 32;
  private static final double[] SHARES_OF_CAPACITY = {0.25, 0.5, 0.75};

  private final EngineSettings settings;
  private final int scale;
  private final int batch;
  private final int loadRequests;
  private final SplittableRandom random = new SplittableRandom(1);

  /** Makes a run whose lengths are the blog's, divided by {@code scale}. */
  ServingRun(EngineSettings settings, int scale, int batch, int loadRequests) {
    this.settings = settings;
    this.scale = scale;
    this.batch = batch;
    this.loadRequests = loadRequests;
  }

  ServingFigures measure(Path model) throws IOException {
    try (TextGenerator generator = TextGenerator.open(model, settings)) {
      double unused = tokensPerSecond(generator, 4, 32, 32);
      ImmutableList.Builder<ScenarioSpeed> scenarios = ImmutableList.builder();
      for (int[] lengths : LENGTHS) {
        int prompt = lengths[0] / scale;
        int output = lengths[1] / scale;
        double unusedWarm =
            tokensPerSecond(generator, batch, prompt, Math.min(output, WARM_TOKENS));
        double speed = tokensPerSecond(generator, batch, prompt, output);
        scenarios.add(new ScenarioSpeed(prompt, output, batch, speed));
      }
      ImmutableList.Builder<BatchSpeed> curve = ImmutableList.builder();
      for (int size : BATCHES) {
        curve.add(batchSpeed(generator, size));
      }
      return new ServingFigures(
          ModelNames.of(model),
          generator.spec().parameters(),
          scenarios.build(),
          curve.build(),
          loads(model, generator));
    }
  }

  private GenerationRequest request(TextGenerator generator, int prompt, int output) {
    ImmutableIntArray tokens =
        ImmutableIntArray.copyOf(random.ints(prompt, 0, generator.spec().vocabularySize()));
    return GenerationRequest.continuing(tokens).maxNewTokens(output).ignoreEndTokens().build();
  }

  private List<GenerationRequest> requests(TextGenerator generator, int n, int prompt, int output) {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      requests.add(request(generator, prompt, output));
    }
    return requests;
  }

  private double tokensPerSecond(TextGenerator generator, int n, int prompt, int output) {
    List<GenerationRequest> requests = requests(generator, n, prompt, output);
    long start = System.nanoTime();
    List<GenerationResult> results = generator.generateAll(requests);
    long tokens = results.stream().mapToLong(result -> result.tokens().length()).sum();
    return tokens * 1e9 / (System.nanoTime() - start);
  }

  private BatchSpeed batchSpeed(TextGenerator generator, int size) {
    int output = Math.max(2, 128 / scale * 2);
    double unusedWarm =
        tokensPerSecond(generator, size, 128 / scale, Math.min(output, WARM_TOKENS));
    List<GenerationRequest> requests = requests(generator, size, 128 / scale, output);
    long start = System.nanoTime();
    List<GenerationResult> results = generator.generateAll(requests);
    double perServer = size * output * 1e9 / (System.nanoTime() - start);
    double perUser =
        results.stream().mapToDouble(ServingRun::tokensPerSecond).average().orElseThrow();
    return new BatchSpeed(size, perServer, perUser);
  }

  /** Tokens per second behind the first, as one user sees them. */
  private static double tokensPerSecond(GenerationResult result) {
    Duration taken = result.duration().minus(result.timeToFirstToken());
    return (result.tokens().length() - 1) * 1e9 / Math.max(1, taken.toNanos());
  }

  private ImmutableList<LoadLatency> loads(Path model, TextGenerator warm) throws IOException {
    int prompt = 128 / scale;
    int output = 128 / scale;
    double capacity = tokensPerSecond(warm, batch, prompt, output) / output;
    ImmutableList.Builder<LoadLatency> loads = ImmutableList.builder();
    for (double share : SHARES_OF_CAPACITY) {
      // A generator of its own, so that its metrics hold this load only.
      try (TextGenerator generator = TextGenerator.open(model, settings)) {
        loads.add(
            load(generator, share * capacity, requests(generator, loadRequests, prompt, output)));
      }
    }
    return loads.build();
  }

  /** Requests arrive as a Poisson process: the pauses between them are exponential. */
  private LoadLatency load(
      TextGenerator generator, double requestsPerSecond, List<GenerationRequest> requests) {
    List<Generation> running = new ArrayList<>();
    long next = System.nanoTime();
    for (GenerationRequest request : requests) {
      next += (long) (-Math.log(1 - random.nextDouble()) / requestsPerSecond * 1e9);
      Uninterruptibles.sleepUninterruptibly(
          Duration.ofNanos(Math.max(0, next - System.nanoTime())));
      running.add(generator.submit(request));
    }
    for (Generation generation : running) {
      GenerationResult unused = generation.await();
    }
    EngineMetrics metrics = generator.metrics();
    return new LoadLatency(
        requestsPerSecond,
        millis(metrics.timeToFirstToken().p50()),
        millis(metrics.timeToFirstToken().p99()),
        millis(metrics.timePerOutputToken().p50()),
        millis(metrics.timePerOutputToken().p99()));
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
