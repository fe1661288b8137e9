package org.nemotron.runtime.server;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** The paths of the API. */
final class Endpoints {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ServerSettings settings;
  private final EventLoop loop;
  private final Runnable live;
  private final Supplier<Serving> loaded;
  private final Supplier<Serving> ready;
  private final MetricsPage metrics;
  private final BodyBudget bodies;

  /**
   * Makes the paths.
   *
   * @param live throws where the process must be started again
   * @param loaded returns the model, or throws while there is none
   * @param ready returns it, or throws while it does not answer
   */
  Endpoints(
      ServerSettings settings,
      EventLoop loop,
      Runnable live,
      Supplier<Serving> loaded,
      Supplier<Serving> ready,
      MetricsPage metrics) {
    this.settings = settings;
    this.loop = loop;
    this.live = live;
    this.loaded = loaded;
    this.ready = ready;
    this.metrics = metrics;
    this.bodies = new BodyBudget(settings.maxBodiesBytes());
  }

  Router router() {
    ImmutableMap.Builder<String, Router.Entry> entries = ImmutableMap.builder();
    addGenerating(entries);
    addTokenizing(entries);
    addHealth(entries);
    addAbout(entries);
    Router.Entry named =
        Router.get(
            false,
            exchange -> exchange.json(200, loaded.get().about().named(Router.modelName(exchange))));
    return new Router(entries.buildOrThrow(), named, new ApiKeys(settings.keyHashes()));
  }

  private void addGenerating(ImmutableMap.Builder<String, Router.Entry> entries) {
    entries.put("/v1/completions", Router.post(generating(Serving::completions)));
    entries.put("/v1/chat/completions", Router.post(generating(Serving::chat)));
  }

  /** A request has its place before its body is read. */
  private Router.Route generating(Function<Serving, GenerationEndpoint> endpoint) {
    return exchange -> {
      GenerationEndpoint chosen = endpoint.apply(ready.get());
      Admission.Ticket ticket = chosen.admit();
      exchange.onEnd(ticket::close);
      BodyReader.read(
          exchange,
          settings.maxBodyBytes(),
          bodies.share(),
          body -> chosen.answer(exchange, body, ticket));
    };
  }

  private void addTokenizing(ImmutableMap.Builder<String, Router.Entry> entries) {
    entries.put(
        "/tokenize",
        Router.post(
            working(
                (serving, body, gone) ->
                    serving.about().tokenize(serving.reader().tokenize(body), gone))));
    entries.put(
        "/detokenize",
        Router.post(
            working(
                (serving, body, gone) ->
                    serving.about().detokenize(serving.reader().detokenize(body)))));
    entries.put(
        "/tokenizer_info",
        Router.get(false, Router.json(() -> loaded.get().about().tokenizerInfo())));
  }

  /** Answers a body on a worker thread. */
  private interface Work {
    ObjectNode answer(Serving serving, byte[] body, BooleanSupplier gone);
  }

  private Router.Route working(Work work) {
    return exchange -> {
      Serving serving = ready.get();
      BodyReader.read(
          exchange,
          settings.maxBodyBytes(),
          bodies.share(),
          body -> loop.work(body.length(), () -> work(exchange, serving, body, work)));
    };
  }

  private void work(Exchange exchange, Serving serving, Body body, Work work) {
    try (body) {
      if (!exchange.isGone()) {
        ObjectNode json = work.answer(serving, body.bytes(), exchange::isGone);
        loop.run(() -> exchange.json(200, json));
      }
    } catch (RuntimeException e) {
      loop.run(() -> exchange.fail(Faults.ofRequest(e, "prompt")));
    } catch (OutOfMemoryError e) { // of a long body: the thread and the server go on
      loop.run(() -> exchange.fail(Faults.ofAnswer(e)));
    }
  }

  private void addHealth(ImmutableMap.Builder<String, Router.Entry> entries) {
    Router.Route isLive =
        exchange -> {
          live.run();
          exchange.json(200, health("live"));
        };
    Router.Route isReady =
        exchange -> {
          Serving unused = ready.get();
          exchange.json(200, health("ready"));
        };
    entries.put("/health", Router.get(true, isReady));
    entries.put("/v1/health/ready", Router.get(true, isReady));
    entries.put("/v1/health/live", Router.get(true, isLive));
  }

  private static ObjectNode health(String status) {
    ObjectNode json = JSON.objectNode().put("object", "health.response");
    return json.put("message", "the service is " + status).put("status", status);
  }

  private void addAbout(ImmutableMap.Builder<String, Router.Entry> entries) {
    entries.put("/", Router.get(true, new TryPage()::answer));
    entries.put("/v1/models", Router.get(false, Router.json(() -> loaded.get().about().models())));
    entries.put(
        "/v1/metadata", Router.get(false, Router.json(() -> loaded.get().about().metadata())));
    entries.put("/v1/version", Router.get(false, Router.json(Endpoints::release)));
    entries.put(
        "/version",
        Router.get(
            true, Router.json(() -> JSON.objectNode().put("version", ServerVersion.RELEASE))));
    entries.put("/metrics", Router.get(true, metrics::answer));
    entries.put("/v1/metrics", Router.get(false, metrics::answer));
  }

  private static ObjectNode release() {
    return JSON.objectNode().put("release", ServerVersion.RELEASE).put("api", ServerVersion.API);
  }
}
