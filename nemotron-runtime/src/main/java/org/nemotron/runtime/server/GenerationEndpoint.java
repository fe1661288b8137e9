package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.sampling.TokenConstraint;
import org.nemotron.runtime.server.wire.AnswerHead;
import org.nemotron.runtime.server.wire.ApiException;
import org.nemotron.runtime.server.wire.ApiRequest;
import org.nemotron.runtime.server.wire.GenerationOptions;

/**
 * Reads a request for answers and submits it, on a worker thread; then follows it on the event
 * loop.
 */
final class GenerationEndpoint {
  private final EventLoop loop;
  private final ServedModel model;
  private final Admission admission;
  private final RequestObserver observer;
  private final Function<byte[], ApiRequest> reader;
  private final String idPrefix;

  /**
   * Makes an endpoint.
   *
   * @param reader reads the body of a request
   * @param idPrefix what the id of an answer begins with
   */
  GenerationEndpoint(
      EventLoop loop,
      ServedModel model,
      Admission admission,
      RequestObserver observer,
      Function<byte[], ApiRequest> reader,
      String idPrefix) {
    this.loop = loop;
    this.model = model;
    this.admission = admission;
    this.observer = observer;
    this.reader = reader;
    this.idPrefix = idPrefix;
  }

  /** Returns the place of a request whose body has not been read. */
  Admission.Ticket admit() {
    return admission.enter();
  }

  /** Answers a request; on the event loop. */
  void answer(Exchange exchange, byte[] body, Admission.Ticket ticket) {
    loop.work(
        () -> {
          try {
            submit(exchange, body, ticket);
          } catch (RuntimeException e) {
            ticket.close();
            loop.run(() -> exchange.fail(Faults.ofRequest(e, "prompt")));
          }
        });
  }

  private void submit(Exchange exchange, byte[] body, Admission.Ticket ticket) {
    ApiRequest request = reader.apply(body);
    GenerationOptions options = request.options();
    String name = model.name(options.model());
    AnswerHead head =
        new AnswerHead(
            idPrefix + exchange.id(), Instant.now().getEpochSecond(), name, model.fingerprint());
    ImmutableList<Choice> choices = submitted(exchange, request, ticket);
    AnswerRun run =
        new AnswerRun(
            loop,
            exchange,
            request.shape(head),
            options,
            model.texts(),
            choices,
            ticket,
            observer,
            request.echo());
    loop.run(run::begin);
  }

  /** Where a later prompt is refused, the answers to earlier ones are cancelled. */
  private ImmutableList<Choice> submitted(
      Exchange exchange, ApiRequest request, Admission.Ticket ticket) {
    ImmutableList<GenerationRequest> requests = requests(request);
    int n = request.options().n();
    ticket.take(requests.size() * n, n * promptTokens(requests));
    List<Choice> choices = new ArrayList<>();
    try {
      for (int i = 0; i < requests.size(); i++) {
        if (exchange.isGone()) {
          throw ApiException.fault("the caller has left");
        }
        choices.addAll(submitted(requests.get(i), request, i));
      }
      return ImmutableList.copyOf(choices);
    } catch (RuntimeException e) {
      choices.forEach(choice -> choice.generation().cancel());
      throw Faults.ofRequest(e, request.promptField());
    }
  }

  /** Submits the answers to one prompt. */
  private List<Choice> submitted(GenerationRequest each, ApiRequest request, int place) {
    int n = request.options().n();
    Scheduled scheduled = new Scheduled();
    ImmutableList<Generation> generations =
        model
            .generator()
            .trySubmit(each, n, scheduled)
            .orElseThrow(() -> ApiException.busy(1, "the engine's queue is full"));
    Prompt.Encoded prompt = (Prompt.Encoded) each.prompt();
    String echo = request.echo() ? model.text(request.prompts().get(place), prompt) : "";
    List<Choice> choices = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      choices.add(
          new Choice(
              place * n + i,
              prompt,
              generations.get(i),
              request.options(),
              model.texts(),
              echo,
              scheduled));
      observer.submitted(prompt.ids().length(), each.maxNewTokens());
    }
    return choices;
  }

  private static long promptTokens(List<GenerationRequest> requests) {
    return requests.stream()
        .mapToLong(request -> ((Prompt.Encoded) request.prompt()).ids().length())
        .sum();
  }

  private ImmutableList<GenerationRequest> requests(ApiRequest request) {
    ImmutableList.Builder<GenerationRequest> requests = ImmutableList.builder();
    for (int i = 0; i < request.prompts().size(); i++) {
      String field =
          request.prompts().size() == 1
              ? request.promptField()
              : request.promptField() + "[" + i + "]";
      requests.add(request(request, request.prompts().get(i), field));
    }
    return requests.build();
  }

  private GenerationRequest request(ApiRequest request, Prompt prompt, String field) {
    GenerationOptions options = request.options();
    try {
      Prompt.Encoded encoded = model.encode(prompt, options.keepTokens());
      return request(encoded, request, model.room(encoded, options, field), constraint(options));
    } catch (RuntimeException e) {
      throw Faults.ofRequest(e, field);
    }
  }

  /** Compiles the form of the answer; a schema that was compiled lately is there already. */
  private TokenConstraint constraint(GenerationOptions options) {
    try {
      return options.format().isEmpty()
          ? TokenConstraint.NONE
          : model.generator().constraint(options.format().get(0));
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid(options.formatField(), String.valueOf(e.getMessage()));
    }
  }

  private static GenerationRequest request(
      Prompt.Encoded prompt, ApiRequest request, int room, TokenConstraint constraint) {
    GenerationOptions options = request.options();
    if (options.minTokens() > room) {
      throw ApiException.invalid(
          "min_tokens", "min_tokens (" + options.minTokens() + ") must be at most " + room);
    }
    if (room == 0 && options.n() > 1) {
      throw ApiException.invalid("n", "n must be 1 where there is no token to generate");
    }
    GenerationRequest.Builder builder =
        GenerationRequest.continuing(prompt)
            .sampling(options.sampling())
            .stopStrings(options.stops())
            .stopTokens(options.stopTokens())
            .minNewTokens(options.minTokens())
            .constraint(constraint)
            .cacheSalt(options.cacheSalt());
    if (options.includeStop()) {
      builder.includeStop();
    }
    if (options.ignoreEndTokens()) {
      builder.ignoreEndTokens();
    }
    if (request.echo() && (options.logProbs() || room == 0)) {
      builder.promptLogProbs(options.sampling().topLogProbs());
    }
    return builder.maxNewTokens(room).build();
  }
}
