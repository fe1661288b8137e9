package org.nemotron.runtime.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.StreamingResponseHandler;
import dev.langchain4j.model.TokenCountEstimator;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;

/** What the adapter promises beside what LangChain4j's own tests hold. */
final class LangChainModelsTest {
  private static final String QUESTION = "Say 'Hello World'";
  private static final ToolSpecification TOOL = ToolSpecification.builder().name("now").build();

  private static TextGenerator generator;
  private static ChatModel model;

  @BeforeAll
  static void open() {
    generator = LearnedModel.open();
    model = LearnedModel.models(generator).build().chatModel();
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static ChatRequest.Builder asked(String question) {
    return ChatRequest.builder().messages(UserMessage.from(question));
  }

  private static ChatRequest with(ChatRequestParameters parameters) {
    return asked(QUESTION).parameters(parameters).build();
  }

  @Test
  void chat_parameters_areThoseOfTheEngine() {
    ChatRequestParameters parameters =
        ChatRequestParameters.builder()
            .temperature(1.5)
            .topP(0.9)
            .topK(50)
            .frequencyPenalty(0.5)
            .presencePenalty(-0.5)
            .maxOutputTokens(20)
            .build();
    SamplingParams seeded = SamplingParams.builder().seed(7).build();
    ChatResponse answer =
        LangChainModels.builder(generator)
            .sampling(seeded)
            .build()
            .chatModel()
            .chat(with(parameters));
    SamplingParams wanted =
        seeded.toBuilder()
            .temperature(1.5)
            .topP(0.9)
            .topK(50)
            .frequencyPenalty(0.5)
            .presencePenalty(-0.5)
            .build();
    GenerationResult direct =
        generator.generate(
            GenerationRequest.chat(List.of(ChatMessage.user(QUESTION)))
                .maxNewTokens(20)
                .sampling(wanted)
                .build());
    assertThat(answer.aiMessage().text()).isEqualTo(direct.text());
    assertThat(answer.tokenUsage().inputTokenCount()).isEqualTo(direct.promptTokens());
    assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(direct.generatedTokens());
    assertThat(answer.modelName()).isEqualTo("nemotron");
  }

  @Test
  void chat_ownName_isAccepted() {
    ChatRequestParameters named =
        ChatRequestParameters.builder().modelName(LearnedModel.NAME).build();
    assertThat(model.chat(with(named)).aiMessage().text()).isEqualTo("Hello World");
  }

  @Test
  void chat_toolsThatMustNotBeCalled_areNotShown() {
    ChatRequest request =
        asked(QUESTION).toolSpecifications(TOOL).toolChoice(ToolChoice.NONE).build();
    assertThat(model.chat(request).tokenUsage())
        .isEqualTo(model.chat(asked(QUESTION).build()).tokenUsage());
  }

  @Test
  void chat_requiredToolWithoutTools_isRefused() {
    ChatRequest request = asked(QUESTION).toolChoice(ToolChoice.REQUIRED).build();
    assertThatThrownBy(() -> model.chat(request))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("ToolChoice.REQUIRED needs a tool");
  }

  @Test
  void chat_schemaThatIsNotSupported_isRefusedByName() {
    ResponseFormat format =
        ResponseFormat.builder()
            .type(ResponseFormatType.JSON)
            .jsonSchema(
                JsonSchema.builder()
                    .name("a")
                    .rootElement(JsonRawSchema.from("{\"type\":\"array\",\"uniqueItems\":true}"))
                    .build())
            .build();
    assertThatThrownBy(() -> model.chat(asked(QUESTION).responseFormat(format).build()))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("uniqueItems");
  }

  @Test
  void chat_valueOutOfRange_isRefusedWithItsName() {
    assertThatThrownBy(() -> model.chat(with(ChatRequestParameters.builder().topP(2.0).build())))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("topP (2.0)");
    assertThatThrownBy(
            () ->
                LearnedModel.models(generator)
                    .defaultRequestParameters(
                        ChatRequestParameters.builder().maxOutputTokens(0).build())
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxOutputTokens (0) must be positive");
  }

  @Test
  void chat_customMessage_isReadAsATurn() {
    ChatRequest request =
        ChatRequest.builder()
            .messages(CustomMessage.from(Map.of("role", "user", "content", QUESTION)))
            .build();
    assertThat(model.chat(request).aiMessage().text()).isEqualTo("Hello World");
  }

  @Test
  void tools_ofATemplateWithoutThem_areRefusedByName() throws IOException {
    EngineSettings settings = EngineSettings.builder().threads(1).build();
    try (TextGenerator plain = SmallModel.chatting(settings, "{{ messages[0].content }}")) {
      ChatModel chat = LangChainModels.of(plain).chatModel();
      assertThatThrownBy(() -> chat.chat(asked(QUESTION).toolSpecifications(TOOL).build()))
          .isInstanceOf(UnsupportedFeatureException.class)
          .hasMessageStartingWith("a call of tools is not supported");
    }
  }

  @Test
  void chat_closedGenerator_isTheCallersMistake() {
    TextGenerator closed = LearnedModel.open();
    ChatModel chat = LangChainModels.of(closed).chatModel();
    closed.close();
    assertThatThrownBy(() -> chat.chat(QUESTION))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
  }

  /** Cancels at the first part, and keeps all else that it is told. */
  private static final class FirstPart implements StreamingChatResponseHandler {
    private final CompletableFuture<String> first = new CompletableFuture<>();
    private final AtomicReference<Object> more = new AtomicReference<>();

    @Override
    public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
      if (!first.complete(part.text())) {
        more.set(part);
      }
      context.streamingHandle().cancel();
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      more.set(response);
    }

    @Override
    public void onError(Throwable error) {
      more.set(error);
    }
  }

  @Test
  void stream_cancelled_tellsNothingMore() throws Exception {
    FirstPart handler = new FirstPart();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    LearnedModel.models(generator)
        .executor(
            stream ->
                new Thread(
                        () -> {
                          stream.run();
                          ended.complete(null);
                        })
                    .start())
        .build()
        .streamingChatModel()
        .chat("Tell me a long story about animals", handler);
    assertThat(handler.first.get(60, TimeUnit.SECONDS)).isNotEmpty();
    ended.get(60, TimeUnit.SECONDS);
    assertThat(handler.more).hasValue(null);
  }

  @Test
  void languageModels_continueTexts() throws Exception {
    LangChainModels models =
        LearnedModel.models(generator)
            .defaultRequestParameters(ChatRequestParameters.builder().maxOutputTokens(8).build())
            .build();
    GenerationResult direct =
        generator.generate(GenerationRequest.continuing(QUESTION).maxNewTokens(8).build());
    Response<String> whole = models.languageModel().generate(QUESTION);
    assertThat(whole.content()).isEqualTo(direct.text());
    assertThat(whole.tokenUsage())
        .isEqualTo(new TokenUsage(direct.promptTokens(), direct.generatedTokens()));
    assertThat(whole.finishReason()).isIn(FinishReason.LENGTH, FinishReason.STOP);
    StringBuilder pieces = new StringBuilder();
    CompletableFuture<Response<String>> complete = new CompletableFuture<>();
    models
        .streamingLanguageModel()
        .generate(
            QUESTION,
            new StreamingResponseHandler<>() {
              @Override
              public void onNext(String piece) {
                pieces.append(piece);
              }

              @Override
              public void onComplete(Response<String> response) {
                complete.complete(response);
              }

              @Override
              public void onError(Throwable error) {
                complete.completeExceptionally(error);
              }
            });
    assertThat(complete.get(60, TimeUnit.SECONDS)).isEqualTo(whole);
    assertThat(pieces).hasToString(direct.text());
  }

  @Test
  void tokenCounts_areThoseOfThePrompts() {
    TokenCountEstimator counts = LangChainModels.of(generator).tokenCountEstimator();
    UserMessage message = UserMessage.from(QUESTION);
    int prompt = model.chat(asked(QUESTION).build()).tokenUsage().inputTokenCount();
    assertThat(counts.estimateTokenCountInMessages(List.of(message))).isEqualTo(prompt);
    assertThat(counts.estimateTokenCountInMessage(message)).isEqualTo(prompt);
    int text = generator.tokenizer().encode(QUESTION).length();
    assertThat(counts.estimateTokenCountInText(QUESTION)).isEqualTo(text).isLessThan(prompt);
    assertThat(counts.estimateTokenCountInMessages(List.of())).isEqualTo(0);
    try (TextGenerator mute = LearnedModel.mute()) {
      assertThat(
              LangChainModels.of(mute).tokenCountEstimator().estimateTokenCountInMessage(message))
          .isEqualTo(text);
    }
  }
}
