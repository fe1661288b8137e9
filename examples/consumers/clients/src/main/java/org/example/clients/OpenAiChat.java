package org.example.clients;

import static org.example.clients.Cases.check;
import static org.example.clients.Cases.same;
import static org.example.clients.Cases.thrown;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.JsonValue;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionUsage;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Conversations by the client openai-java. */
final class OpenAiChat {
  private static final String ASKED = "Once upon a time";

  private final Served served;
  private final OpenAIClient client;
  private final Cases cases = new Cases("openai-java, chat");

  private OpenAiChat(Served served) {
    this.served = served;
    this.client = OpenAiCompletions.client(served, Served.KEY);
  }

  static int run(Served served) {
    OpenAiChat all = new OpenAiChat(served);
    all.whole();
    all.logProbs();
    all.formats();
    all.streams();
    all.errors();
    return all.cases.report();
  }

  private static ChatCompletionCreateParams.Builder params(int tokens) {
    return ChatCompletionCreateParams.builder()
        .model(Served.NAME)
        .addUserMessage(ASKED)
        .maxCompletionTokens(tokens)
        .seed(5);
  }

  private ChatCompletion create(ChatCompletionCreateParams.Builder params) {
    return client.chat().completions().create(params.build()).validate();
  }

  private static String text(ChatCompletion completion) {
    return completion.choices().get(0).message().content().orElse("");
  }

  private String wanted(int tokens) {
    return served.directTurn(ASKED, tokens, 5);
  }

  private void whole() {
    cases.add("seeded", () -> same(text(create(params(12))), wanted(12)));
    cases.add(
        "roles",
        () -> {
          ChatCompletion answer =
              create(params(5).addSystemMessage("A tale.").addAssistantMessage("Yes?").addDeveloperMessage("On."));
          same(answer.usage().map(CompletionUsage::completionTokens).orElseThrow(), 5L);
        });
    cases.add(
        "parts of text",
        () -> {
          var part = ChatCompletionContentPartText.builder().text(ASKED).build();
          ChatCompletion answer =
              create(
                  ChatCompletionCreateParams.builder()
                      .model(Served.NAME)
                      .addUserMessageOfArrayOfContentParts(
                          List.of(ChatCompletionContentPart.ofText(part)))
                      .maxCompletionTokens(12)
                      .seed(5));
          check(!text(answer).isEmpty(), answer);
        });
    cases.add(
        "two answers", () -> same((long) create(params(5).n(2)).choices().size(), 2L));
    cases.add(
        "length",
        () ->
            same(
                create(params(3)).choices().get(0).finishReason(),
                ChatCompletion.Choice.FinishReason.LENGTH));
    cases.add(
        "stop string",
        () ->
            same(
                create(params(60).temperature(0).stop(".")).choices().get(0).finishReason(),
                ChatCompletion.Choice.FinishReason.STOP));
    cases.add(
        "usage",
        () -> {
          CompletionUsage usage = create(params(7)).usage().orElseThrow();
          same(usage.completionTokens(), 7L);
          same(usage.totalTokens(), usage.promptTokens() + 7);
        });
    cases.add(
        "shared tokens",
        () -> {
          var salted = JsonValue.from("x".repeat(3));
          String long1 = "A cat sat on a mat. ".repeat(20);
          var asked = params(2).addUserMessage(long1).putAdditionalBodyProperty("cache_salt", salted);
          CompletionUsage first = create(asked).usage().orElseThrow();
          CompletionUsage second = create(asked).usage().orElseThrow();
          check(
              second.promptTokensDetails().orElseThrow().cachedTokens().orElse(0L) >= 64,
              first + ", " + second);
        });
    cases.add(
        "request id",
        () -> {
          var raw = client.withOptions(o -> o.putHeader("X-Request-Id", "mine")).chat().completions()
              .withRawResponse().create(params(2).build());
          same(raw.headers().values("x-request-id").get(0), "mine");
        });
  }

  private void logProbs() {
    cases.add(
        "log-probabilities",
        () -> {
          var content =
              create(params(6).logprobs(true).topLogprobs(4))
                  .choices().get(0).logprobs().orElseThrow().content().orElseThrow();
          same(content.size(), 6);
          check(content.stream().allMatch(t -> t.topLogprobs().size() == 4), content);
          check(content.stream().allMatch(t -> t.logprob() <= 0 && t.bytes().isPresent()), content);
        });
  }

  private static JsonValue schema() {
    return JsonValue.from(
        Map.of(
            "type", "object",
            "properties", Map.of("happy", Map.of("type", "boolean")),
            "required", List.of("happy"),
            "additionalProperties", false));
  }

  private static ResponseFormatJsonSchema format(JsonValue schema) {
    return ResponseFormatJsonSchema.builder()
        .jsonSchema(
            ResponseFormatJsonSchema.JsonSchema.builder()
                .name("mood")
                .schema(schema.convert(ResponseFormatJsonSchema.JsonSchema.Schema.class))
                .strict(true)
                .build())
        .build();
  }

  /** What the client makes a schema of, and reads an answer into. */
  public static final class Mood {
    public boolean happy;
    public int legs;
  }

