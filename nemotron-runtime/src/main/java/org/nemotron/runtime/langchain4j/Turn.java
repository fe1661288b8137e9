package org.nemotron.runtime.langchain4j;

import com.google.common.collect.ImmutableList;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.nemotron.runtime.chat.AnswerPart;
import org.nemotron.runtime.engine.GenerationResult;

/**
 * The model's turn as it comes: its text so far, and its calls of tools. A call's arguments are
 * passed on in pieces that have more than brackets and white space. Not safe for use by several
 * threads.
 */
final class Turn {
  private final TurnListener listener;
  private final StringBuilder text = new StringBuilder();
  private final List<ToolExecutionRequest> calls = new ArrayList<>();
  private final StringBuilder arguments = new StringBuilder();
  private String id = "";
  private String name = "";
  private int passed;
  private boolean calling;

  Turn(TurnListener listener) {
    this.listener = listener;
  }

  void add(List<AnswerPart> parts) {
    parts.forEach(this::add);
  }

  private void add(AnswerPart part) {
    if (part instanceof AnswerPart.Text said) {
      addText(said.text());
    } else if (part instanceof AnswerPart.CallBegin begin) {
      endCall();
      calling = true;
      id = begin.id();
      name = begin.name();
    } else if (part instanceof AnswerPart.CallArguments piece) {
      arguments.append(piece.json());
      if (!piece.json().matches("[\\s{}\\[\\]]*")) {
        passArguments();
      }
    }
  }

  private void addText(String piece) {
    if (!piece.isEmpty()) {
      endCall();
      text.append(piece);
      listener.onText(piece);
    }
  }

  private void passArguments() {
    if (passed < arguments.length()) {
      listener.onArguments(calls.size(), id, name, arguments.substring(passed));
      passed = arguments.length();
    }
  }

  /** Ends the call under way, if there is one: nothing of it follows. */
  void endCall() {
    if (calling) {
      passArguments();
      ToolExecutionRequest call =
          ToolExecutionRequest.builder().id(id).name(name).arguments(arguments.toString()).build();
      listener.onCall(calls.size(), call);
      calls.add(call);
      arguments.setLength(0);
      passed = 0;
      calling = false;
    }
  }

  /** Ends the turn, and returns it as the answer to a request. */
  ChatResponse response(GenerationResult result, String modelName) {
    endCall();
    AiMessage message =
        AiMessage.builder()
            .text(text.isEmpty() && !calls.isEmpty() ? null : text.toString())
            .toolExecutionRequests(ImmutableList.copyOf(calls))
            .build();
    FinishReason reason =
        calls.isEmpty() ? Answers.reason(result.finish()) : FinishReason.TOOL_EXECUTION;
    ChatResponseMetadata metadata =
        ChatResponseMetadata.builder()
            .id("chat-" + UUID.randomUUID())
            .modelName(modelName)
            .tokenUsage(Answers.usage(result))
            .finishReason(reason)
            .build();
    return ChatResponse.builder().aiMessage(message).metadata(metadata).build();
  }
}
