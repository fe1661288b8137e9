package org.nemotron.runtime.server;

import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.util.concurrent.Uninterruptibles;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.server.wire.ApiException;

/**
 * Serves a {@link TextGenerator} over HTTP with the API of OpenAI.
 *
 * <pre>{@code
 * try (TextGenerator generator = TextGenerator.open(Path.of("run/child"));
 *     InferenceServer server = InferenceServer.start(generator, ServerSettings.defaults())) {
 *   System.out.println("http://127.0.0.1:" + server.port() + "/v1");
 *   Thread.currentThread().join();
 * }
 * }</pre>
 *
 * <p>A caller that leaves ends its request at the next token. Requests beyond the limits of the
 * settings are refused with status 429.
 *
 * <p>Safe for use by several threads. Any thread may close it, which waits for answers under way;
 * closing twice is harmless. It does not close the generator, which must stay open until then.
 */
public final class InferenceServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("org.nemotron.runtime.server");

  /** How long answers may take to end after they were cancelled. */
  private static final Duration CANCEL_TIME = Duration.ofSeconds(10);

  private static final int MOST_HEADER_BYTES = 8192;

  private final ServerSettings settings;
  private final EventLoop loop = new EventLoop();
  private final Connections connections;
  private final Router router;
  private final ServerMetrics metrics;
  private final HttpServer server;
  private final CompletableFuture<Void> hurry = new CompletableFuture<>();
  private volatile ServerPhase phase = ServerPhase.LOADING;
  private volatile @Nullable Serving serving;

  private boolean ended = false; // guarded by this

  private InferenceServer(ServerSettings settings) throws IOException {
    this.settings = settings;
    this.connections = new Connections(settings.maxConnections());
    this.metrics = ServerMetrics.of(settings);
    this.router =
        new Endpoints(
                settings, loop, this::checkLive, this::loaded, this::ready, metrics.page(loop))
            .router();
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.host())
            .setPort(settings.port())
            .setMaxHeaderSize(MOST_HEADER_BYTES)
            .setHttp2ClearTextEnabled(false) // else a connection counts from its first byte only
            .setHandle100ContinueAutomatically(true)
            .setPerFrameWebSocketCompressionSupported(false) // no path is a web socket
            .setPerMessageWebSocketCompressionSupported(false)
            .setAcceptBacklog(Math.min(settings.maxConnections(), 1024));
    this.server =
        loop.vertx()
            .createHttpServer(options)
            .connectionHandler(connections::opened)
            .invalidRequestHandler(this::refuse)
            .requestHandler(this::answer);
    try {
      HttpServer unused = server.listen().toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      loop.close();
      throw new IOException(
          "cannot listen on " + settings.host() + ":" + settings.port() + ": " + reason(e), e);
    }
    long unused =
        loop.vertx()
            .setPeriodic(
                1000, timer -> connections.look(settings.pingInterval(), Connections.PATIENCE));
  }

  /** Ends what has kept the server waiting for so long; it looks by itself each second. */
  void look(Duration patience) {
    loop.run(() -> connections.look(settings.pingInterval(), patience));
  }

  private static @Nullable String reason(CompletionException e) {
    return e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
  }

  /**
   * Starts to listen and to serve; returns when the server is ready.
   *
   * @throws IOException if the address is in use, or not of this machine
   * @throws IllegalStateException if the generator is closed, or Vert.x is not on the class path
   */
  public static InferenceServer start(TextGenerator generator, ServerSettings settings)
      throws IOException {
    checkNotNull(generator, "the generator of a server must not be null");
    checkState(generator.isRunning(), "the generator is closed, or its engine has ended");
    InferenceServer server = listen(settings);
    try {
      server.serve(generator);
      return server;
    } catch (RuntimeException e) {
      server.closeNow();
      throw e;
    }
  }

  /**
   * Starts to listen. Until {@link #serve} is called the server is live, but not ready: it refuses
   * requests with status 503.
   *
   * @throws IOException if the address is in use, or not of this machine
   * @throws IllegalStateException if Vert.x is not on the class path
   */
  public static InferenceServer listen(ServerSettings settings) throws IOException {
    checkNotNull(settings, "the settings of a server must not be null");
    checkHasVertx();
    return new InferenceServer(settings);
  }

  /** The library is optional for the module: an application without a server does not have it. */
  private static void checkHasVertx() {
    try {
      Class<?> unused = Class.forName("io.vertx.core.Vertx");
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "the server needs Vert.x, which is missing.\n"
              + "Maybe add io.vertx:vertx-core to the class path, and for metrics"
              + " io.prometheus:prometheus-metrics-core and"
              + " io.prometheus:prometheus-metrics-exposition-textformats.",
          e);
    }
  }

  /**
   * Serves {@code generator}, once a few short requests have warmed it up. To be called once.
   *
   * @throws org.nemotron.runtime.engine.GenerationFailedException if one of these fails
   * @throws IllegalStateException if a generator is served already, or the server is closed
   */
  public void serve(TextGenerator generator) {
    checkState(serving == null, "the server has a generator already");
    checkState(phase == ServerPhase.LOADING, "the server is closed");
    Serving made = Serving.of(generator, settings, loop, metrics.observer());
    generator.warmUp();
    metrics.serve(made);
    serving = made;
    if (phase == ServerPhase.LOADING) {
      phase = ServerPhase.READY;
    }
  }

  /** Returns the port that the server listens on. */
  public int port() {
    return server.actualPort();
  }

  /** Returns whether requests are answered. */
  public boolean isReady() {
    Serving now = serving;
    return phase == ServerPhase.READY && now != null && now.model().generator().isRunning();
  }

  private Serving loaded() {
    Serving now = serving;
    if (now == null) {
      throw phase.refusal();
    }
    return now;
  }

  private Serving ready() {
    Serving now = loaded();
    if (phase != ServerPhase.READY) {
      throw phase.refusal();
    }
    checkRunning(now);
    return now;
  }

  /** Refuses where only a new start helps: not before there is a model, nor at the end. */
  private void checkLive() {
    Serving now = serving;
    if (now != null && phase == ServerPhase.READY) {
      checkRunning(now);
    }
  }

  /** Another attempt does not help: there is no time for one. */
  private static void checkRunning(Serving serving) {
    if (!serving.model().generator().isRunning()) {
      throw ApiException.unavailable(
          "engine_ended", 0, "the engine has ended.\nMaybe start the server again.");
    }
  }

  private void answer(HttpServerRequest request) {
    Exchange exchange = new Exchange(request);
    connections.add(exchange);
    exchange.onEnd(
        () ->
            metrics
                .observer()
                .answered(
                    router.pattern(String.valueOf(request.path())),
                    request.method().name(),
                    exchange.status(),
                    System.nanoTime() - exchange.arrivedNanos()));
    router.answer(exchange);
  }

  /** Answers what is not HTTP, or has headers that are too long. */
  private void refuse(HttpServerRequest request) {
    Object fault = request.decoderResult(); // of Netty, which this module does not read
    boolean tooLong = fault.toString().contains("TooLong");
    Exchange exchange = new Exchange(request);
    request.response().putHeader("connection", "close");
    exchange.fail(
        tooLong
            ? ApiException.ofStatus(
                431, "line and headers must have at most " + MOST_HEADER_BYTES + " bytes")
            : ApiException.ofStatus(400, "this is not a request of HTTP/1.1"));
    Future<Void> unused = request.connection().close();
  }

  /** Refuses requests from now on; those under way go on. Then the server is not ready. */
  public void drain() {
    phase = ServerPhase.DRAINING;
  }

  /**
   * Closes the server: refuses requests, waits for answers under way, until their readers have
   * taken them, as long as the settings say, and cancels those that take longer, or all of them
   * where this thread is interrupted. A stream that is cancelled ends with an error.
   */
  @Override
  public void close() {
    drain();
    end(awaitIdle(settings.drainTime()));
  }

  /** Closes the server, and cancels all answers under way; so does a {@link #close} elsewhere. */
  public void closeNow() {
    drain();
    hurry.complete(null);
    end(false);
  }

  private synchronized void end(boolean idle) {
    if (ended) {
      return;
    }
    if (!idle) {
      loop.run(() -> connections.exchanges().forEach(exchange -> exchange.cancel(phase.refusal())));
      if (!Uninterruptibles.awaitUninterruptibly(idleLatch(), CANCEL_TIME)) {
        LOG.log(System.Logger.Level.WARNING, "answers did not end in time");
      }
    }
    loop.close();
    ended = true;
    hurry.complete(null); // whoever waits elsewhere has nothing to wait for
  }

  private CountDownLatch idleLatch() {
    CountDownLatch idle = new CountDownLatch(1);
    loop.run(() -> connections.whenIdle(idle::countDown));
    return idle;
  }

  /** Returns whether no request is under way; an interrupt and {@link #closeNow} end the wait. */
  private boolean awaitIdle(Duration longest) {
    CompletableFuture<Boolean> idle = new CompletableFuture<>();
    CompletableFuture<Void> unused = hurry.thenRun(() -> idle.complete(false));
    loop.run(() -> connections.whenIdle(() -> idle.complete(true)));
    try {
      return idle.get(TimeUnit.NANOSECONDS.convert(longest), TimeUnit.NANOSECONDS); // saturates
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new AssertionError(e); // it completes with a value only
    }
  }
}
