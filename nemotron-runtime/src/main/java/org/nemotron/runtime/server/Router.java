package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import io.vertx.core.http.HttpMethod;
import java.net.URLDecoder;
import java.util.Optional;
import java.util.function.Supplier;
import org.nemotron.runtime.server.wire.ApiException;

/** Finds what answers a request by its path. Used on the event loop. */
final class Router {
  private static final String MODEL = "/v1/models/";

  /** Answers requests of one path. */
  interface Route {
    /** Answers, or throws an {@link ApiException}. */
    void answer(Exchange exchange);
  }

  /**
   * A path.
   *
   * @param method the only one that it has, besides OPTIONS
   * @param open whether no key is needed
   */
  record Entry(HttpMethod method, boolean open, Route route) {}

  private final ImmutableMap<String, Entry> entries;
  private final Entry named;
  private final ApiKeys keys;

  /**
   * Makes a router.
   *
   * @param named answers requests for a model by name
   */
  Router(ImmutableMap<String, Entry> entries, Entry named, ApiKeys keys) {
    this.entries = entries;
    this.named = named;
    this.keys = keys;
  }

  static Entry get(boolean open, Route route) {
    return new Entry(HttpMethod.GET, open, route);
  }

  static Entry post(Route route) {
    return new Entry(HttpMethod.POST, false, route);
  }

  /** Answers a request, if only with an error. */
  void answer(Exchange exchange) {
    try {
      route(exchange);
    } catch (RuntimeException e) {
      exchange.fail(Faults.ofRequest(e, "prompt"));
    }
  }

  private void route(Exchange exchange) {
    String path = path(exchange);
    Entry entry =
        entry(path).orElseThrow(() -> ApiException.ofStatus(404, "there is no path " + path));
    HttpMethod method = exchange.request().method();
    if (method.equals(HttpMethod.OPTIONS)) {
      exchange.request().response().putHeader("allow", entry.method() + ", OPTIONS");
      exchange.send(204, "application/json", new byte[0]);
      return;
    }
    boolean head = method.equals(HttpMethod.HEAD) && entry.method().equals(HttpMethod.GET);
    if (!method.equals(entry.method()) && !head) {
      exchange.request().response().putHeader("allow", entry.method() + ", OPTIONS");
      throw ApiException.ofStatus(405, path + " takes " + entry.method() + ", not " + method);
    }
    if (!entry.open()) {
      keys.check(exchange.request().getHeader("authorization"));
    }
    entry.route().answer(exchange);
  }

  /** Returns the path, empty for a request of the form that asks a proxy. */
  private static String path(Exchange exchange) {
    String path = exchange.request().path();
    return path == null ? "" : path;
  }

  private Optional<Entry> entry(String path) {
    Entry entry = entries.get(path);
    if (entry != null) {
      return Optional.of(entry);
    }
    return path.startsWith(MODEL) ? Optional.of(named) : Optional.empty();
  }

  /** Returns the pattern of the path, for metrics. */
  String pattern(String path) {
    return entries.containsKey(path) ? path : path.startsWith(MODEL) ? MODEL + "{id}" : "other";
  }

  /** Returns the name of the model in the path of a request. */
  static String modelName(Exchange exchange) {
    try {
      return URLDecoder.decode(path(exchange).substring(MODEL.length()).replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      throw ApiException.ofStatus(400, "the path has a wrong % sign");
    }
  }

  /** Returns a route that answers with a JSON object. */
  static Route json(Supplier<ObjectNode> body) {
    return exchange -> exchange.json(200, body.get());
  }
}
