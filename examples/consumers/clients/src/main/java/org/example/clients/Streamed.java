package org.example.clients;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Collects a stream of LangChain4j, and cancels it after some parts. */
final class Streamed implements StreamingChatResponseHandler {
  private final int most;
  private final StringBuffer text = new StringBuffer();
  private final CompletableFuture<ChatResponse> response = new CompletableFuture<>();
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private volatile int parts;

  Streamed(int most) {
    this.most = most;
  }

  @Override
  public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
    text.append(part.text());
    parts++;
    if (parts == most) {
      context.streamingHandle().cancel();
      cancelled.countDown();
    }
  }

  @Override
  public void onCompleteResponse(ChatResponse complete) {
    response.complete(complete);
  }

  @Override
  public void onError(Throwable error) {
    response.completeExceptionally(error);
  }

  String text() {
    return text.toString();
  }

  int parts() {
    return parts;
  }

  void awaitCancelled() throws InterruptedException {
    Cases.check(cancelled.await(60, TimeUnit.SECONDS), "not cancelled");
  }

  ChatResponse response() throws Exception {
    return response.get(60, TimeUnit.SECONDS);
  }

  Throwable failure() throws Exception {
    try {
      throw new AssertionError(response());
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }
}
