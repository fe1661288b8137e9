package org.nemotron.examples.benchmark;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/**
 * Holds many streams open at the same time, on one thread, so that the load takes little of the
 * cores that it measures.
 */
final class StreamClient {
  private static final double SECOND_NANOS = 1e9;

  private final URI url;
  private final IntFunction<Optional<byte[]>> bodies;
  private final ByteBuffer read = ByteBuffer.allocateDirect(1 << 16);
  private final ImmutableList.Builder<StreamedAnswer> done = ImmutableList.builder();
  private final PriorityQueue<Later> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Later::nanos));
  private final SplittableRandom random = new SplittableRandom(1);
  private int open = 0;

  /** A stream that asks again after a while. */
  private record Later(int stream, long nanos) {}

  /** A stream under way. */
  private record Running(int stream, AnswerReader reader) {}

  /**
   * Makes a client.
   *
   * @param bodies returns the next request of a stream by its number; empty where there is none
   */
  StreamClient(URI url, IntFunction<Optional<byte[]>> bodies) {
    this.url = url;
    this.bodies = bodies;
  }

  /**
   * Runs streams until none has another request; those that are refused wait as long as the server
   * asks, and up to twice as long, so that they do not come together.
   */
  ImmutableList<StreamedAnswer> run(int streams) throws IOException {
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < streams; i++) {
        waiting.add(new Later(i, System.nanoTime()));
      }
      while (open > 0 || !waiting.isEmpty()) {
        await(selector);
        Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
        while (ready.hasNext()) {
          read(ready.next(), selector);
          ready.remove();
        }
        if (!waiting.isEmpty() && waiting.peek().nanos() - System.nanoTime() <= 0) {
          begin(waiting.remove().stream(), selector); // one: answers that are there come first
        }
      }
    }
    return done.build();
  }

  /** Waits for answers, but no longer than until a stream asks again. */
  private void await(Selector selector) throws IOException {
    Later next = waiting.peek();
    long nanos = next == null ? Long.MAX_VALUE : next.nanos() - System.nanoTime();
    int unused = nanos <= 0 ? selector.selectNow() : selector.select(1 + nanos / 1_000_000);
  }

  private void begin(int stream, Selector selector) throws IOException {
    Optional<byte[]> body = bodies.apply(stream);
    if (body.isEmpty()) {
      return;
    }
    AnswerReader reader = new AnswerReader();
    SocketChannel channel = SocketChannel.open();
    try {
      boolean unused = channel.connect(new InetSocketAddress(url.getHost(), url.getPort()));
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      write(channel, body.orElseThrow());
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      key.attach(new Running(stream, reader));
      open++;
    } catch (IOException e) { // counted as failed
      channel.close();
      end(stream, reader, selector);
    }
  }

  private void write(SocketChannel channel, byte[] body) throws IOException {
    String head =
        "POST "
            + url.getPath()
            + " HTTP/1.1\r\nHost: load\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + body.length
            + "\r\n\r\n";
    ByteBuffer request = ByteBuffer.allocate(head.length() + body.length);
    request.put(head.getBytes(US_ASCII)).put(body).flip();
    while (request.hasRemaining()) {
      int unused = channel.write(request);
    }
  }

  private void read(SelectionKey key, Selector selector) throws IOException {
    SocketChannel channel = (SocketChannel) key.channel();
    Running running = (Running) key.attachment();
    int count;
    try {
      count = channel.read(read.clear());
    } catch (IOException e) { // the server has closed
      count = -1;
    }
    if (count > 0) {
      running.reader().read(read.flip(), System.nanoTime());
    }
    if (count < 0 || running.reader().isEnded()) {
      channel.close();
      open--;
      end(running.stream(), running.reader(), selector);
    }
  }

  private void end(int stream, AnswerReader reader, Selector selector) throws IOException {
    long now = System.nanoTime();
    StreamedAnswer answer = reader.answer(now);
    done.add(answer);
    if (answer.status() == 200) {
      begin(stream, selector);
    } else {
      double seconds = reader.retrySeconds() * (1 + random.nextDouble());
      waiting.add(new Later(stream, now + (long) (SECOND_NANOS * seconds)));
    }
  }
}
