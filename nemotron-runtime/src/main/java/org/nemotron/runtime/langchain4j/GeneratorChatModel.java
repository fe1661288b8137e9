package org.nemotron.runtime.langchain4j;

import com.google.common.collect.ImmutableList;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Set;
import org.nemotron.runtime.engine.GenerationResult;

/** See {@link LangChainModels#chatModel}. */
final class GeneratorChatModel implements ChatModel {
  private final ChatRequests requests;
  private final ChatRequestParameters defaults;
  private final ImmutableList<ChatModelListener> listeners;

  GeneratorChatModel(
      ChatRequests requests,
      ChatRequestParameters defaults,
      ImmutableList<ChatModelListener> listeners) {
    this.requests = requests;
    this.defaults = defaults;
    this.listeners = listeners;
  }

  @Override
  public ChatResponse doChat(ChatRequest request) {
    return Failures.translated(() -> answer(requests.job(request)));
  }

  private static ChatResponse answer(ChatJob job) {
    GenerationResult result = Answers.complete(job.start().await());
    Turn turn = new Turn(TurnListener.NONE);
    AnswerDivision division = job.division();
    turn.add(division.push(result.text()));
    turn.add(division.finish());
    return turn.response(result, job.modelName());
  }

  @Override
  public ChatRequestParameters defaultRequestParameters() {
    return defaults;
  }

  @Override
  public List<ChatModelListener> listeners() {
    return listeners;
  }

  @Override
  public Set<Capability> supportedCapabilities() {
    return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
  }
}
