package org.nemotron.examples.benchmark;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.common.primitives.ImmutableLongArray;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads the bytes of one answer as they come: with little work, since it runs beside the server.
 */
final class AnswerReader {
  private static final byte[] DATA = "data: {".getBytes(US_ASCII);
  private static final byte[] EMPTY = "\"text\":\"\"".getBytes(US_ASCII);
  private static final int BUSY = 429;
  private static final String RETRY = "retry-after:";
  private static final byte[] END = "data: [DONE]".getBytes(US_ASCII);

  private final long begunNanos = System.nanoTime();
  private final ImmutableLongArray.Builder times = ImmutableLongArray.builder();
  private byte[] line = new byte[1 << 12];
  private int length = 0;
  private int status = 0;
  private int retrySeconds = 1;
  private boolean ended = false;

  /** Reads what came at {@code nowNanos}. */
  void read(ByteBuffer bytes, long nowNanos) {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      if (next == '\n') {
        endLine(nowNanos);
      } else {
        if (length == line.length) {
          line = Arrays.copyOf(line, 2 * length);
        }
        line[length++] = next;
      }
    }
  }

  private void endLine(long nowNanos) {
    if (status == 0) { // HTTP/1.1 200 OK
      status = Integer.parseInt(new String(line, 9, 3, US_ASCII));
    } else if (startsWith(DATA)) {
      if (!contains(EMPTY)) {
        times.add(nowNanos);
      }
    } else if (startsWith(END)) {
      ended = true;
    } else if (status == BUSY) {
      String header = new String(line, 0, length, US_ASCII).toLowerCase(Locale.ROOT);
      if (header.startsWith(RETRY)) {
        retrySeconds = Integer.parseInt(header.substring(RETRY.length()).trim());
      }
    }
    length = 0;
  }

  private boolean startsWith(byte[] what) {
    return length >= what.length && Arrays.equals(line, 0, what.length, what, 0, what.length);
  }

  private boolean contains(byte[] what) {
    for (int at = 0; at + what.length <= length; at++) {
      if (line[at] == what[0] && Arrays.equals(line, at, at + what.length, what, 0, what.length)) {
        return true;
      }
    }
    return false;
  }

  /** Returns after how many seconds the server wants to be asked again; 1 if it does not say. */
  int retrySeconds() {
    return retrySeconds;
  }

  /** Returns whether nothing more is waited for. */
  boolean isEnded() {
    return ended;
  }

  /** Returns the answer; a stream that was cut has failed. */
  StreamedAnswer answer(long nowNanos) {
    return new StreamedAnswer(
        status == 200 && !ended ? 0 : status, begunNanos, nowNanos, times.build());
  }
}
