package org.nemotron.core.eval.mtbench;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.nemotron.core.eval.task.ChatTurn;

/**
 * A model behind an HTTP address that speaks OpenAI's chat completions, such as one that grades
 * answers.
 *
 * <p>A request is sent again, up to five times, where the endpoint answers that it is busy (408,
 * 429, 500, 502, 503, 504, 529) or the connection breaks: after the seconds that it names in
 * Retry-After, a minute at most, or else after 1, 2, 4, 8 and 16.
 *
 * <p>Safe for use by several threads.
 */
public final class ChatEndpoint {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final ImmutableSet<Integer> BUSY =
      ImmutableSet.of(408, 429, 500, 502, 503, 504, 529);
  private static final int REPEATS = 5;
  private static final int OK = 200;
  private static final int SHOWN = 200;

  private final String address;
  private final String model;
  private final String key;
  private final Pause pause;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Waits before a request is sent again. */
  @FunctionalInterface
  interface Pause {
    void last(Duration duration) throws InterruptedException;
  }

  /**
   * Names an endpoint; nothing is sent yet.
   *
   * @param address up to and including the version, such as {@code http://localhost:8000/v1}
   * @param model the name by which the endpoint knows the model
   * @param key sent as bearer token; empty where none is wanted
   * @throws IllegalArgumentException if the address is none of HTTP, or the model has no name
   */
  public ChatEndpoint(String address, String model, String key) {
    this(address, model, key, duration -> Thread.sleep(duration.toMillis()));
  }

  ChatEndpoint(String address, String model, String key, Pause pause) {
    checkArgument(
        isWeb(address),
        "the endpoint's address (%s) must be one of HTTP, such as http://localhost:8000/v1",
        address);
    checkArgument(!model.isEmpty(), "the endpoint's model must have a name");
    checkArgument(
        key.chars().allMatch(letter -> letter > ' ' && letter < 0x7f),
        "the endpoint's key must be of visible ASCII letters.\nMaybe it ends in a line break.");
    this.address = address.replaceAll("/+$", "");
    this.model = model;
    this.key = key;
    this.pause = pause;
  }

  private static boolean isWeb(String address) {
    try {
      URI uri = URI.create(address);
      return List.of("http", "https").contains(String.valueOf(uri.getScheme()))
          && uri.getHost() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Returns what the model answers to a conversation, at temperature 0.
   *
   * @throws IOException if the endpoint cannot be reached, refuses, stays busy, or answers in
   *     another form
   * @throws InterruptedException if the thread is interrupted
   */
  public String answer(List<ChatTurn> turns) throws IOException, InterruptedException {
    HttpRequest request = request(turns);
    HttpResponse<String> response = patiently(request);
    if (response.statusCode() != OK) {
      throw new IOException(
          "the endpoint "
              + address
              + " answers "
              + response.statusCode()
              + ": "
              + begin(response.body())
              + advice(response.statusCode()));
    }
    JsonNode text = parsed(response.body()).at("/choices/0/message/content");
    if (!text.isTextual()) {
      throw new IOException(
          "the endpoint " + address + " answers without a message: " + begin(response.body()));
    }
    return text.asText();
  }

  private HttpResponse<String> patiently(HttpRequest request)
      throws IOException, InterruptedException {
    for (int repeat = 0; ; repeat++) {
      Duration wait = Duration.ofSeconds(1L << repeat);
      try {
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (!BUSY.contains(response.statusCode()) || repeat == REPEATS) {
          return response;
        }
        wait = wished(response, wait);
      } catch (ConnectException e) {
        throw new IOException(
            "the endpoint " + address + " cannot be reached.\nMaybe it is not running.", e);
      } catch (IOException e) {
        if (repeat == REPEATS) {
          throw new IOException(
              "the endpoint " + address + " does not answer: " + e.getMessage(), e);
        }
      }
      pause.last(wait);
    }
  }

  private static Duration wished(HttpResponse<String> response, Duration otherwise) {
    String seconds = response.headers().firstValue("Retry-After").orElse("");
    if (!seconds.matches("\\d{1,9}")) {
      return otherwise;
    }
    Duration wished = Duration.ofSeconds(Long.parseLong(seconds));
    return wished.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wished;
  }

  private static String advice(int status) {
    return switch (status) {
      case 401, 403 -> "\nMaybe the key is missing, or another one.";
      case 404 -> "\nMaybe the address lacks its version (/v1), or the model has another name.";
      case 429 -> "\nMaybe the limit of the key is reached; the same command goes on later.";
      default -> "";
    };
  }

  private HttpRequest request(List<ChatTurn> turns) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + "/chat/completions"))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body(turns)));
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    return request.build();
  }

  private String body(List<ChatTurn> turns) {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", model);
    ArrayNode messages = body.put("temperature", 0).putArray("messages");
    turns.forEach(
        turn -> messages.addObject().put("role", turn.role()).put("content", turn.content()));
    return body.toString();
  }

  private JsonNode parsed(String text) throws IOException {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IOException("the endpoint " + address + " answers no JSON: " + begin(text), e);
    }
  }

  private static String begin(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.substring(0, Math.min(SHOWN, line.length()));
  }

  /** Returns the model and the address; leaves out the key. */
  @Override
  public String toString() {
    return model + " at " + address;
  }
}
