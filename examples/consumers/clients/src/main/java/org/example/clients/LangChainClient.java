package org.example.clients;

import static org.example.clients.Cases.check;
import static org.example.clients.Cases.same;
import static org.example.clients.Cases.thrown;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import dev.langchain4j.model.openai.OpenAiLanguageModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import java.util.Map;

/** The client langchain4j-open-ai with its own HTTP client. */
final class LangChainClient {
  private static final String ASKED = "Once upon a time";

  private final Served served;
  private final Cases cases = new Cases("langchain4j-open-ai");

  private LangChainClient(Served served) {
    this.served = served;
  }

  static int run(Served served) {
    LangChainClient all = new LangChainClient(served);
    all.whole();
    all.streams();
    all.errors();
    return all.cases.report();
  }

  private OpenAiChatModel.OpenAiChatModelBuilder model(int tokens) {
    return OpenAiChatModel.builder()
        .baseUrl(served.base())
        .apiKey(Served.KEY)
        .modelName(Served.NAME)
        .maxRetries(0)
        .seed(5)
        .maxCompletionTokens(tokens);
  }

  private OpenAiStreamingChatModel streaming(int tokens) {
    return OpenAiStreamingChatModel.builder()
        .baseUrl(served.base())
        .apiKey(Served.KEY)
        .modelName(Served.NAME)
        .seed(5)
        .maxCompletionTokens(tokens)
        .defaultRequestParameters(
            OpenAiChatRequestParameters.builder().customParameters(Map.of("ignore_eos", true)).build())
        .build();
  }

  private static ChatRequest.Builder asked() {
    return ChatRequest.builder().messages(UserMessage.from(ASKED));
  }

  private void whole() {
    cases.add("seeded", () -> same(model(12).build().chat(ASKED), served.directTurn(ASKED, 12, 5)));
    cases.add(
        "metadata",
        () -> {
          ChatResponse answer = model(12).build().chat(asked().build());
          same(answer.tokenUsage().outputTokenCount(), 12);
          same(answer.finishReason(), FinishReason.LENGTH);
          same(answer.modelName(), Served.NAME);
          check(answer.tokenUsage() instanceof OpenAiTokenUsage, answer.tokenUsage());
        });
    cases.add(
        "stop string",
        () ->
            same(
                model(60).temperature(0.0).build().chat(asked().stopSequences(List.of(".")).build())
                    .finishReason(),
                FinishReason.STOP));
    cases.add(
        "schema",
        () -> {
          ResponseFormat format =
              ResponseFormat.builder()
                  .type(ResponseFormatType.JSON)
                  .jsonSchema(
                      JsonSchema.builder()
                          .name("mood")
                          .rootElement(
                              JsonObjectSchema.builder()
                                  .addBooleanProperty("happy")
                                  .required("happy")
                                  .build())
                          .build())
                  .build();
          String text =
              model(60).strictJsonSchema(true).build()
                  .chat(asked().responseFormat(format).build()).aiMessage().text();
          check(text.matches("\\{\\s*\"happy\":\\s*(true|false)\\s*}"), text);
        });
    cases.add(
        "language model",
        () ->
            check(
                !OpenAiLanguageModel.builder()
                    .baseUrl(served.base())
                    .apiKey(Served.KEY)
                    .modelName(Served.NAME)
                    .build()
                    .generate(ASKED)
                    .content()
                    .isEmpty(),
                "empty"));
  }

  private void streams() {
    cases.add(
        "stream",
        () -> {
          Streamed streamed = new Streamed(Integer.MAX_VALUE);
          streaming(20).chat(asked().build(), streamed);
          ChatResponse answer = streamed.response();
          same(answer.aiMessage().text(), served.directTurn(ASKED, 20, 5));
          same(streamed.text(), answer.aiMessage().text());
          same(answer.tokenUsage().outputTokenCount(), 20);
        });
    cases.add(
        "cancelled stream",
        () -> {
          Streamed streamed = new Streamed(3);
          streaming(400).chat(asked().build(), streamed);
          streamed.awaitCancelled();
          served.awaitIdle();
          same(streamed.parts(), 3);
        });
    cases.add(
        "error of a stream",
        () -> {
          Streamed streamed = new Streamed(Integer.MAX_VALUE);
          streaming(100_000).chat(asked().temperature(-1.0).build(), streamed);
          check(streamed.failure() instanceof InvalidRequestException, streamed.failure());
        });
  }

  private void errors() {
    cases.add(
        "wrong value",
        () -> {
          InvalidRequestException e =
              thrown(
                  InvalidRequestException.class,
                  () -> model(3).temperature(-1.0).build().chat(ASKED));
          check(e.getMessage().contains("temperature"), e);
        });
    cases.add(
        "another model",
        () -> thrown(ModelNotFoundException.class, () -> model(3).modelName("other").build().chat(ASKED)));
    cases.add(
        "wrong key",
        () -> thrown(AuthenticationException.class, () -> model(3).apiKey("none").build().chat(ASKED)));
  }
}
