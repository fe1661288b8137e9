package org.example;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.api.OpenAiApi;
import org.springframework.ai.openai.api.ResponseFormat;
import org.springframework.ai.retry.NonTransientAiException;

/** Asks a served model (http://HOST:PORT MODEL) by the client of Spring AI. */
public final class SpringClient {
  private static final String ASKED = "Once upon a time";

  private SpringClient() {}

  public static void main(String[] arguments) {
    OpenAiApi api = OpenAiApi.builder().baseUrl(arguments[0]).apiKey("none").build();
    OpenAiChatOptions options =
        OpenAiChatOptions.builder().model(arguments[1]).maxTokens(12).seed(5).streamUsage(true).build();
    OpenAiChatModel model =
        OpenAiChatModel.builder().openAiApi(api).defaultOptions(options).build();
    ChatResponse answer = model.call(new Prompt(ASKED));
    String text = Objects.requireNonNull(answer.getResult().getOutput().getText());
    check(answer.getMetadata().getUsage().getCompletionTokens() == 12, answer);
    check(answer.getResult().getMetadata().getFinishReason().equals("LENGTH"), answer);
    check(streamed(model).equals(text), text);
    check(json(model, options).matches("\\{\\s*\"happy\":\\s*(true|false)\\s*}"), "the schema");
    refuses(model, options);
    System.out.println("Spring AI: 5 cases passed: " + text);
    System.exit(0); // threads of the HTTP client live on
  }

  private static String streamed(OpenAiChatModel model) {
    StringBuilder text = new StringBuilder();
    List<ChatResponse> parts = model.stream(new Prompt(ASKED)).collectList().block();
    for (ChatResponse part : Objects.requireNonNull(parts)) {
      if (part.getResult() != null && part.getResult().getOutput().getText() != null) {
        text.append(part.getResult().getOutput().getText());
      }
    }
    return text.toString();
  }

  private static String json(OpenAiChatModel model, OpenAiChatOptions options) {
    ResponseFormat.JsonSchema schema =
        ResponseFormat.JsonSchema.builder()
            .name("mood")
            .schema(
                Map.of(
                    "type", "object",
                    "properties", Map.of("happy", Map.of("type", "boolean")),
                    "required", List.of("happy")))
            .strict(true)
            .build();
    OpenAiChatOptions asked = options.copy();
    asked.setMaxTokens(60);
    asked.setResponseFormat(
        ResponseFormat.builder().type(ResponseFormat.Type.JSON_SCHEMA).jsonSchema(schema).build());
    return Objects.requireNonNull(model.call(new Prompt(ASKED, asked)).getResult().getOutput().getText());
  }

  private static void refuses(OpenAiChatModel model, OpenAiChatOptions options) {
    OpenAiChatOptions wrong = options.copy();
    wrong.setTemperature(-1.0);
    try {
      throw new AssertionError(model.call(new Prompt(ASKED, wrong)));
    } catch (NonTransientAiException e) {
      check(String.valueOf(e.getMessage()).contains("temperature"), e);
    }
  }

  private static void check(boolean holds, Object seen) {
    if (!holds) {
      throw new AssertionError(String.valueOf(seen));
    }
  }
}
