package org.example.clients;

import static org.example.clients.Cases.check;
import static org.example.clients.Cases.same;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.TokenCountEstimator;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import org.nemotron.runtime.langchain4j.LangChainModels;
import org.nemotron.runtime.sampling.SamplingParams;

/** The models of LangChain4j in this process, over the generator that is served meanwhile. */
final class LangChainAdapter {
  private static final String ASKED = "Once upon a time";

  private LangChainAdapter() {}

  static int run(Served served) {
    Cases cases = new Cases("the adapter for LangChain4j");
    LangChainModels models =
        LangChainModels.builder(served.generator())
            .modelName(Served.NAME)
            .sampling(SamplingParams.builder().seed(5).build())
            .build();
    ChatRequest twelve =
        ChatRequest.builder().messages(UserMessage.from(ASKED)).maxOutputTokens(12).build();
    cases.add(
        "chat",
        () -> {
          ChatModel model = models.chatModel();
          ChatResponse answer = model.chat(twelve);
          same(answer.aiMessage().text(), served.directTurn(ASKED, 12, 5));
          same(answer.tokenUsage().outputTokenCount(), 12);
        });
    cases.add(
        "stream",
        () -> {
          Streamed streamed = new Streamed(Integer.MAX_VALUE);
          models.streamingChatModel().chat(twelve, streamed);
          same(streamed.response().aiMessage().text(), streamed.text());
        });
    cases.add(
        "cancelled stream",
        () -> {
          Streamed streamed = new Streamed(3);
          models.streamingChatModel().chat(ChatRequest.builder().messages(UserMessage.from(ASKED)).build(), streamed);
          streamed.awaitCancelled();
          served.awaitIdle();
          same(streamed.parts(), 3);
        });
    cases.add(
        "language model", () -> check(!models.languageModel().generate(ASKED).content().isEmpty(), ""));
    cases.add(
        "count of tokens",
        () -> {
          TokenCountEstimator counts = models.tokenCountEstimator();
          check(
              counts.estimateTokenCountInMessage(UserMessage.from(ASKED))
                  > counts.estimateTokenCountInText(ASKED),
              counts.estimateTokenCountInText(ASKED));
        });
    return cases.report();
  }
}
