package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The open connections and the requests under way. Used on the event loop.
 *
 * <p>A connection without a request is closed after a while, so that slow headers hold none for
 * ever.
 */
final class Connections {
  /** How long a connection may be without a request, or a reader may take nothing. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final int most;
  private final Map<HttpConnection, Use> connections = new HashMap<>();
  private final Set<Exchange> exchanges = new LinkedHashSet<>();
  private final List<Runnable> onIdle = new ArrayList<>();

  Connections(int most) {
    this.most = most;
  }

  private static final class Use {
    private int requests = 0;
    private long sinceNanos = System.nanoTime();
  }

  /** Counts a connection, or closes one that is too many. */
  void opened(HttpConnection connection) {
    if (connections.size() >= most) {
      Future<Void> unused = connection.close();
      return;
    }
    connections.put(connection, new Use());
    connection.closeHandler(nothing -> connections.remove(connection));
  }

  /** Counts a request until it is over. */
  void add(Exchange exchange) {
    exchanges.add(exchange);
    Use use = connections.get(exchange.request().connection());
    if (use != null) {
      use.requests++;
    }
    exchange.onEnd(
        () -> {
          exchanges.remove(exchange);
          if (use != null) {
            use.requests--;
            use.sinceNanos = System.nanoTime();
          }
          tellIfIdle();
        });
  }

  int requests() {
    return exchanges.size();
  }

  /** Returns the requests under way. */
  ImmutableList<Exchange> exchanges() {
    return ImmutableList.copyOf(exchanges);
  }

  /** Calls {@code action} when no request is under way: at once, or later. */
  void whenIdle(Runnable action) {
    onIdle.add(action);
    tellIfIdle();
  }

  private void tellIfIdle() {
    if (exchanges.isEmpty()) {
      onIdle.forEach(Runnable::run);
      onIdle.clear();
    }
  }

  /** Looks after silent streams, slow readers and idle connections. */
  void look(Duration pingInterval, Duration patience) {
    exchanges().forEach(exchange -> exchange.look(pingInterval, patience));
    long now = System.nanoTime();
    long longest = TimeUnit.NANOSECONDS.convert(patience);
    ImmutableList.copyOf(connections.entrySet()).stream()
        .filter(entry -> entry.getValue().requests == 0)
        .filter(entry -> now - entry.getValue().sinceNanos >= longest)
        .forEach(entry -> entry.getKey().close());
  }
}
