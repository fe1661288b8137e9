package org.nemotron.examples.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.math.Quantiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
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
  /** After these the code of both is compiled. */
  private static final int WARM_ROUNDS = 4;

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
    try (TextGenerator generator = TextGenerator.open(model, EngineSettings.defaults());
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      for (int warm = 0; warm < WARM_ROUNDS; warm++) {
        double unused = alone(generator, -warm) + served(server, -warm);
      }
      for (int round = 1; round <= rounds; round++) {
        boolean aloneFirst = round % 2 == 0;
        double before = aloneFirst ? alone(generator, round) : 0;
        double served = served(server, round);
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
        generator.generateAll(requests).stream().mapToInt(result -> result.generatedTokens()).sum();
    return generated * 1e9 / (System.nanoTime() - begin);
  }

  private double served(InferenceServer server, int round) throws IOException {
    URI url = URI.create("http://127.0.0.1:" + server.port() + "/v1/completions");
    boolean[] asked = new boolean[streams];
    StreamClient client =
        new StreamClient(
            url,
            stream -> {
              boolean again = asked[stream];
              asked[stream] = true;
              return again ? Optional.empty() : Optional.of(body(round, stream));
            });
    long begin = System.nanoTime();
    for (StreamedAnswer answer : client.run(streams)) {
      if (!answer.isGood()) {
        throw new IllegalStateException("an answer failed: " + answer);
      }
    }
    return (double) streams * tokens * 1e9 / (System.nanoTime() - begin);
  }

  private byte[] body(int round, int stream) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("prompt", prompt(round, stream)).put("max_tokens", tokens);
    body.put("ignore_eos", true).put("seed", stream).put("stream", true);
    return body.toString().getBytes(UTF_8);
  }
}
