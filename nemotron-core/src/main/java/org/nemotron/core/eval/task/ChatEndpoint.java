package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/**
 * A model behind an HTTP address that speaks OpenAI's chat completions, such as one that grades
 * answers.
 *
 * @param address up to and including the version, such as {@code http://localhost:8000/v1}
 * @param model the name by which the endpoint knows the model
 * @param key sent as bearer token; empty where none is wanted
 */
public record ChatEndpoint(String address, String model, String key) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int OK = 200;
  private static final int SHOWN = 200;

  /** Checks the address. */
  public ChatEndpoint {
    checkArgument(
        address.startsWith("http://") || address.startsWith("https://"),
        "the address (%s) must begin with http:// or https://",
        address);
    checkArgument(!model.isEmpty(), "the endpoint's model must have a name");
  }

  /**
   * Returns what the model answers to a conversation, at temperature 0.
   *
   * @throws IOException if the endpoint cannot be reached, refuses, or answers in another form
   * @throws InterruptedException if the thread is interrupted
   */
  public String answer(List<ChatTurn> turns) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address.replaceAll("/+$", "") + "/chat/completions"))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body(turns)));
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != OK) {
      throw new IOException(
          "the endpoint "
              + address
              + " answers "
              + response.statusCode()
              + ": "
              + begin(response.body()));
    }
    JsonNode text = parsed(response.body()).at("/choices/0/message/content");
    if (!text.isTextual()) {
      throw new IOException(
          "the endpoint " + address + " answers without a message: " + begin(response.body()));
    }
    return text.asText();
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
    return text.substring(0, Math.min(SHOWN, text.length()));
  }

  /** Leaves out the key. */
  @Override
  public String toString() {
    return model + " at " + address;
  }
}
