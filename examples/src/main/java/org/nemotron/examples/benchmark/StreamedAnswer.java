package org.nemotron.examples.benchmark;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.util.Arrays;

/**
 * What came of a request for a stream, and when. Immutable.
 *
 * <p>It is read from the socket with little work, so that the load takes little of the cores that
 * it measures.
 *
 * @param status of HTTP; 0 where the connection failed
 * @param begunNanos when the request was sent
 * @param endNanos when the answer was complete
 * @param tokenNanos when each event with text came
 */
record StreamedAnswer(
    int status, long begunNanos, long endNanos, ImmutableLongArray tokenNanos) {
  private static final byte[] DATA = "data: {".getBytes(US_ASCII);
  private static final byte[] EMPTY = "\"text\":\"\"".getBytes(US_ASCII);
  private static final byte[] END = "data: [DONE]".getBytes(US_ASCII);

  /** Sends a request and reads its answer to the end. */
  static StreamedAnswer of(URI url, byte[] body) {
    long begun = System.nanoTime();
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      socket.setTcpNoDelay(true);
      String head =
          "POST "
              + url.getPath()
              + " HTTP/1.1\r\nHost: load\r\nConnection: close\r\nContent-Type: application/json\r\n"
              + "Content-Length: "
              + body.length
              + "\r\n\r\n";
      byte[] request = new byte[head.length() + body.length];
      System.arraycopy(head.getBytes(US_ASCII), 0, request, 0, head.length());
      System.arraycopy(body, 0, request, head.length(), body.length);
      socket.getOutputStream().write(request);
      return new Reading(socket.getInputStream()).read(begun);
    } catch (IOException e) {
      return new StreamedAnswer(0, begun, System.nanoTime(), ImmutableLongArray.of());
    }
  }

  boolean isGood() {
    return status == 200 && tokenNanos.length() > 0;
  }

  boolean isFailed() {
    return status != 200 && status != 429;
  }

  /** Reads the lines of an answer. */
  private static final class Reading {
    private final InputStream in;
    private final byte[] read = new byte[1 << 14];
    private byte[] line = new byte[1 << 12];
    private int length = 0;
    private int status = 0;
    private boolean ended = false;
    private final ImmutableLongArray.Builder times = ImmutableLongArray.builder();

    private Reading(InputStream in) {
      this.in = in;
    }

    StreamedAnswer read(long begun) throws IOException {
      for (int count = in.read(read); count >= 0 && !ended; count = in.read(read)) {
        long now = System.nanoTime();
        for (int i = 0; i < count; i++) {
          add(read[i], now);
        }
        if (ended || (status != 200 && status != 0)) {
          break;
        }
      }
      boolean whole = ended || status != 200;
      return new StreamedAnswer(whole ? status : 0, begun, System.nanoTime(), times.build());
    }

    private void add(byte next, long now) {
      if (next != '\n') {
        if (length == line.length) {
          line = Arrays.copyOf(line, 2 * length);
        }
        line[length++] = next;
        return;
      }
      if (status == 0) { // HTTP/1.1 200 OK
        status = Integer.parseInt(new String(line, 9, 3, US_ASCII));
      } else if (startsWith(DATA) && !contains(EMPTY)) {
        times.add(now);
      } else if (startsWith(END)) {
        ended = true;
      }
      length = 0;
    }

    private boolean startsWith(byte[] what) {
      return length >= what.length
          && Arrays.equals(line, 0, what.length, what, 0, what.length);
    }

    private boolean contains(byte[] what) {
      for (int at = 0; at + what.length <= length; at++) {
        if (line[at] == what[0]
            && Arrays.equals(line, at, at + what.length, what, 0, what.length)) {
          return true;
        }
      }
      return false;
    }
  }
}
