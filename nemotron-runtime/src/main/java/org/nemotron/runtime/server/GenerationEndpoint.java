package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.Prompt;
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
  void answer(Exchange exchange, Body body, Admission.Ticket ticket) {
    loop.work(
        body.length(),
        () -> {
          try (body) {
            if (!exchange.isGone()) {
              submit(exchange, body.bytes(), ticket);
            }
          } catch (RuntimeException e) {
            ticket.close();
            loop.run(() -> exchange.fail(Faults.ofRequest(e, "prompt")));
          } catch (OutOfMemoryError e) { // of a long body: the thread and the server go on
            ticket.close();
            loop.run(() -> exchange.fail(Faults.ofAnswer(e)));
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

  /** Where a later prompt is refused, the answers to earlier ones are cancelled. */
  private ImmutableList<Choice> submitted(
      Exchange exchange, ApiRequest request, Admission.Ticket ticket) {
    ImmutableList<GenerationRequest> requests =
        new Preparation(model, exchange::isGone).requests(request);
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
    String echo =
        request.echo()
            ? model.text(request.prompts().get(place), prompt, request.options().specialTokens())
            : "";
    List<Choice> choices = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      choices.add(
          new Choice(
              place * n + i,
              prompt,
              generations.get(i),
              request.options(),
              model.texts(),
              request.echo(),
              echo,
              scheduled,
              new CallDivider(model.convention(request.tools()), request.tools())));
      observer.submitted(prompt.ids().length(), each.maxNewTokens());
    }
    return choices;
  }

  private static long promptTokens(List<GenerationRequest> requests) {
    return requests.stream()
        .mapToLong(request -> ((Prompt.Encoded) request.prompt()).ids().length())
        .sum();
  }
}
