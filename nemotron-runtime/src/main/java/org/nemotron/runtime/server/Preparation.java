package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.grammar.AnswerFormat;
import org.nemotron.runtime.sampling.TokenConstraint;
import org.nemotron.runtime.server.wire.ApiException;
import org.nemotron.runtime.server.wire.ApiRequest;
import org.nemotron.runtime.server.wire.GenerationOptions;
import org.nemotron.runtime.server.wire.ToolUse;

/** Makes of a request of the API what the engine takes, one for each prompt. Immutable. */
final class Preparation {
  private final ServedModel model;
  private final BooleanSupplier gone;

  /**
   * Makes a preparation.
   *
   * @param gone whether nobody waits for the answers any more
   */
  Preparation(ServedModel model, BooleanSupplier gone) {
    this.model = model;
    this.gone = gone;
  }

  /**
   * Returns the requests.
   *
   * @throws ApiException if the model cannot answer it
   */
  ImmutableList<GenerationRequest> requests(ApiRequest request) {
    TokenConstraint constraint = constraint(request);
    ImmutableList.Builder<GenerationRequest> requests = ImmutableList.builder();
    for (int i = 0; i < request.prompts().size(); i++) {
      String field =
          request.prompts().size() == 1
              ? request.promptField()
              : request.promptField() + "[" + i + "]";
      requests.add(request(request, request.prompts().get(i), field, constraint));
    }
    return requests.build();
  }

  private GenerationRequest request(
      ApiRequest request, Prompt prompt, String field, TokenConstraint constraint) {
    GenerationOptions options = request.options();
    try {
      Prompt.Encoded encoded = model.encode(prompt, options.keepTokens(), field, gone);
      return request(encoded, request, model.room(encoded, options, field), constraint);
    } catch (RuntimeException e) {
      throw Faults.ofRequest(e, field);
    }
  }

  /** Compiles the form of the answer; one that was compiled lately is there already. */
  private TokenConstraint constraint(ApiRequest request) {
    Optional<AnswerFormat> calls = calls(request.tools());
    Optional<AnswerFormat> asked = request.options().format().stream().findFirst();
    boolean required = request.tools().required();
    if (required && asked.isPresent()) {
      throw ApiException.invalid(
          "tool_choice",
          "a call that is required must not stand beside " + request.options().formatField());
    }
    try {
      return required
          ? compiled(calls)
          : compiled(asked.map(format -> calls.map(call -> either(format, call)).orElse(format)));
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid(
          required ? "tools" : request.options().formatField(), String.valueOf(e.getMessage()));
    }
  }

  private static AnswerFormat either(AnswerFormat format, AnswerFormat call) {
    return AnswerFormat.anyOf(ImmutableList.of(format, call));
  }

  private TokenConstraint compiled(Optional<AnswerFormat> format) {
    return format.map(model.generator()::constraint).orElse(TokenConstraint.NONE);
  }

  /** Returns the form of a call; empty where there are no tools. */
  private Optional<AnswerFormat> calls(ToolUse tools) {
    return model.convention(tools).map(known -> known.callOf(tools.json(), tools.names()));
  }

  private GenerationRequest request(
      Prompt.Encoded prompt, ApiRequest request, int room, TokenConstraint constraint) {
    GenerationOptions options = request.options();
    BadWords words = BadWords.of(options.badWords(), model.generator());
    if (options.minTokens() > room) {
      throw ApiException.invalid(
          "min_tokens", "min_tokens (" + options.minTokens() + ") must be at most " + room);
    }
    if (room == 0 && options.n() > 1) {
      throw ApiException.invalid("n", "n must be 1 where there is no token to generate");
    }
    GenerationRequest.Builder builder =
        GenerationRequest.continuing(prompt)
            .sampling(words.sampling(options.sampling()))
            .stopStrings(options.stops())
            .stopTokens(options.stopTokens())
            .minNewTokens(options.minTokens())
            .constraint(words.isEmpty() ? constraint : words)
            .cacheSalt(options.cacheSalt());
    if (options.includeStop()) {
      builder.includeStop();
    }
    if (options.ignoreEndTokens()) {
      builder.ignoreEndTokens();
    }
    if (options.specialTokens()) {
      builder.specialTokens();
    }
    boolean echoed = request.echo() && (options.logProbs() || room == 0);
    int scored = Math.max(options.promptLogProbs(), echoed ? options.sampling().topLogProbs() : -1);
    if (scored >= 0) {
      builder.promptLogProbs(scored);
    }
    return builder.maxNewTokens(room).build();
  }
}
