package org.nemotron.runtime.langchain4j;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.atLeast;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.mockito.InOrder;
import org.nemotron.runtime.engine.TextGenerator;

/**
 * LangChain4j's own tests of a streaming chat model, all but those of pictures and of a choice of
 * models. The one of cancellation waits for half a minute: {@link StreamingCancellationSlowTest}.
 */
class StreamingChatModelConformanceTest extends AbstractStreamingChatModelIT {
  private final TextGenerator generator = LearnedModel.open();

  @AfterAll
  void close() {
    generator.close();
  }

  @Override
  protected List<StreamingChatModel> models() {
    return List.of(LearnedModel.models(generator).build().streamingChatModel());
  }

  @Override
  protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
    return LearnedModel.models(generator)
        .defaultRequestParameters(parameters)
        .build()
        .streamingChatModel();
  }

  @Override
  public StreamingChatModel createModelWith(ChatModelListener listener) {
    return LearnedModel.models(generator).listeners(List.of(listener)).build().streamingChatModel();
  }

  @Override
  protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
    return createParameters(maxOutputTokens);
  }

  @Override
  protected void verifyToolCallbacks(
      StreamingChatResponseHandler handler, InOrder order, String id) {
    verifyCall(handler, order, 0, id, "getWeather", "{\"city\":\"Munich\"}");
  }

  @Override
  protected void verifyToolCallbacks(
      StreamingChatResponseHandler handler, InOrder order, String first, String second) {
    verifyCall(handler, order, 0, first, "getWeather", "{\"city\":\"Munich\"}");
    verifyCall(handler, order, 1, second, "getTime", "{\"country\":\"France\"}");
  }

  private static void verifyCall(
      StreamingChatResponseHandler handler,
      InOrder order,
      int index,
      String id,
      String name,
      String arguments) {
    order
        .verify(handler, atLeast(1))
        .onPartialToolCall(
            argThat(
                call -> call.index() == index && call.id().equals(id) && call.name().equals(name)),
            any());
    order
        .verify(handler)
        .onCompleteToolCall(
            argThat(
                call ->
                    call.index() == index
                        && call.toolExecutionRequest().id().equals(id)
                        && call.toolExecutionRequest().name().equals(name)
                        && call.toolExecutionRequest()
                            .arguments()
                            .replace(" ", "")
                            .equals(arguments)));
  }

  @Override
  protected boolean supportsStreamingCancellation() {
    return false;
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
