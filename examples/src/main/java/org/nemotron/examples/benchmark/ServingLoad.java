package org.nemotron.examples.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a server that answers the API of OpenAI, ours or another. */
@Command(
    name = "serving-load",
    mixinStandardHelpOptions = true,
    description = "Loads a server with streams, and prints latencies and tokens per second.")
public final class ServingLoad implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String DATA = "data: ";

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
      names = "--rounds",
      defaultValue = "2",
      description = "requests of each stream, one behind the other (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--tokens",
      defaultValue = "128",
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

  /** When the tokens of an answer came, in nanoseconds; or the status that refused it. */
  private record Answered(int status, long begunNanos, ImmutableList<Long> tokenNanos) {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println("streams  tokens/s  first p50 ms  p99 ms  next p50 ms  p99 ms  refused  failed");
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    int failed = 0;
    for (int streams : concurrency) {
      List<Answered> all = run(client, streams);
      out.println(line(streams, all));
      out.flush();
      failed += (int) all.stream().filter(ServingLoad::isFailed).count();
    }
    return failed == 0 ? 0 : 1;
  }

  private static boolean isFailed(Answered stream) {
    return stream.status() != 200 && stream.status() != 429;
  }

  private List<Answered> run(HttpClient client, int streams) {
    ExecutorService threads = Executors.newFixedThreadPool(streams);
    try {
      List<CompletableFuture<List<Answered>>> running = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        int number = i;
        running.add(CompletableFuture.supplyAsync(() -> rounds(client, number), threads));
      }
      return running.stream().flatMap(future -> future.join().stream()).toList();
    } finally {
      threads.shutdown();
    }
  }

  private List<Answered> rounds(HttpClient client, int number) {
    List<Answered> done = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      done.add(stream(client, number * rounds + round));
    }
    return done;
  }

  private HttpRequest request(int number) {
    ObjectNode body = MAPPER.createObjectNode().put("prompt", number + ". " + prompt);
    body.put("max_tokens", tokens).put("stream", true).put("ignore_eos", true);
    body.put("temperature", 1.0).put("seed", number);
    model.ifPresent(name -> body.put("model", name));
    return HttpRequest.newBuilder(URI.create(url + "/completions"))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
        .build();
  }

  private Answered stream(HttpClient client, int number) {
    long begun = System.nanoTime();
    try {
      HttpResponse<Stream<String>> answer =
          client.send(request(number), HttpResponse.BodyHandlers.ofLines());
      return new Answered(answer.statusCode(), begun, times(answer));
    } catch (IOException e) {
      return new Answered(0, begun, ImmutableList.of());
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new IOException("interrupted", e));
    }
  }

  private static ImmutableList<Long> times(HttpResponse<Stream<String>> answer) throws IOException {
    ImmutableList.Builder<Long> times = ImmutableList.builder();
    try (Stream<String> lines = answer.body()) {
      for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
        String line = each.next();
        if (line.startsWith(DATA + "{") && hasText(line.substring(DATA.length()))) {
          times.add(System.nanoTime());
        }
      }
    }
    return times.build();
  }

  private static boolean hasText(String json) throws IOException {
    JsonNode text = MAPPER.readTree(json).at("/choices/0/text");
    return !text.asText().isEmpty();
  }

  private String line(int streams, List<Answered> all) {
    List<Answered> good =
        all.stream().filter(s -> s.status() == 200 && !s.tokenNanos().isEmpty()).toList();
    List<Double> first = new ArrayList<>();
    List<Double> next = new ArrayList<>();
    long begin = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    for (Answered stream : good) {
      List<Long> times = stream.tokenNanos();
      first.add((times.get(0) - stream.begunNanos()) / 1e6);
      for (int i = 1; i < times.size(); i++) {
        next.add((times.get(i) - times.get(i - 1)) / 1e6);
      }
      begin = Math.min(begin, stream.begunNanos());
      end = Math.max(end, times.get(times.size() - 1));
    }
    double rate = good.isEmpty() ? 0 : (double) good.size() * tokens * 1e9 / (end - begin);
    return String.format(
        "%7d %9.1f %13.1f %7.1f %12.2f %7.2f %8d %7d",
        streams,
        rate,
        quantile(first, 0.5),
        quantile(first, 0.99),
        quantile(next, 0.5),
        quantile(next, 0.99),
        all.stream().filter(s -> s.status() == 429).count(),
        all.stream().filter(ServingLoad::isFailed).count());
  }

  private static double quantile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }
}
