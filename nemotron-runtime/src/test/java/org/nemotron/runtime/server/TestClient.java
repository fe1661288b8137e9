package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

/** A caller of a server, by the HTTP client of the JDK. */
final class TestClient {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String DATA = "data: ";

  private final HttpClient client;
  private final URI base;

  TestClient(int port, HttpClient.Version version) {
    this.client = HttpClient.newBuilder().version(version).build();
    this.base = URI.create("http://127.0.0.1:" + port);
  }

  TestClient(InferenceServer server) {
    this(server.port(), HttpClient.Version.HTTP_1_1);
  }

  /** An answer of the server. */
  record Answer(HttpResponse<byte[]> response) {
    int status() {
      return response.statusCode();
    }

    String text() {
      return new String(response.body(), UTF_8);
    }

    JsonNode json() {
      return parse(text());
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    /** Returns the error's code, and the field that it names. */
    String fault() {
      JsonNode error = json().path("error");
      return error.path("code").asText() + " " + error.path("param").asText();
    }

    /** Returns the events without the last, which must be the usual one. */
    ImmutableList<JsonNode> events() {
      List<String> data = text().lines().filter(line -> line.startsWith(DATA)).toList();
      if (!data.get(data.size() - 1).equals(DATA + "[DONE]")) {
        throw new AssertionError("the stream must end with [DONE]: " + text());
      }
      return data.subList(0, data.size() - 1).stream()
          .map(line -> parse(line.substring(DATA.length())))
          .collect(ImmutableList.toImmutableList());
    }
  }

  static JsonNode parse(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(json, e);
    }
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path));
  }

  Answer get(String path) {
    return send(request(path).GET().build());
  }

  /** Sends a body, in which ' stands for ". */
  Answer post(String path, String json) {
    return send(
        request(path)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
            .build());
  }

  Answer send(HttpRequest request) {
    try {
      return new Answer(client.send(request, HttpResponse.BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
