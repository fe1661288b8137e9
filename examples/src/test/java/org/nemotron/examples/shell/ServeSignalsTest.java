package org.nemotron.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code serve} as a container's runtime ends it: by SIGTERM, with answers under way. */
final class ServeSignalsTest {
  /** What the virtual machine reports of a process that SIGTERM ended. */
  private static final int TERMINATED = 128 + 15;

  private static final int TOKENS = 900;
  private static final String DONE = "data: [DONE]";

  /** A server in a process of its own; ended for sure at the end. */
  private record Server(Process process, String address) implements AutoCloseable {
    static Server start(String... options) throws IOException {
      List<String> words =
          new ArrayList<>(
              ImmutableList.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  "org.nemotron.examples.Main",
                  "serve",
                  "models/tale-7m",
                  "--port",
                  "0"));
      words.addAll(List.of(options));
      Process process =
          new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      BufferedReader out = process.inputReader();
      String line = out.readLine();
      while (line != null && !line.startsWith("ready: ")) {
        line = out.readLine();
      }
      assertThat(line).as("the server's line when it is ready").isNotNull();
      return new Server(process, Iterables.getLast(List.of(String.valueOf(line).split(" "))));
    }

    /** Begins a streamed answer; its events come as they are read. */
    Stream<String> answer() throws IOException, InterruptedException {
      String body =
          "{\"model\": \"tale-7m\", \"prompt\": \"Once upon a time\", \"stream\": true,"
              + " \"ignore_eos\": true, \"temperature\": 0, \"max_tokens\": "
              + TOKENS
              + "}";
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(address + "/completions"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      return HttpClient.newHttpClient()
          .send(request, HttpResponse.BodyHandlers.ofLines())
          .body()
          .filter(line -> !line.isBlank());
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  @Test
  void serve_terminatedWhileAnswering_completesTheAnswer() throws Exception {
    try (Server server = Server.start("--shutdown-timeout", "120")) {
      Iterator<String> events = server.answer().iterator();
      assertThat(events.next()).startsWith("data: {");
      server.process().destroy();
      ImmutableList<String> others = ImmutableList.copyOf(events);
      assertThat(Iterables.getLast(others)).isEqualTo(DONE);
      assertThat(others).anyMatch(event -> event.contains("\"finish_reason\":\"length\""));
      assertThat(server.process().waitFor()).isIn(0, TERMINATED);
    }
  }

  @Tag("slow")
  @Test
  void serve_terminatedWithoutTimeForAnswers_endsWithoutTheRest() throws Exception {
    try (Server server = Server.start("--shutdown-timeout", "0")) {
      Iterator<String> events = server.answer().iterator();
      assertThat(events.next()).startsWith("data: {");
      server.process().destroy();
      assertThat(server.process().waitFor()).isIn(0, TERMINATED);
      assertThat(left(events)).noneMatch(event -> event.contains("\"finish_reason\":\"length\""));
    }
  }

  /** What came before the end, which may be that of the connection. */
  private static ImmutableList<String> left(Iterator<String> events) {
    ImmutableList.Builder<String> all = ImmutableList.builder();
    try {
      events.forEachRemaining(all::add);
    } catch (UncheckedIOException e) {
      all.add("closed: " + e.getMessage());
    }
    return all.build();
  }
}
