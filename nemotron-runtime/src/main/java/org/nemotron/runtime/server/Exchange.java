package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.server.wire.ApiException;

/**
 * One request and its answer, whole or in events. Used on the event loop, but for {@link #isGone}.
 *
 * <p>Where the reader is slow, events wait here; beyond {@value #MOST_WAITING} of them the
 * connection is closed, as if the reader had gone.
 */
final class Exchange {
  /** How many events wait for a slow reader. */
  static final int MOST_WAITING = 1024;

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Buffer PING = Buffer.buffer(": ping\n\n");
  private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");
  private static final byte[] DATA = "data: ".getBytes(UTF_8);
  private static final byte[] END = "\n\n".getBytes(UTF_8);

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final String id;
  private final long arrivedNanos = System.nanoTime();
  private final ArrayDeque<Buffer> waiting = new ArrayDeque<>();
  private final List<Runnable> onEnd = new ArrayList<>();
  private @Nullable Runnable cancelling;
  private boolean readingBody;
  private boolean promised;
  private boolean streaming;
  private boolean ending;
  private boolean ended;
  private int status;
  private long lastWriteNanos = arrivedNanos;
  private volatile boolean gone;

  Exchange(HttpServerRequest request) {
    this.request = request;
    this.response = request.response();
    this.id = id(request.getHeader("x-request-id"));
    response.exceptionHandler(fault -> leave());
    response.closeHandler(nothing -> leave());
    request.exceptionHandler(fault -> leave());
    response.drainHandler(nothing -> drain());
    response.putHeader("x-request-id", id);
  }

  /** The caller's id, where it is one that a log can hold; else a new one. */
  private static String id(@Nullable String given) {
    return given != null && given.matches("[A-Za-z0-9._:-]{1,128}")
        ? given
        : UUID.randomUUID().toString().replace("-", "");
  }

  String id() {
    return id;
  }

  HttpServerRequest request() {
    return request;
  }

  long arrivedNanos() {
    return arrivedNanos;
  }

  /** Returns the status that was sent; 0 while none was, 499 where the caller left before. */
  int status() {
    return status == 0 && gone ? 499 : status;
  }

  /** Returns whether the caller has left; any thread may ask. */
  boolean isGone() {
    return gone;
  }

  boolean isStreaming() {
    return streaming;
  }

  boolean isEnded() {
    return ended;
  }

  /** Sets what cancels the work, as when the caller leaves before the answer has ended. */
  void onCancel(Runnable action) {
    cancelling = action;
    if (gone) {
      action.run();
    }
  }

  /** Cancels the work, which then ends the answer; without work, {@code fault} is the answer. */
  void cancel(ApiException fault) {
    if (cancelling == null) {
      fail(fault);
    } else {
      cancelling.run();
    }
  }

  /** Adds what to do when all is over, however. */
  void onEnd(Runnable action) {
    onEnd.add(action);
  }

  void readingBody(boolean now) {
    readingBody = now;
  }

  private void leave() {
    if (!ended) {
      gone = true;
      finish();
      if (cancelling != null) {
        cancelling.run();
      }
    }
  }

  private void finish() {
    ended = true;
    waiting.clear();
    onEnd.forEach(Runnable::run);
    onEnd.clear();
  }

  void json(int code, JsonNode body) {
    send(code, "application/json", bytes(body));
  }

  /** Sends a whole answer. */
  void send(int code, String type, byte[] body) {
    if (ended || streaming) {
      return;
    }
    status = code;
    response.setStatusCode(code).putHeader("content-type", type);
    ended = true; // before the end: closing afterwards is no leaving
    response.end(Buffer.buffer(body));
    finish();
  }

  /** Answers with an error: as status and body, or where a stream has begun as its last event. */
  void fail(ApiException fault) {
    if (ended) {
      return;
    }
    if (streaming) {
      event(fault.body());
      endStream();
      return;
    }
    if (fault.retrySeconds().isPresent()) {
      response.putHeader("retry-after", String.valueOf(fault.retrySeconds().getAsInt()));
    }
    if (fault.status() == 401) {
      response.putHeader("www-authenticate", "Bearer");
    }
    if (fault.status() == 408 || fault.status() == 413) {
      response.putHeader("connection", "close");
    }
    json(fault.status(), fault.body());
  }

  /** Says that the answer will be a stream: a long silence begins it. */
  void promiseStream() {
    promised = true;
  }

  /** Begins a stream of events. */
  void beginStream() {
    if (ended || streaming) {
      return;
    }
    streaming = true;
    status = 200;
    response
        .setStatusCode(200)
        .setChunked(true)
        .putHeader("content-type", "text/event-stream; charset=utf-8")
        .putHeader("cache-control", "no-cache")
        .putHeader("x-accel-buffering", "no");
  }

  /** Sends an event. */
  void event(JsonNode json) {
    byte[] body = bytes(json);
    Buffer event = Buffer.buffer(DATA.length + body.length + END.length);
    write(event.appendBytes(DATA).appendBytes(body).appendBytes(END));
  }

  /** Sends an event that is text within a chunk. */
  void event(TextChunk chunk, String text) {
    write(chunk.event(text));
  }

  /** Sends the last event, and ends the stream. */
  void done() {
    write(DONE);
    endStream();
  }

  private void write(Buffer event) {
    if (ended || ending) {
      return;
    }
    if (waiting.isEmpty() && !response.writeQueueFull()) {
      lastWriteNanos = System.nanoTime();
      response.write(event);
    } else if (waiting.size() < MOST_WAITING) {
      waiting.add(event);
    } else {
      abort();
    }
  }

  private void endStream() {
    ending = true;
    drain();
  }

  /** Sends what waits as far as the reader takes it. */
  private void drain() {
    while (!waiting.isEmpty() && !ended && !response.writeQueueFull()) {
      lastWriteNanos = System.nanoTime();
      response.write(waiting.remove());
    }
    if (ending && waiting.isEmpty() && !ended) {
      ended = true;
      response.end();
      finish();
    }
  }

  /**
   * Sends a comment if nothing was sent for {@code silence}; gives up if nothing was taken, or no
   * whole body came, for {@code patience}.
   */
  void look(Duration silence, Duration patience) {
    if (readingBody && System.nanoTime() - arrivedNanos >= TimeUnit.NANOSECONDS.convert(patience)) {
      fail(ApiException.ofStatus(408, "the body did not come in time"));
      return;
    }
    long quiet = System.nanoTime() - lastWriteNanos;
    if (ended || !promised || quiet < TimeUnit.NANOSECONDS.convert(silence)) {
      return;
    }
    if (waiting.isEmpty()) {
      beginStream();
      write(PING);
    } else if (quiet >= TimeUnit.NANOSECONDS.convert(patience)) {
      abort();
    }
  }

  /** Closes the connection of a reader that does not read. */
  void abort() {
    leave();
    Future<Void> unused = request.connection().close();
  }

  static byte[] bytes(JsonNode json) {
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer cannot be written", e);
    }
  }
}
