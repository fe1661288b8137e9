package org.example;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import jakarta.inject.Inject;
import java.util.concurrent.CompletableFuture;

/** Asks a served chat model by the configuration of application.properties: whole and streamed. */
@QuarkusMain
public class QuarkusClient implements QuarkusApplication {
  @Inject ChatModel model;
  @Inject StreamingChatModel streaming;

  @Override
  public int run(String... arguments) throws Exception {
    ChatRequest request = ChatRequest.builder().messages(UserMessage.from("Tell me of a cat.")).build();
    ChatResponse whole = model.chat(request);
    check(!whole.aiMessage().text().isEmpty(), whole);
    check(whole.tokenUsage().outputTokenCount() == 20, whole.tokenUsage());

    StringBuilder pieces = new StringBuilder();
    CompletableFuture<ChatResponse> ended = new CompletableFuture<>();
    streaming.chat(
        request,
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String piece) {
            pieces.append(piece);
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            ended.complete(response);
          }

          @Override
          public void onError(Throwable fault) {
            ended.completeExceptionally(fault);
          }
        });
    check(ended.get().aiMessage().text().equals(pieces.toString()), pieces);
    check(pieces.toString().equals(whole.aiMessage().text()), pieces + " | " + whole); // temperature 0
    System.out.println("Quarkus: whole and streamed answers are equal: " + pieces);
    return 0;
  }

  private static void check(boolean holds, Object seen) {
    if (!holds) {
      throw new AssertionError(String.valueOf(seen));
    }
  }
}
