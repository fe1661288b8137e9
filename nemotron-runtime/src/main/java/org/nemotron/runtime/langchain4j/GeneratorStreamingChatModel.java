package org.nemotron.runtime.langchain4j;

import com.google.common.collect.ImmutableList;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/** See {@link LangChainModels#streamingChatModel}. */
final class GeneratorStreamingChatModel implements StreamingChatModel {
  private final ChatRequests requests;
  private final ChatRequestParameters defaults;
  private final ImmutableList<ChatModelListener> listeners;
  private final Executor executor;

  GeneratorStreamingChatModel(
      ChatRequests requests,
      ChatRequestParameters defaults,
      ImmutableList<ChatModelListener> listeners,
      Executor executor) {
    this.requests = requests;
    this.defaults = defaults;
    this.listeners = listeners;
    this.executor = executor;
  }

  /** Refuses what no attempt could do on this thread; all else reaches the handler. */
  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    ChatJob job = Failures.translated(() -> requests.job(request));
    executor.execute(() -> ChatStream.run(job, handler));
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
