package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.sampling.SamplingParams;
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
            loop, exchange, request.shape(head), options, model.texts(), choices, ticket, observer);
    loop.run(run::begin);
  }

  /** Where a later answer is refused, the earlier ones are cancelled. */
  private ImmutableList<Choice> submitted(
      Exchange exchange, ApiRequest request, Admission.Ticket ticket) {
    List<GenerationRequest> requests = requests(request);
    List<Choice> choices = new ArrayList<>();
    ticket.take(requests.size(), promptTokens(requests));
    try {
      for (GenerationRequest each : requests) {
        Generation generation = trySubmit(exchange, each);
        Prompt.Encoded prompt = (Prompt.Encoded) each.prompt();
        choices.add(
            new Choice(choices.size(), prompt, generation, request.options(), model.texts()));
        observer.submitted(prompt.ids().length(), each.maxNewTokens());
      }
      return ImmutableList.copyOf(choices);
    } catch (RuntimeException e) {
      choices.forEach(choice -> choice.generation().cancel());
      throw Faults.ofRequest(e, request.promptField());
    }
  }

  private Generation trySubmit(Exchange exchange, GenerationRequest request) {
    if (exchange.isGone()) {
      throw ApiException.fault("the caller has left");
    }
    return model
        .generator()
        .trySubmit(request)
        .orElseThrow(() -> ApiException.busy(1, "the engine's queue is full"));
  }

  private static long promptTokens(List<GenerationRequest> requests) {
    return requests.stream()
        .mapToLong(request -> ((Prompt.Encoded) request.prompt()).ids().length())
        .sum();
  }

  /** Prompt by prompt, and for each one answer by answer. */
  private List<GenerationRequest> requests(ApiRequest request) {
    GenerationOptions options = request.options();
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < request.prompts().size(); i++) {
      String field =
          request.prompts().size() == 1
              ? request.promptField()
              : request.promptField() + "[" + i + "]";
      Prompt.Encoded prompt = encoded(request.prompts().get(i), options, field);
      int room = model.room(prompt, options, field);
      for (int answer = 0; answer < options.n(); answer++) {
        requests.add(request(prompt, options, room, answer));
      }
    }
    return requests;
  }

  private Prompt.Encoded encoded(Prompt prompt, GenerationOptions options, String field) {
    try {
      return model.encode(prompt, options.keepTokens());
    } catch (RuntimeException e) {
      throw Faults.ofRequest(e, field);
    }
  }

  private static GenerationRequest request(
      Prompt.Encoded prompt, GenerationOptions options, int room, int answer) {
    SamplingParams sampling = options.sampling();
    GenerationRequest.Builder builder =
        GenerationRequest.continuing(prompt)
            .maxNewTokens(room)
            .stopStrings(options.stops())
            .sampling(
                sampling.freshSeed()
                    ? sampling
                    : sampling.toBuilder().seed(sampling.seed() + answer).build());
    if (options.ignoreEndTokens()) {
      builder.ignoreEndTokens();
    }
    return builder.build();
  }
}
