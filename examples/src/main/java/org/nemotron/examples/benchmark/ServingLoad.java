package org.nemotron.examples.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a server that answers the API of OpenAI, ours or another. */
@Command(
    name = "serving-load",
    mixinStandardHelpOptions = true,
    description = {
      "Loads a server with streams, and prints latencies and tokens per second.",
      "A stream that is refused asks again when Retry-After says, or up to twice as late."
    })
public final class ServingLoad implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8000/v1",
      description = "of the API (default: ${DEFAULT-VALUE})")
  private String url;

  @Option(
      names = "--concurrency",
      split = ",",
      defaultValue = "1,4,16,64,256",
      description = "streams at the same time (default: ${DEFAULT-VALUE})")
  private List<Integer> concurrency;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      description =
          "for each number of streams; the first fifth is not counted"
              + " (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--tokens",
      defaultValue = "64",
      description = "tokens of each answer (default: ${DEFAULT-VALUE})")
  private int tokens;

  @Option(
      names = "--prompt",
      defaultValue = "Once upon a time",
      description = "a number is put before it (default: ${DEFAULT-VALUE})")
  private String prompt;

  @Option(names = "--model", description = "name of the model (default: the server's own)")
  private Optional<String> model;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private ServingLoad() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.println(LoadFigures.HEAD);
    int failed = 0;
    for (int streams : concurrency) {
      long begin = System.nanoTime();
      long end = begin + Duration.ofSeconds(seconds).toNanos();
      LoadFigures figures = new LoadFigures(run(streams, end));
      long counted = begin + (end - begin) / 5;
      double rate = figures.tokensPerSecond(counted, end, tokens);
      out.println(figures.line(streams, rate, counted));
      out.flush();
      failed += figures.failed();
    }
    return failed == 0 ? 0 : 1;
  }

  private List<StreamedAnswer> run(int streams, long end) throws IOException {
    int[] asked = new int[streams];
    StreamClient client =
        new StreamClient(
            URI.create(url + "/completions"),
            stream ->
                System.nanoTime() - end < 0
                    ? Optional.of(body(asked[stream]++ * streams + stream))
                    : Optional.empty());
    return client.run(streams);
  }

  private byte[] body(int seed) {
    ObjectNode body = MAPPER.createObjectNode().put("prompt", seed + ". " + prompt);
    body.put("max_tokens", tokens).put("stream", true).put("ignore_eos", true);
    body.put("temperature", 1.0).put("seed", seed);
    model.ifPresent(name -> body.put("model", name));
    return body.toString().getBytes(UTF_8);
  }
}
