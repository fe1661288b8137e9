package org.nemotron.runtime.chat;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.jinja.Value;
import org.nemotron.runtime.jinja.Values;

/**
 * One turn of a conversation: a role, a content, and whatever else a chat template reads, such as
 * {@code tool_calls}, {@code name} or {@code reasoning_content}. Immutable.
 */
public final class ChatMessage {
  private static final String ROLE = "role";
  private static final String CONTENT = "content";
  private static final String TEXT = "text";

  private final ObjectNode json;

  private ChatMessage(ObjectNode json) {
    this.json = json;
  }

  /**
   * Makes a turn.
   *
   * @param role whose turn it is; templates know "system", "user", "assistant" and "tool"
   * @param content the text of the turn
   */
  public ChatMessage(String role, String content) {
    this(ChatJson.object());
    checkRole(role);
    checkNotNull(content, "the content of a message must not be null");
    json.put(ROLE, role).put(CONTENT, content);
  }

  private static void checkRole(String role) {
    checkNotNull(role, "the role of a message must not be null");
    checkArgument(!role.isEmpty(), "the role of a message must not be empty");
  }

  /** Returns instructions that hold for the whole conversation. */
  public static ChatMessage system(String content) {
    return new ChatMessage("system", content);
  }

  /** Returns a turn of the user. */
  public static ChatMessage user(String content) {
    return new ChatMessage("user", content);
  }

  /** Returns a turn of the model, as an earlier answer gave it. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage("assistant", content);
  }

  /** Returns what a tool answered. */
  public static ChatMessage tool(String content) {
    return new ChatMessage("tool", content);
  }

  /**
   * Returns the turn of a JSON object, as transformers and the API of OpenAI write one: with {@code
   * role}, {@code content} (a text, a list of parts, null or nothing), and more.
   *
   * @throws IllegalArgumentException if it is not a JSON object with a role
   */
  public static ChatMessage parse(String json) {
    JsonNode parsed = ChatJson.parse(json, "a message");
    checkArgument(parsed.isObject(), "a message must be a JSON object, not %s", json);
    JsonNode role = parsed.path(ROLE);
    checkArgument(role.isTextual(), "a message must have a role that is a string: %s", json);
    checkRole(role.asText());
    return new ChatMessage((ObjectNode) parsed);
  }

  /**
   * Returns this turn with a further field, or another value of one.
   *
   * @param name the field, such as "tool_calls"
   * @param value its value as JSON
   * @throws IllegalArgumentException if the value is not JSON
   */
  public ChatMessage with(String name, String value) {
    checkArgument(!name.equals(ROLE), "the role of a message does not change");
    ObjectNode changed = json.deepCopy();
    changed.set(name, ChatJson.parse(value, "the field " + name + " of a message"));
    return new ChatMessage(changed);
  }

  /**
   * Returns this turn with the arguments of its {@code tool_calls} as JSON values, as templates
   * read them, where they are strings of JSON, as the API of OpenAI has them. A string that is not
   * JSON stays.
   */
  public ChatMessage withArgumentsAsJson() {
    ObjectNode changed = json.deepCopy();
    for (JsonNode call : changed.path("tool_calls")) {
      JsonNode arguments = call.path("function").path("arguments");
      if (arguments.isTextual() && call.path("function") instanceof ObjectNode function) {
        ChatJson.parsed(arguments.asText()).ifPresent(value -> function.set("arguments", value));
      }
    }
    return new ChatMessage(changed);
  }

  /** Returns whose turn it is. */
  public String role() {
    return json.path(ROLE).asText();
  }

  /**
   * Returns the text of the turn: of several parts together, with a line break between two, and
   * empty where there is none.
   */
  public String content() {
    JsonNode content = json.path(CONTENT);
    return content.isArray()
        ? StreamSupport.stream(content.spliterator(), false)
            .filter(part -> text(part).isTextual())
            .map(part -> text(part).asText())
            .collect(Collectors.joining("\n"))
        : content.isNull() ? "" : content.asText();
  }

  /** Returns the text of a part, which may itself be a string. */
  private static JsonNode text(JsonNode part) {
    return part.isTextual() ? part : part.path(TEXT);
  }

  /**
   * Returns the turn with a text as its content, where that is a list of parts.
   *
   * @throws ChatTemplateException if a part has no text
   */
  ChatMessage withPartsJoined() {
    JsonNode content = json.path(CONTENT);
    if (!content.isArray()) {
      return this;
    }
    for (int place = 0; place < content.size(); place++) {
      if (!text(content.get(place)).isTextual()) {
        throw new ChatTemplateException(
            "part "
                + (place + 1)
                + " of a message's content has no text, and the chat template reads texts only: "
                + content.get(place));
      }
    }
    ObjectNode changed = json.deepCopy();
    changed.put(CONTENT, content());
    return new ChatMessage(changed);
  }

  /** Returns the turn as a JSON object. */
  public String toJson() {
    return json.toString();
  }

  /** Returns the turn as templates read it. */
  Value value() {
    return Values.of(json);
  }

  /** Returns the turn with a text behind the last text of its content. */
  ChatMessage continued(String text) {
    String whole = lastText() + text;
    ObjectNode changed = json.deepCopy();
    if (json.path(CONTENT).isTextual()) {
      changed.put(CONTENT, whole);
    } else {
      ((ObjectNode) changed.path(CONTENT).get(lastTextPart())).put(TEXT, whole);
    }
    return new ChatMessage(changed);
  }

  /**
   * Returns the text of the content, or of its last part that has one.
   *
   * @throws ChatTemplateException if there is none
   */
  String lastText() {
    JsonNode content = json.path(CONTENT);
    return content.isTextual() ? content.asText() : content.get(lastTextPart()).path(TEXT).asText();
  }

  private int lastTextPart() {
    JsonNode content = json.path(CONTENT);
    for (int place = content.size() - 1; place >= 0; place--) {
      if (content.path(place).path(TEXT).isTextual()) {
        return place;
      }
    }
    throw new ChatTemplateException("the last message has no text to continue");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChatMessage message && message.json.equals(json);
  }

  @Override
  public int hashCode() {
    return json.hashCode();
  }

  /** Returns {@link #toJson}. */
  @Override
  public String toString() {
    return toJson();
  }
}
