package org.nemotron.core.eval.mtbench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;

/** A judge within the process, whose answers a test decides. */
final class JudgeServer implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final HttpServer server;
  private final Deque<Refusal> refusals = new ArrayDeque<>();
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private final List<String> authorizations = Collections.synchronizedList(new ArrayList<>());
  private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());
  private final UnaryOperator<String> judge;

  private record Refusal(int status, String body, String retryAfter) {}

  /** Starts a judge that answers to the user's message. */
  JudgeServer(UnaryOperator<String> judge) throws IOException {
    this.judge = judge;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/chat/completions", this::answer);
    server.start();
  }

  /** Makes one more request fail; 200 with a body answers with it. */
  void refuse(int status, String body, String retryAfter) {
    refusals.add(new Refusal(status, body, retryAfter));
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody());
    Refusal refusal = refusals.poll();
    if (refusal != null) {
      if (!refusal.retryAfter().isEmpty()) {
        exchange.getResponseHeaders().add("Retry-After", refusal.retryAfter());
      }
      send(exchange, refusal.status(), refusal.body());
      return;
    }
    authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    String text = request.at("/messages/1/content").asText();
    asked.add(text);
    send(
        exchange,
        200,
        JsonNodeFactory.instance
            .objectNode()
            .set(
                "choices",
                JsonNodeFactory.instance
                    .arrayNode()
                    .add(
                        JsonNodeFactory.instance
                            .objectNode()
                            .set(
                                "message",
                                JsonNodeFactory.instance
                                    .objectNode()
                                    .put("content", judge.apply(text)))))
            .toString());
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  String address() {
    return "http://localhost:" + server.getAddress().getPort() + "/v1/";
  }

  /** Returns the endpoint, which notes its pauses instead of waiting. */
  ChatEndpoint endpoint() {
    return new ChatEndpoint(address(), "grader", "secret", pauses::add);
  }

  List<String> asked() {
    return asked;
  }

  List<String> authorizations() {
    return authorizations;
  }

  List<Duration> pauses() {
    return pauses;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
