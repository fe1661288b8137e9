package org.nemotron.runtime.langchain4j;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableList;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Messages of LangChain4j as turns that chat templates read. */
final class Messages {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Messages() {}

  static ImmutableList<org.nemotron.runtime.chat.ChatMessage> of(List<ChatMessage> messages) {
    return messages.stream().map(Messages::of).collect(ImmutableList.toImmutableList());
  }

  static org.nemotron.runtime.chat.ChatMessage of(ChatMessage message) {
    return switch (message.type()) {
      case SYSTEM -> org.nemotron.runtime.chat.ChatMessage.system(((SystemMessage) message).text());
      case USER -> user((UserMessage) message);
      case AI -> assistant((AiMessage) message);
      case TOOL_EXECUTION_RESULT -> result((ToolExecutionResultMessage) message);
      case CUSTOM ->
          org.nemotron.runtime.chat.ChatMessage.parse(
              MAPPER.valueToTree(((CustomMessage) message).attributes()).toString());
    };
  }

  private static org.nemotron.runtime.chat.ChatMessage user(UserMessage message) {
    var turn = org.nemotron.runtime.chat.ChatMessage.user(text(message.contents()));
    return message.name() == null ? turn : turn.with("name", json(message.name()));
  }

  private static org.nemotron.runtime.chat.ChatMessage assistant(AiMessage message) {
    var turn =
        org.nemotron.runtime.chat.ChatMessage.assistant(
            message.text() == null ? "" : message.text());
    if (message.thinking() != null) {
      turn = turn.with("reasoning_content", json(message.thinking()));
    }
    return message.hasToolExecutionRequests()
        ? turn.with("tool_calls", calls(message.toolExecutionRequests())).withArgumentsAsJson()
        : turn;
  }

  private static String calls(List<ToolExecutionRequest> requests) {
    ArrayNode calls = MAPPER.createArrayNode();
    for (ToolExecutionRequest request : requests) {
      ObjectNode call = calls.addObject().put("type", "function");
      if (request.id() != null) {
        call.put("id", request.id());
      }
      call.putObject("function").put("name", request.name()).put("arguments", request.arguments());
    }
    return calls.toString();
  }

  private static org.nemotron.runtime.chat.ChatMessage result(ToolExecutionResultMessage message) {
    var turn =
        org.nemotron.runtime.chat.ChatMessage.tool(text(message.contents()))
            .with("name", json(message.toolName()));
    return message.id() == null ? turn : turn.with("tool_call_id", json(message.id()));
  }

  private static String text(List<Content> contents) {
    return contents.stream().map(Messages::text).collect(Collectors.joining("\n"));
  }

  private static String text(Content content) {
    if (content instanceof TextContent text) {
      return text.text();
    }
    String kind = content.type().toString().toLowerCase(Locale.ROOT);
    throw Unsupported.feature("content of type " + kind, "the model reads text alone");
  }

  private static String json(String text) {
    return TextNode.valueOf(text).toString();
  }
}
