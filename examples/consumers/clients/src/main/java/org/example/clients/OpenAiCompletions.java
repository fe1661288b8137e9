package org.example.clients;

import static org.example.clients.Cases.check;
import static org.example.clients.Cases.same;
import static org.example.clients.Cases.thrown;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionChoice;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Models and completions by the client openai-java. */
final class OpenAiCompletions {
  private static final String PROMPT = "Once upon a time";

  private final Served served;
  private final OpenAIClient client;
  private final Cases cases = new Cases("openai-java, completions");

  private OpenAiCompletions(Served served) {
    this.served = served;
    this.client = client(served, Served.KEY);
  }

  static OpenAIClient client(Served served, String key) {
    return OpenAIOkHttpClient.builder().baseUrl(served.base()).apiKey(key).maxRetries(0).build();
  }

  static int run(Served served) {
    OpenAiCompletions all = new OpenAiCompletions(served);
    all.models();
    all.whole();
    all.fields();
    all.logProbs();
    all.streams();
    all.errors();
    return all.cases.report();
  }

  private static CompletionCreateParams.Builder params(int tokens) {
    return CompletionCreateParams.builder()
        .model(Served.NAME)
        .prompt(PROMPT)
        .maxTokens(tokens)
        .seed(5);
  }

  private Completion create(CompletionCreateParams.Builder params) {
    return client.completions().create(params.build()).validate();
  }

  private static String text(Completion completion) {
    return completion.choices().get(0).text();
  }

  private static CompletionChoice.FinishReason reason(Completion completion) {
    return completion.choices().get(0).finishReason();
  }

  private void models() {
    cases.add("list", () -> same(client.models().list().data().get(0).id(), Served.NAME));
    cases.add(
        "retrieve",
        () -> {
          Model model = client.models().retrieve(Served.NAME).validate();
          same(model.id(), Served.NAME);
        });
    cases.add(
        "unknown model of the list",
        () -> {
          NotFoundException e =
              thrown(NotFoundException.class, () -> client.models().retrieve("other"));
          same(e.code().orElse(""), "model_not_found");
        });
  }

  private void whole() {
    cases.add("seeded", () -> same(text(create(params(12))), served.direct(PROMPT, 12, 5)));
    cases.add("again", () -> same(text(create(params(12))), text(create(params(12)))));
    cases.add("16 tokens by default", () -> {
          CompletionCreateParams.Builder params =
              CompletionCreateParams.builder().model(Served.NAME).prompt(PROMPT).seed(5);
          same(create(params).usage().orElseThrow().completionTokens(), 16L);
        });
    cases.add("length", () -> same(reason(create(params(3))), CompletionChoice.FinishReason.LENGTH));
    cases.add(
        "usage",
        () -> {
          var usage = create(params(7)).usage().orElseThrow();
          same(usage.completionTokens(), 7L);
          same(usage.totalTokens(), usage.promptTokens() + 7);
        });
    cases.add(
        "fingerprint", () -> check(create(params(1)).systemFingerprint().isPresent(), "missing"));
    cases.add(
        "two answers",
        () -> {
          Completion two = create(params(8).n(2));
          same(two.choices().get(0).text(), served.direct(PROMPT, 8, 5));
          same(two.choices().get(1).text(), served.direct(PROMPT, 8, 6));
        });
    cases.add(
        "two prompts",
        () -> {
          Completion two = create(params(8).promptOfArrayOfStrings(List.of(PROMPT, "The dog")));
          same(two.choices().get(0).text(), served.direct(PROMPT, 8, 5));
          same(two.choices().get(1).text(), served.direct("The dog", 8, 5));
          same(two.choices().get(1).index(), 1L);
        });
    cases.add(
        "tokens as a prompt",
        () -> {
          List<Long> ids =
              served.generator().encode(new org.nemotron.runtime.engine.Prompt.Text(PROMPT)).ids()
                  .asList().stream().map(Integer::longValue).toList();
          same(text(create(params(8).promptOfArrayOfTokens(ids))), served.direct(PROMPT, 8, 5));
        });
  }