  private void formats() {
    cases.add(
        "schema",
        () -> check(text(create(params(90).responseFormat(format(schema())))).matches("\\{\\s*\"happy\":\\s*(true|false)\\s*}"), "form"));
    cases.add(
        "schema of a class",
        () -> {
          var typed =
              ChatCompletionCreateParams.builder()
                  .model(Served.NAME)
                  .addUserMessage(ASKED)
                  .temperature(0)
                  .responseFormat(Mood.class)
                  .build();
          Mood mood =
              client.chat().completions().create(typed).choices().get(0).message().content().orElseThrow();
          check(mood.legs < Integer.MAX_VALUE, mood);
        });
    cases.add(
        "any object",
        () -> {
          ChatCompletion answer =
              create(params(200).responseFormat(ResponseFormatJsonObject.builder().build()));
          check(text(answer).startsWith("{"), answer);
        });
    cases.add(
        "schema that is not supported",
        () -> {
          JsonValue wrong = JsonValue.from(Map.of("type", "object", "patternProperties", Map.of("a", Map.of())));
          BadRequestException e =
              thrown(BadRequestException.class, () -> create(params(9).responseFormat(format(wrong))));
          same(e.param().orElse(""), "response_format.json_schema.schema");
        });
  }

  private static String joined(List<ChatCompletionChunk> chunks) {
    return chunks.stream()
        .flatMap(chunk -> chunk.validate().choices().stream())
        .map(choice -> choice.delta().content().orElse(""))
        .collect(Collectors.joining());
  }

  private List<ChatCompletionChunk> streamed(ChatCompletionCreateParams.Builder params) {
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params.build())) {
      return stream.stream().toList();
    }
  }

  private void streams() {
    cases.add("stream", () -> same(joined(streamed(params(30))), wanted(30)));
    cases.add(
        "reason in the last chunk",
        () -> {
          List<ChatCompletionChunk> chunks = streamed(params(5));
          check(chunks.get(chunks.size() - 1).choices().get(0).finishReason().isPresent(), chunks);
        });
    cases.add(
        "usage in the last chunk",
        () -> {
          var options = ChatCompletionStreamOptions.builder().includeUsage(true).build();
          List<ChatCompletionChunk> chunks = streamed(params(5).streamOptions(options));
          ChatCompletionChunk last = chunks.get(chunks.size() - 1);
          same(last.usage().orElseThrow().completionTokens(), 5L);
        });
    cases.add(
        "log-probabilities of a stream",
        () -> {
          long tokens =
              streamed(params(20).logprobs(true).topLogprobs(2)).stream()
                  .flatMap(chunk -> chunk.choices().stream())
                  .flatMap(choice -> choice.logprobs().stream())
                  .mapToLong(values -> values.content().orElse(List.of()).size())
                  .sum();
          same(tokens, 20L);
        });
    cases.add(
        "the client's accumulator",
        () -> {
          var accumulator = com.openai.helpers.ChatCompletionAccumulator.create();
          streamed(params(20)).forEach(accumulator::accumulate);
          same(text(accumulator.chatCompletion()), wanted(20));
        });
    cases.add(
        "asynchronous stream",
        () -> {
          StringBuilder text = new StringBuilder();
          OpenAIClientAsync async = client.async();
          AsyncStreamResponse<ChatCompletionChunk> stream =
              async.chat().completions().createStreaming(params(20).build());
          stream.subscribe(chunk -> text.append(joined(List.of(chunk)))).onCompleteFuture().get(60, TimeUnit.SECONDS);
          same(text.toString(), wanted(20));
        });
    cases.add(
        "closed early",
        () -> {
          var endless = params(400).putAdditionalBodyProperty("ignore_eos", JsonValue.from(true));
          CompletableFuture<String> first = new CompletableFuture<>();
          AsyncStreamResponse<ChatCompletionChunk> stream =
              client.async().chat().completions().createStreaming(endless.build());
          stream.subscribe(chunk -> first.complete(chunk.id()));
          check(first.get(60, TimeUnit.SECONDS).startsWith("chatcmpl-"), first);
          stream.close();
          served.awaitIdle();
        });
  }

  private void errors() {
    cases.add(
        "picture",
        () -> {
          var image =
              ChatCompletionContentPartImage.builder()
                  .imageUrl(
                      ChatCompletionContentPartImage.ImageUrl.builder()
                          .url("https://example.org/cat.png")
                          .build())
                  .build();
          var asked =
              ChatCompletionCreateParams.builder()
                  .model(Served.NAME)
                  .addUserMessageOfArrayOfContentParts(
                      List.of(ChatCompletionContentPart.ofImageUrl(image)));
          BadRequestException e = thrown(BadRequestException.class, () -> create(asked));
          check(e.param().orElse("").startsWith("messages[0].content"), e.param());
        });
    cases.add(
        "no messages",
        () -> {
          var none = ChatCompletionCreateParams.builder().model(Served.NAME).messages(List.of());
          same(thrown(BadRequestException.class, () -> create(none)).param().orElse(""), "messages");
        });
    cases.add(
        "too many log-probabilities",
        () ->
            same(
                thrown(
                        BadRequestException.class,
                        () -> create(params(2).logprobs(true).topLogprobs(99)))
                    .param()
                    .orElse(""),
                "top_logprobs"));
    cases.add(
        "error before a stream",
        () -> thrown(BadRequestException.class, () -> streamed(params(2).topP(7))));
  }
}
