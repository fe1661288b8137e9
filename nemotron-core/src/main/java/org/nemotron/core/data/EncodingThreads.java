package org.nemotron.core.data;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.nemotron.core.tensor.Cancellation;

/**
 * Encodes the records of a file on all cores and hands them on in their order. The calling thread
 * reads and writes, a bounded number of records ahead of the encoders.
 */
final class EncodingThreads implements AutoCloseable {
  private static final int CHUNK_BYTES = 1 << 18;
  private static final int CHUNK_RECORDS = 1 << 12;
  private static final long MOST_BYTES_AHEAD = 1 << 26;
  private static final int CHUNKS_PER_THREAD = 4;

  private final int threads;
  private final ExecutorService executor;

  EncodingThreads(int threads) {
    this.threads = threads;
    this.executor =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "token store");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Receives records in their order. */
  interface Sink {
    /** Takes a record and returns whether more are wanted. */
    boolean take(RawRecord raw, EncodedRecord encoded) throws IOException;
  }

  /** Records that one thread encodes at once. */
  private record Chunk(
      ImmutableList<RawRecord> records, long bytes, Future<List<EncodedRecord>> encoded) {}

  /** Encodes all records of {@code reader}, until {@code sink} wants no more. */
  void encode(RecordReader reader, RecordEncoder encoder, Sink sink) throws IOException {
    Deque<Chunk> ahead = new ArrayDeque<>();
    long bytesAhead = 0;
    boolean ended = false;
    try {
      while (true) {
        Cancellation.check();
        while (!ended
            && ahead.size() < CHUNKS_PER_THREAD * threads
            && bytesAhead < MOST_BYTES_AHEAD) {
          Optional<Chunk> chunk = next(reader, encoder);
          chunk.ifPresent(ahead::add);
          bytesAhead += chunk.map(Chunk::bytes).orElse(0L);
          ended = chunk.isEmpty();
        }
        if (ahead.isEmpty()) {
          return;
        }
        Chunk first = ahead.remove();
        bytesAhead -= first.bytes();
        if (!taken(first, sink)) {
          return;
        }
      }
    } finally {
      ahead.forEach(chunk -> chunk.encoded().cancel(false));
    }
  }

  private Optional<Chunk> next(RecordReader reader, RecordEncoder encoder) throws IOException {
    ImmutableList.Builder<RawRecord> records = ImmutableList.builder();
    long bytes = 0;
    int count = 0;
    while (bytes < CHUNK_BYTES && count < CHUNK_RECORDS) {
      Optional<RawRecord> record = reader.next();
      if (record.isEmpty()) {
        break;
      }
      records.add(record.get());
      bytes += record.get().content().bytes();
      count++;
    }
    ImmutableList<RawRecord> all = records.build();
    return all.isEmpty()
        ? Optional.empty()
        : Optional.of(new Chunk(all, bytes, executor.submit(() -> encoded(all, encoder))));
  }

  private static List<EncodedRecord> encoded(List<RawRecord> records, RecordEncoder encoder)
      throws IOException {
    List<EncodedRecord> encoded = new ArrayList<>(records.size());
    for (RawRecord record : records) {
      encoded.add(encoder.encode(record));
    }
    return encoded;
  }

  private static boolean taken(Chunk chunk, Sink sink) throws IOException {
    List<EncodedRecord> encoded;
    try {
      encoded = chunk.encoded().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      Cancellation.check();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = verifyNotNull(e.getCause());
      Throwables.throwIfInstanceOf(cause, IOException.class);
      Throwables.throwIfUnchecked(cause);
      throw new IllegalStateException(cause);
    }
    for (int index = 0; index < encoded.size(); index++) {
      if (!sink.take(chunk.records().get(index), encoded.get(index))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
