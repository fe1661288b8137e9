package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A caller that writes the bytes of HTTP itself, to leave in the middle of them. */
final class RawClient implements AutoCloseable {
  private final Socket socket = new Socket();
  private final InputStream in;

  RawClient(int port, int receiveBytes) throws IOException {
    socket.setReceiveBufferSize(receiveBytes);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    in = new BufferedInputStream(socket.getInputStream());
  }

  RawClient(int port) throws IOException {
    this(port, 1 << 16);
  }

  void post(String path, String json) throws IOException {
    String body = json.replace('\'', '"');
    write(
        "POST "
            + path
            + " HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: "
            + body.getBytes(UTF_8).length
            + "\r\n\r\n"
            + body);
  }

  void write(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
  }

  /** Says that nothing more comes. */
  void finish() throws IOException {
    socket.shutdownOutput();
  }

  InputStream in() {
    return in;
  }

  /** Reads until the server closes, or {@code text} came. */
  String readUntil(String text) throws IOException {
    StringBuilder read = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      read.append((char) next);
      if (read.indexOf(text, read.length() - text.length()) >= 0) {
        break;
      }
    }
    return read.toString();
  }

  /** Leaves, with a reset where something was not read. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
