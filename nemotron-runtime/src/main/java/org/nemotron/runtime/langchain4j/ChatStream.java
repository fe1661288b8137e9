package org.nemotron.runtime.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.Iterator;
import org.nemotron.runtime.engine.Generation;

/** An answer on its way to a handler, on one thread. Cancelled, it calls the handler no more. */
final class ChatStream implements TurnListener {
  private final StreamingChatResponseHandler handler;
  private final HandlerCalls calls;
  private final Generation generation;
  private final StreamHandle handle;

  private ChatStream(
      StreamingChatResponseHandler handler, HandlerCalls calls, Generation generation) {
    this.handler = handler;
    this.calls = calls;
    this.generation = generation;
    this.handle = new StreamHandle(generation);
  }

  /** Passes the answer, or its failure, to the handler. */
  static void run(ChatJob job, StreamingChatResponseHandler handler) {
    HandlerCalls calls = new HandlerCalls(handler::onError);
    try {
      Failures.translating(() -> new ChatStream(handler, calls, job.start()).follow(job));
    } catch (RuntimeException e) {
      calls.fail(e);
    }
  }

  private void follow(ChatJob job) {
    Turn turn = new Turn(this);
    AnswerDivision division = job.division();
    Iterator<String> pieces = generation.pieces().iterator();
    while (!handle.isCancelled() && pieces.hasNext()) {
      turn.add(division.push(pieces.next()));
    }
    turn.add(division.finish());
    turn.endCall();
    if (!handle.isCancelled()) {
      ChatResponse response = turn.response(Answers.complete(generation.await()), job.modelName());
      tell(() -> handler.onCompleteResponse(response));
    }
  }

  private void tell(Runnable call) {
    if (!handle.isCancelled()) {
      calls.call(call);
    }
  }

  @Override
  public void onText(String piece) {
    tell(
        () ->
            handler.onPartialResponse(
                new PartialResponse(piece), new PartialResponseContext(handle)));
  }

  @Override
  public void onArguments(int index, String id, String name, String piece) {
    PartialToolCall call =
        PartialToolCall.builder().index(index).id(id).name(name).partialArguments(piece).build();
    tell(() -> handler.onPartialToolCall(call, new PartialToolCallContext(handle)));
  }

  @Override
  public void onCall(int index, ToolExecutionRequest call) {
    tell(() -> handler.onCompleteToolCall(new CompleteToolCall(index, call)));
  }
}
