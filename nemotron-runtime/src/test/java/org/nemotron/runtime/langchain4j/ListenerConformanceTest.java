package org.nemotron.runtime.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.nemotron.runtime.engine.TextGenerator;

/** LangChain4j's own tests of what listeners of a chat model are told. */
final class ListenerConformanceTest extends AbstractChatModelListenerIT {
  private final TextGenerator generator = LearnedModel.open();

  /** Has no chat template, and so refuses every conversation. */
  private final TextGenerator mute = LearnedModel.mute();

  @AfterEach
  void close() {
    generator.close();
    mute.close();
  }

  @Override
  protected ChatModel createModel(ChatModelListener listener) {
    return LearnedModel.listened(generator, listener, temperature(), topP(), maxTokens())
        .chatModel();
  }

  @Override
  protected String modelName() {
    return LearnedModel.NAME;
  }

  @Override
  protected ChatModel createFailingModel(ChatModelListener listener) {
    return LearnedModel.models(mute).listeners(List.of(listener)).build().chatModel();
  }

  @Override
  protected Class<? extends Exception> expectedExceptionClass() {
    return InvalidRequestException.class;
  }
}
