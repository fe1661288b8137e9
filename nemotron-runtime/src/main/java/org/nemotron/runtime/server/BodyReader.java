package org.nemotron.runtime.server;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.server.wire.ApiException;

/** Collects the body of a request, up to a limit. Used on the event loop. */
final class BodyReader {
  private final Exchange exchange;
  private final int mostBytes;
  private final BodyBudget.Share share;
  private final Consumer<Body> onBody;
  private Buffer body = Buffer.buffer();
  private boolean announced;
  private boolean complete;

  private BodyReader(
      Exchange exchange, int mostBytes, BodyBudget.Share share, Consumer<Body> onBody) {
    this.exchange = exchange;
    this.mostBytes = mostBytes;
    this.share = share;
    this.onBody = onBody;
  }

  /**
   * Reads the body, and gives it to {@code onBody}, which closes it, when it is complete. A longer
   * one is answered with an error instead, and one for which there is no room.
   *
   * @param share counts what came, until the body is closed or the exchange ends before that
   * @throws ApiException if the headers say that it cannot be read
   */
  static void read(
      Exchange exchange, int mostBytes, BodyBudget.Share share, Consumer<Body> onBody) {
    HttpServerRequest request = exchange.request();
    checkType(request.getHeader("content-type"));
    String encoding = request.getHeader("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw ApiException.ofStatus(415, "the content-encoding (" + encoding + ") is not supported");
    }
    BodyReader reader = new BodyReader(exchange, mostBytes, share, onBody);
    reader.announce(length(request.getHeader("content-length")));
    exchange.readingBody(true);
    exchange.onEnd(reader::release);
    request.handler(reader::take);
    request.endHandler(nothing -> reader.end());
  }

  private static void checkType(@Nullable String type) {
    if (type != null
        && !type.toLowerCase(Locale.ROOT).matches("application/([\\w.-]+\\+)?json\\b.*")) {
      throw ApiException.ofStatus(415, "the content-type (" + type + ") must be application/json");
    }
  }

  private static long length(@Nullable String header) {
    try {
      return header == null ? 0 : Long.parseLong(header.trim());
    } catch (NumberFormatException e) {
      throw ApiException.ofStatus(400, "the content-length (" + header + ") must be a number");
    }
  }

  /** A body that has no room is refused before any of it comes. */
  private void announce(long bytes) {
    checkLength(bytes);
    share.add(bytes);
    announced = bytes > 0;
  }

  private void checkLength(long bytes) {
    if (bytes > mostBytes) {
      throw ApiException.ofStatus(413, "the body must have at most " + mostBytes + " bytes");
    }
  }

  private void take(Buffer piece) {
    if (exchange.isEnded()) {
      return;
    }
    try {
      checkLength((long) body.length() + piece.length());
      if (!announced) {
        share.add(piece.length());
      }
      Buffer unused = body.appendBuffer(piece);
    } catch (ApiException e) {
      exchange.fail(e);
    }
  }

  private void end() {
    exchange.readingBody(false);
    if (!exchange.isEnded()) {
      complete = true;
      byte[] bytes = body.getBytes();
      body = Buffer.buffer();
      onBody.accept(new Body(bytes, share));
    }
  }

  /** A complete body is released by its reader, which may be at work still. */
  private void release() {
    body = Buffer.buffer(); // more of it may come, and is dropped
    if (!complete) {
      share.close();
    }
  }
}
