package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Verify;
import io.vertx.core.buffer.Buffer;

/**
 * The event of a piece that is text and nothing else, as most are: what is the same in all of them
 * is written once. Immutable.
 */
final class TextChunk {
  /** The text of the chunk that this is made of. */
  static final String PLACE = "\u0001\u0002";

  private static final String WRITTEN = "\"\\u0001\\u0002\"";

  private final byte[] before;
  private final byte[] behind;

  /** Takes the chunk whose text is {@link #PLACE}. */
  TextChunk(ObjectNode chunk) {
    String json = new String(Exchange.bytes(chunk), UTF_8);
    int place = json.lastIndexOf(WRITTEN);
    Verify.verify(place >= 0, "a chunk must have its text: %s", json);
    this.before = ("data: " + json.substring(0, place + 1)).getBytes(UTF_8);
    this.behind = (json.substring(place + WRITTEN.length() - 1) + "\n\n").getBytes(UTF_8);
  }

  /** Returns the event with {@code text}. */
  Buffer event(String text) {
    byte[] quoted = JsonStringEncoder.getInstance().quoteAsUTF8(text);
    return Buffer.buffer(before.length + quoted.length + behind.length)
        .appendBytes(before)
        .appendBytes(quoted)
        .appendBytes(behind);
  }
}
