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

  /**
   * A whole answer goes in pieces, so that a slow reader who takes them is told from a dead one.
   */
  private static final int PIECE_BYTES = 1 << 16;

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
  private boolean over;
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

  /** Adds what to do when all is over: the reader took the whole answer, or has left. */
  void onEnd(Runnable action) {
    onEnd.add(action);
  }

  void readingBody(boolean now) {
    readingBody = now;
  }

  private void leave() {
    boolean early = !ended;
    ended = true;
    waiting.clear();
    if (early) {
      gone = true;
    }
    finish();
    if (early && cancelling != null) {
      cancelling.run();
    }
  }

  private void finish() {
    if (!over) {
      over = true;
      onEnd.forEach(Runnable::run);
      onEnd.clear();
    }
  }

  void json(int code, JsonNode body) {
    send(code, "application/json", bytes(body));
  }

  /** Sends a whole answer. */
  void send(int code, String type, byte[] body) {
    if (ended || ending || streaming) {
      return;
    }
    status = code;
    response.setStatusCode(code).putHeader("content-type", type);
    if (body.length > 0) {
      response.putHeader("content-length", String.valueOf(body.length));
    }
    Buffer whole = Buffer.buffer(body);
    for (int at = 0; at < body.length; at += PIECE_BYTES) {
      waiting.add(whole.slice(at, Math.min(body.length, at + PIECE_BYTES)));
    }
    end();
  }

  /** Answers with an error: as status and body, or where a stream has begun as its last event. */
  void fail(ApiException fault) {
    if (ended || ending) {
      return;
    }
    if (streaming) {
      event(fault.body());
      end();
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
    end();
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

  private void end() {
    ending = true;
    drain();
  }

  /** Sends what waits as far as the reader takes it. */
  private void drain() {
    while (!waiting.isEmpty() && !ended && !response.writeQueueFull()) {
      Buffer next = waiting.remove();
      lastWriteNanos = System.nanoTime();
      if (ending && waiting.isEmpty()) {
        finishAfter(response.end(next));
      } else {
        response.write(next);
      }
    }
    if (ending && waiting.isEmpty() && !ended) {
      finishAfter(response.end());
    }
  }

  /** Waits until the last bytes are with the socket: closing before would lose them. */
  private void finishAfter(Future<Void> end) {
    ended = true; // before the end: closing afterwards is no leaving
    end.onComplete(sent -> finish());
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
    boolean toBeTaken = ended || !waiting.isEmpty();
    if (over || (toBeTaken && quiet < TimeUnit.NANOSECONDS.convert(patience))) {
      return;
    }
    if (toBeTaken) {
      abort();
    } else if (promised && quiet >= TimeUnit.NANOSECONDS.convert(silence)) {
      beginStream();
      write(PING);
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
