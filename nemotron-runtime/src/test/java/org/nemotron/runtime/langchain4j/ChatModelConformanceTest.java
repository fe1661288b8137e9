package org.nemotron.runtime.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.nemotron.runtime.engine.TextGenerator;

/** LangChain4j's own tests of a chat model, all but those of pictures and of a choice of models. */
final class ChatModelConformanceTest extends AbstractChatModelIT {
  private final TextGenerator generator = LearnedModel.open();

  @AfterAll
  void close() {
    generator.close();
  }

  @Override
  protected List<ChatModel> models() {
    return List.of(LearnedModel.models(generator).build().chatModel());
  }

  @Override
  protected ChatModel createModelWith(ChatRequestParameters parameters) {
    return LearnedModel.models(generator).defaultRequestParameters(parameters).build().chatModel();
  }

  @Override
  protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
    return createParameters(maxOutputTokens);
  }

  @Override
  protected boolean supportsModelNameParameter() {
    return false;
  }

  @Override
  protected boolean supportsSingleImageInputAsBase64EncodedString() {
    return false;
  }

  @Override
  protected boolean supportsSingleImageInputAsPublicURL() {
    return false;
  }
}
