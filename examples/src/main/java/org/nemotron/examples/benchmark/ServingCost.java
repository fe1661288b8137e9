package org.nemotron.examples.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.math.Quantiles;
import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.server.InferenceServer;
import org.nemotron.runtime.server.ServerSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures what the server takes of the engine's throughput: the same answers with and without. */
@Command(
    name = "serving-cost",
    mixinStandardHelpOptions = true,
    description = {
      "Generates the same answers by the engine alone and as streams of the server, in turns.",
      "The clients of the streams run in the same process: what they take counts too."
    })
public final class ServingCost implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL", description = "Hugging Face directory, or GGUF")
  private Path model;

  @Option(
      names = "--streams",
      defaultValue = "16",
      description = "answers at the same time (default: ${DEFAULT-VALUE})")
  private int streams;

  @Option(
      names = "--tokens",
      defaultValue = "96",
      description = "tokens of each answer (default: ${DEFAULT-VALUE})")
  private int tokens;

  @Option(
      names = "--rounds",
      defaultValue = "7",
      description = "of each kind (default: ${DEFAULT-VALUE})")
  private int rounds;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private ServingCost() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    List<Double> ratios = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(streams);
    try (TextGenerator generator = TextGenerator.open(model, EngineSettings.defaults());
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      double unused = alone(generator, 0) + served(server, threads, 0);
      for (int round = 1; round <= rounds; round++) {
        boolean aloneFirst = round % 2 == 0;
        double before = aloneFirst ? alone(generator, round) : 0;
        double served = served(server, threads, round);
        double alone = aloneFirst ? before : alone(generator, round);
        ratios.add(served / alone);
        out.printf(
            Locale.ROOT,
            "engine %8.1f tokens/s, server %8.1f tokens/s: %.3f%n",
            alone,
            served,
            served / alone);
        out.flush();
      }
    } finally {
      threads.shutdown();
    }
    out.printf(Locale.ROOT, "median %.3f%n", Quantiles.median().compute(ratios));
    return 0;
  }

  private String prompt(int round, int stream) {
    return (round * streams + stream) + ". Once upon a time";
  }

  private double alone(TextGenerator generator, int round) {
    List<GenerationRequest> requests =
        IntStream.range(0, streams)
            .mapToObj(
                i ->
                    GenerationRequest.continuing(prompt(round, i))
                        .maxNewTokens(tokens)
                        .ignoreEndTokens()
                        .cacheSalt("alone")
                        .sampling(SamplingParams.builder().seed(i).build())
                        .build())
            .toList();
    long begin = System.nanoTime();
    int generated =
        generator.generateAll(requests).stream()
            .mapToInt(result -> result.generatedTokens())
            .sum();
    return generated * 1e9 / (System.nanoTime() - begin);
  }

  private double served(InferenceServer server, ExecutorService threads, int round) {
    URI url = URI.create("http://127.0.0.1:" + server.port() + "/v1/completions");
    long begin = System.nanoTime();
    List<CompletableFuture<StreamedAnswer>> answers =
        IntStream.range(0, streams)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> StreamedAnswer.of(url, body(round, i)), threads))
            .toList();
    for (CompletableFuture<StreamedAnswer> answer : answers) {
      ImmutableLongArray times = answer.join().tokenNanos();
      if (times.isEmpty()) {
        throw new IllegalStateException("an answer failed: " + answer.join());
      }
    }
    return (double) streams * tokens * 1e9 / (System.nanoTime() - begin);
  }

  private byte[] body(int round, int stream) {
    String json =
        "{\"prompt\":\"%s\",\"max_tokens\":%d,\"ignore_eos\":true,\"seed\":%d,\"stream\":true}";
    return String.format(Locale.ROOT, json, prompt(round, stream), tokens, stream).getBytes(UTF_8);
  }
}
