package org.example.clients;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.server.InferenceServer;
import org.nemotron.runtime.server.ServerSettings;
import org.nemotron.runtime.text.EndTokens;

/** The shipped parent, with a chat template, served in this process. */
final class Served implements AutoCloseable {
  static final String NAME = "tale";
  static final String KEY = "a-key";
  static final String TEMPLATE =
      "{{ bos_token }}{% for message in messages %}{{ message.content }}\n{% endfor %}";

  private final TextGenerator generator;
  private final InferenceServer server;

  Served(Path directory) throws IOException {
    try (HeterogeneousModel model = ModelReader.read(directory)) {
      generator =
          TextGenerator.of(
              model,
              Tokenizer.open(directory),
              EndTokens.read(directory),
              ChatTemplate.of(TEMPLATE, Map.of("bos_token", "<s>")),
              EngineSettings.defaults());
    }
    server =
        InferenceServer.start(
            generator,
            ServerSettings.builder().port(0).modelNames(List.of(NAME)).apiKeys(List.of(KEY)).build());
  }

  TextGenerator generator() {
    return generator;
  }

  String root() {
    return "http://127.0.0.1:" + server.port();
  }

  String base() {
    return root() + "/v1";
  }

  /** Returns what the engine itself answers to a text. */
  String direct(String text, int tokens, long seed) {
    return direct(GenerationRequest.continuing(text), tokens, seed);
  }

  /** Returns what the engine itself answers to a user. */
  String directTurn(String text, int tokens, long seed) {
    return direct(GenerationRequest.chat(List.of(ChatMessage.user(text))), tokens, seed);
  }

  private String direct(GenerationRequest.Builder request, int tokens, long seed) {
    SamplingParams seeded = SamplingParams.builder().seed(seed).build();
    return generator.generate(request.maxNewTokens(tokens).sampling(seeded).build()).text();
  }

  /** Returns a figure of the server's metrics. */
  double metric(String name) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(root() + "/metrics")).build();
    return HttpClient.newHttpClient()
        .send(request, HttpResponse.BodyHandlers.ofString())
        .body()
        .lines()
        .filter(line -> line.startsWith("vllm:" + name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Waits until no answer is under way; fails where that takes more than ten seconds. */
  void awaitIdle() throws IOException, InterruptedException {
    long begun = System.nanoTime();
    while (metric("num_requests_running") + metric("num_requests_waiting") > 0) {
      Cases.check(System.nanoTime() - begun < 10_000_000_000L, "an answer must end");
    }
  }

  @Override
  public void close() {
    server.close();
    generator.close();
  }
}
