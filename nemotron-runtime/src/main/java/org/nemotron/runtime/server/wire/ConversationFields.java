package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import java.util.Optional;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatOptions;
import org.nemotron.runtime.engine.Prompt;

/** Reads the messages of a conversation, and what the chat template is told besides. */
final class ConversationFields {
  private static final String MESSAGES = "messages";
  private static final String CONTENT = "content";
  private static final ImmutableSet<String> ROLES =
      ImmutableSet.of("system", "developer", "user", "assistant", "tool", "function");

  private final Fields fields;

  ConversationFields(Fields fields) {
    this.fields = fields;
  }

  /** Returns the conversation, with the tools that the template is told of. */
  Prompt.Chat read(ToolUse tools) {
    if (!fields.has(MESSAGES)) {
      throw fields.invalid(MESSAGES, "is missing");
    }
    ImmutableList.Builder<ChatMessage> messages = ImmutableList.builder();
    for (Fields message : fields.objects(MESSAGES)) {
      messages.add(message(message));
    }
    ImmutableList<ChatMessage> read = messages.build();
    if (read.isEmpty()) {
      throw fields.invalid(MESSAGES, "must not be empty");
    }
    return new Prompt.Chat(read, options(tools));
  }

  private static ChatMessage message(Fields message) {
    message.checkTexts();
    String role = message.string("role").orElseThrow(() -> message.invalid("role", "is missing"));
    if (!ROLES.contains(role)) {
      throw message.invalid("role", "(" + role + ") must be one of " + String.join(", ", ROLES));
    }
    Optional<JsonNode> content = message.get(CONTENT);
    if (content.isEmpty() && !role.equals("assistant")) {
      throw message.invalid(CONTENT, "is missing");
    }
    if (content.isPresent()) {
      checkContent(message, content.orElseThrow());
    }
    checkCalls(message);
    return ChatMessage.parse(message.json().toString()).withArgumentsAsJson();
  }

  /** Checks the calls of an earlier turn, and which call a tool answers. */
  private static void checkCalls(Fields message) {
    Optional<String> unused = message.string("tool_call_id");
    for (Fields call : message.objects("tool_calls")) {
      Optional<String> type = call.string("type");
      if (type.isPresent() && !type.orElseThrow().equals(ToolFields.FUNCTION)) {
        throw call.unsupported("type", "(" + type.orElseThrow() + ") must be function");
      }
      Fields function =
          call.object(ToolFields.FUNCTION)
              .orElseThrow(() -> call.invalid(ToolFields.FUNCTION, "is missing"));
      if (function.string("name").isEmpty()) {
        throw function.invalid("name", "is missing");
      }
      Optional<String> arguments = function.string("arguments");
      if (arguments.isEmpty()) {
        throw function.invalid("arguments", "is missing: it must be a string of JSON");
      }
    }
  }

  private static void checkContent(Fields message, JsonNode content) {
    if (content.isTextual()) {
      Optional<String> unused = message.string(CONTENT);
      return;
    }
    if (!content.isArray()) {
      throw message.invalid(
          CONTENT, "must be a string or a list of parts, not " + Fields.kind(content));
    }
    for (Fields part : message.objects(CONTENT)) {
      String type = part.string("type").orElseThrow(() -> part.invalid("type", "is missing"));
      if (!type.equals("text")) {
        throw part.unsupported("type", "(" + type + ") is not supported: only text is");
      }
      if (part.string("text").isEmpty()) {
        throw part.invalid("text", "is missing");
      }
    }
  }

  private ChatOptions options(ToolUse tools) {
    ChatOptions.Builder options = ChatOptions.builder();
    if (tools.isOn()) {
      options.tools(tools.json());
    }
    boolean continued = fields.flag("continue_final_message", false);
    boolean begins = fields.flag("add_generation_prompt", !continued);
    if (continued && begins) {
      throw fields.invalid("continue_final_message", "must not stand beside add_generation_prompt");
    }
    options.continueFinalMessage(continued).addGenerationPrompt(begins);
    fields
        .string("reasoning_effort")
        .ifPresent(
            effort -> options.variable("reasoning_effort", TextNode.valueOf(effort).toString()));
    if (!fields.objects("documents").isEmpty()) {
      options.documents(fields.json().get("documents").toString());
    }
    fields.object("chat_template_kwargs").ifPresent(given -> variables(given, options));
    return options.build();
  }

  private void variables(Fields given, ChatOptions.Builder options) {
    given.checkTexts();
    for (Map.Entry<String, JsonNode> entry : given.json().properties()) {
      try {
        options.variable(entry.getKey(), entry.getValue().toString());
      } catch (IllegalArgumentException e) {
        throw given.invalid(entry.getKey(), "is refused: " + e.getMessage());
      }
    }
  }
}