  private void fields() {
    cases.add(
        "stop string",
        () -> {
          Completion stopped = create(params(60).temperature(0).stop("."));
          same(reason(stopped), CompletionChoice.FinishReason.STOP);
          check(!text(stopped).contains("."), text(stopped));
        });
    cases.add(
        "logit bias",
        () -> {
          var bias =
              CompletionCreateParams.LogitBias.builder()
                  .putAdditionalProperty("100", JsonValue.from(100))
                  .build();
          Completion biased = create(params(3).logitBias(bias));
          same(text(biased), served.generator().tokenizer().decodeText(
              com.google.common.primitives.ImmutableIntArray.of(100, 100, 100)));
        });
    cases.add(
        "penalties",
        () -> check(!text(create(params(20).presencePenalty(2).frequencyPenalty(2))).isEmpty(), ""));
    cases.add("echo", () -> check(text(create(params(4).echo(true))).startsWith(PROMPT), "echo"));
    cases.add(
        "choice of texts",
        () -> {
          var choice = JsonValue.from(Map.of("choice", List.of("yes", "no")));
          String text =
              text(create(params(9).putAdditionalBodyProperty("structured_outputs", choice)));
          check(text.equals("yes") || text.equals("no"), text);
        });
    cases.add(
        "top_k of one",
        () ->
            same(
                text(create(params(9).putAdditionalBodyProperty("top_k", JsonValue.from(1)))),
                text(create(params(9).temperature(0)))));
  }

  private void logProbs() {
    cases.add(
        "log-probabilities",
        () -> {
          var values = create(params(6).logprobs(3)).choices().get(0).logprobs().orElseThrow();
          same(values.tokens().orElseThrow().size(), 6);
          check(values.tokenLogprobs().orElseThrow().stream().allMatch(p -> p <= 0), values);
          check(values.topLogprobs().orElseThrow().stream()
              .allMatch(top -> top._additionalProperties().size() >= 3), values);
        });
    cases.add(
        "log-probabilities of the prompt",
        () -> {
          // Without validate(): it does not know that nothing precedes the first token.
          Completion scored =
              client.completions().create(params(1).echo(true).logprobs(1).temperature(0).build());
          var values = scored.choices().get(0).logprobs().orElseThrow();
          long prompt = scored.usage().orElseThrow().promptTokens();
          same((long) values.tokens().orElseThrow().size(), prompt + 1);
          same(values.textOffset().orElseThrow().get(0), 0L);
        });
  }

  /** Without validate(): it does not know that parts but the last have no finish_reason. */
  private String streamed(CompletionCreateParams.Builder params) {
    try (StreamResponse<Completion> stream =
        client.completions().createStreaming(params.build())) {
      return stream.stream()
          .flatMap(part -> part.choices().stream())
          .map(CompletionChoice::text)
          .collect(Collectors.joining());
    }
  }

  private void streams() {
    cases.add("stream", () -> same(streamed(params(30)), served.direct(PROMPT, 30, 5)));
    cases.add(
        "usage in the last event",
        () -> {
          var options = ChatCompletionStreamOptions.builder().includeUsage(true).build();
          try (StreamResponse<Completion> stream =
              client.completions().createStreaming(params(9).streamOptions(options).build())) {
            List<Completion> parts = stream.stream().toList();
            Completion last = parts.get(parts.size() - 1);
            check(last.choices().isEmpty(), last);
            same(last.usage().orElseThrow().completionTokens(), 9L);
          }
        });
    cases.add(
        "no usage unasked",
        () -> {
          try (StreamResponse<Completion> stream =
              client.completions().createStreaming(params(9).build())) {
            check(stream.stream().noneMatch(part -> part.choices().isEmpty()), "no choices");
          }
        });
    cases.add(
        "closed early",
        () -> {
          var endless = params(400).putAdditionalBodyProperty("ignore_eos", JsonValue.from(true));
          try (StreamResponse<Completion> stream =
              client.completions().createStreaming(endless.build())) {
            check(stream.stream().findFirst().isPresent(), "a first part");
          }
          served.awaitIdle();
        });
  }

  private void errors() {
    cases.add(
        "wrong value",
        () -> {
          BadRequestException e =
              thrown(BadRequestException.class, () -> create(params(3).temperature(-1)));
          same(e.param().orElse(""), "temperature");
          same(e.type().orElse(""), "invalid_request_error");
        });
    cases.add(
        "what the server cannot do",
        () -> {
          BadRequestException e =
              thrown(BadRequestException.class, () -> create(params(3).suffix("end")));
          same(e.param().orElse(""), "suffix");
        });
    cases.add(
        "too long",
        () -> {
          BadRequestException e =
              thrown(BadRequestException.class, () -> create(params(100_000)));
          same(e.code().orElse(""), "context_length_exceeded");
        });
    cases.add(
        "error before a stream",
        () -> thrown(BadRequestException.class, () -> streamed(params(3).temperature(-1))));
    cases.add(
        "another model",
        () -> {
          NotFoundException e =
              thrown(NotFoundException.class, () -> create(params(3).model("other")));
          same(e.code().orElse(""), "model_not_found");
        });
    cases.add(
        "wrong key",
        () -> {
          OpenAIClient stranger = client(served, "none");
          UnauthorizedException e =
              thrown(UnauthorizedException.class, () -> stranger.completions().create(params(3).build()));
          same(e.code().orElse(""), "invalid_api_key");
        });
  }
}
