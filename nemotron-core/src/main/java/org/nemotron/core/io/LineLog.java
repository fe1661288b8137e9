package org.nemotron.core.io;

import static com.google.common.base.Preconditions.checkState;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A file of lines to which lines are only ever added, such as answers that were dear to get.
 *
 * <p>A process that is killed leaves at most a last line that is not whole, which is removed when
 * the log is opened again; all else that is damaged is refused.
 *
 * <p>Used by one thread at a time, which may change, and by one process at a time. Closing twice is
 * harmless; use after close is refused.
 */
public final class LineLog implements AutoCloseable {
  private final FileChannel channel;

  private LineLog(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens the log in {@code file}, which is made if it is missing, as are its directories.
   *
   * @param content what each line is, as messages call it, such as "answer"
   * @param reader takes each line, without its end, and returns whether the line is whole
   * @throws IOException if the file cannot be read or written, another process has it open, or a
   *     line that is not the last is damaged; the message names the line
   */
  public static LineLog open(Path file, String content, Predicate<String> reader)
      throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      checkFree(file, channel);
      long whole = readAll(file, content, reader);
      FileChannel unused = channel.truncate(whole).position(whole);
      return new LineLog(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void checkFree(Path file, FileChannel channel) throws IOException {
    if (lock(channel) == null) {
      throw new IOException(
          file
              + " is in use.\nMaybe another process writes it: wait for its end, or name another"
              + " file.");
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // another log of this process
    }
  }

  /** Returns how many bytes the whole lines take. */
  private static int readAll(Path file, String content, Predicate<String> reader)
      throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int from = 0;
    int number = 1;
    while (from < bytes.length) {
      int end = from;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      if (end == bytes.length) {
        break; // not written to its end
      }
      boolean whole = reader.test(new String(bytes, from, end - from, StandardCharsets.UTF_8));
      if (!whole && end + 1 < bytes.length) {
        throw new IOException(
            file
                + ", line "
                + number
                + " is damaged.\nMaybe delete this line, whose "
                + content
                + " is then asked for again; or the file, and all are.");
      }
      if (!whole) {
        break;
      }
      from = end + 1;
      number++;
    }
    return from;
  }

  /**
   * Adds lines, which are on the disk when this returns.
   *
   * @param lines without their ends
   * @throws IOException if they cannot be written
   */
  public void add(List<String> lines) throws IOException {
    checkOpen();
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    AtomicFiles.writeFully(
        channel, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
    channel.force(false);
  }

  /** Checks that this log has not been closed. */
  public void checkOpen() {
    checkState(channel.isOpen(), "this log is closed");
  }

  /**
   * Closes the file.
   *
   * @throws IOException if it cannot
   */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
