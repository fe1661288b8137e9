package org.nemotron.core.data;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.data.SourceCounts.PartCounts;
import org.nemotron.core.io.AtomicFiles;

/**
 * Appends documents to the files of one part of a source. Beside the tokens there are, until the
 * index is made, the lengths of the sequences and, for each document, the number of sequences up to
 * its end. Used by one thread.
 */
final class PartWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final Path stem;
  private final int width;
  private final Appender tokens;
  private final Appender lengths;
  private final Appender documents;
  private final ImmutableList<Appender> mask;
  private PartCounts counts;

  /**
   * Opens the files, and drops what was appended behind {@code counts}.
   *
   * @param stem path of the files without their endings
   * @param width bytes of a token, 2 or 4
   * @param masked whether it is written which tokens are learned
   * @throws IOException if they cannot be written, or have less than {@code counts}
   */
  PartWriter(Path stem, int width, boolean masked, PartCounts counts) throws IOException {
    Files.createDirectories(stem.getParent());
    this.stem = stem;
    this.width = width;
    this.counts = counts;
    this.tokens = new Appender(file(stem, ".bin"), counts.tokens() * width);
    this.lengths = new Appender(file(stem, ".lengths"), counts.sequences() * Integer.BYTES);
    this.documents = new Appender(file(stem, ".documents"), counts.documents() * Long.BYTES);
    this.mask =
        masked
            ? ImmutableList.of(new Appender(file(stem, ".mask"), counts.tokens()))
            : ImmutableList.of();
  }

  static Path file(Path stem, String ending) {
    return stem.resolveSibling(stem.getFileName() + ending);
  }

  PartCounts counts() {
    return counts;
  }

  /**
   * Appends a sequence.
   *
   * @param learned which of the tokens are learned; none where all are
   * @param count how many of the tokens, from the first
   */
  void append(int[] ids, boolean[] learned, int count) throws IOException {
    if (count == 0) {
      return;
    }
    for (int t = 0; t < count; t++) {
      tokens.put(ids[t], width);
    }
    long known = count;
    if (learned.length > 0) {
      known = 0;
      for (int t = 0; t < count; t++) {
        known += learned[t] ? 1 : 0;
      }
    }
    for (Appender each : mask) {
      for (int t = 0; t < count; t++) {
        each.put(learned.length == 0 || learned[t] ? 1 : 0, 1);
      }
    }
    lengths.put(count, Integer.BYTES);
    counts = counts.plus(0, 1, count, known);
  }

  /** Ends a document, which the sequences since the last call make up. */
  void endDocument() throws IOException {
    documents.put(counts.sequences(), Long.BYTES);
    counts = counts.plus(1, 0, 0, 0);
  }

  /** Writes all to the disk. */
  void sync() throws IOException {
    tokens.sync();
    lengths.sync();
    documents.sync();
    for (Appender each : mask) {
      each.sync();
    }
  }

  /** Writes the index; what it was made of stays. */
  void index() throws IOException {
    sync();
    AtomicFiles.write(
        file(stem, ".idx"),
        channel -> {
          ByteBuffer head = little(IndexedTokens.HEADER_BYTES);
          head.put(IndexedTokens.MAGIC.getBytes(StandardCharsets.ISO_8859_1)).putLong(1);
          head.put((byte) (width == 2 ? IndexedTokens.UINT16 : IndexedTokens.INT32));
          head.putLong(counts.sequences()).putLong(counts.documents() + 1);
          AtomicFiles.writeFully(channel, head.flip());
          lengths.copyTo(channel);
          writeBegins(channel);
          AtomicFiles.writeFully(channel, little(Long.BYTES).putLong(0).flip());
          documents.copyTo(channel);
        });
  }

  private void writeBegins(FileChannel channel) throws IOException {
    ByteBuffer read = little(BUFFER_BYTES);
    ByteBuffer begins = little(2 * BUFFER_BYTES);
    long begin = 0;
    for (long at = 0; at < lengths.size(); at += read.limit()) {
      read.clear().limit((int) Math.min(BUFFER_BYTES, lengths.size() - at));
      lengths.read(read, at);
      begins.clear();
      for (read.flip(); read.hasRemaining(); begin += (long) read.getInt() * width) {
        begins.putLong(begin);
      }
      AtomicFiles.writeFully(channel, begins.flip());
    }
  }

  /** Deletes what is of no use once there is an index. */
  static void deleteWorkingFiles(Path stem) throws IOException {
    Files.deleteIfExists(file(stem, ".lengths"));
    Files.deleteIfExists(file(stem, ".documents"));
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    tokens.close();
    lengths.close();
    documents.close();
    for (Appender each : mask) {
      each.close();
    }
  }

  /** Appends little-endian numbers to a file, by way of a buffer. */
  private static final class Appender implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer buffer = little(BUFFER_BYTES);
    private long size;

    Appender(Path file, long size) throws IOException {
      this.file = file;
      this.channel = FileChannel.open(file, CREATE, READ, WRITE);
      this.size = size;
      if (channel.size() < size) {
        channel.close();
        throw new IOException(file + " has less than was noted");
      }
      channel.truncate(size).position(size);
    }

    void put(long number, int bytes) throws IOException {
      if (buffer.remaining() < bytes) {
        flush();
      }
      switch (bytes) {
        case 1 -> buffer.put((byte) number);
        case 2 -> buffer.putShort((short) number);
        case 4 -> buffer.putInt((int) number);
        default -> buffer.putLong(number);
      }
    }

    private void flush() throws IOException {
      size += buffer.position();
      try {
        AtomicFiles.writeFully(channel, buffer.flip());
      } catch (ClosedByInterruptException e) {
        throw e;
      } catch (IOException e) {
        throw new IOException(
            file
                + " could not be written ("
                + e.getMessage()
                + "); what was noted before is kept.\n"
                + "Maybe the disk is full: lower trainingTokens, or make room and run it again.",
            e);
      }
      buffer.clear();
    }

    void sync() throws IOException {
      flush();
      channel.force(false);
    }

    long size() {
      return size;
    }

    void read(ByteBuffer target, long at) throws IOException {
      long place = at;
      while (target.hasRemaining()) {
        place += channel.read(target, place);
      }
    }

    void copyTo(FileChannel target) throws IOException {
      for (long at = 0; at < size; ) {
        at += channel.transferTo(at, size - at, target);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
