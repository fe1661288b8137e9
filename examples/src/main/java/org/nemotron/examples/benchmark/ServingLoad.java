package org.nemotron.examples.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
      "A stream that is refused asks again after a second."
    })
public final class ServingLoad implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration PAUSE = Duration.ofSeconds(1);

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
      description = "for each number of streams; the first fifth is not counted"
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
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println(LoadFigures.HEAD);
    int failed = 0;
    for (int streams : concurrency) {
      long begin = System.nanoTime();
      long end = begin + Duration.ofSeconds(seconds).toNanos();
      LoadFigures figures = new LoadFigures(run(streams, end));
      double rate = figures.tokensPerSecond(begin + (end - begin) / 5, end, tokens);
      out.println(figures.line(streams, rate));
      out.flush();
      failed += figures.failed();
    }
    return failed == 0 ? 0 : 1;
  }

  private List<StreamedAnswer> run(int streams, long end) {
    ExecutorService threads = Executors.newFixedThreadPool(streams);
    try {
      List<CompletableFuture<List<StreamedAnswer>>> running = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        int number = i;
        running.add(
            CompletableFuture.supplyAsync(() -> answers(number, streams, end), threads));
      }
      return running.stream().flatMap(future -> future.join().stream()).toList();
    } finally {
      threads.shutdown();
    }
  }

  private List<StreamedAnswer> answers(int number, int streams, long end) {
    List<StreamedAnswer> done = new ArrayList<>();
    for (int seed = number; System.nanoTime() - end < 0; seed += streams) {
      StreamedAnswer answer = StreamedAnswer.of(URI.create(url + "/completions"), body(seed));
      done.add(answer);
      if (answer.status() != 200) {
        Uninterruptibles.sleepUninterruptibly(PAUSE);
      }
    }
    return done;
  }

  private byte[] body(int seed) {
    ObjectNode body = MAPPER.createObjectNode().put("prompt", seed + ". " + prompt);
    body.put("max_tokens", tokens).put("stream", true).put("ignore_eos", true);
    body.put("temperature", 1.0).put("seed", seed);
    model.ifPresent(name -> body.put("model", name));
    return body.toString().getBytes(UTF_8);
  }
}
