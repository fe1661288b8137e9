package org.nemotron.core.eval.run;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.eval.task.ItemAnswer;
import org.nemotron.core.io.AtomicFiles;

/**
 * A file with a line of JSON for each item that a model has answered: task, item, and the sum of
 * each request, or the text.
 *
 * <p>Lines are only ever added. A process that is killed leaves at most a last line that is not
 * whole, which is removed when the log is opened again; all else that is damaged is refused.
 *
 * <p>Used by one thread at a time, which may change, and by one process at a time. Closing twice is
 * harmless; use after close is refused.
 */
public final class ItemLog implements AnswerStore, AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final Map<String, ItemAnswer> answers = new HashMap<>();

  private ItemLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens the log in {@code file}, which is made if it is missing, as are its directories.
   *
   * @throws IOException if it cannot be read or written, another process has it open, or a line
   *     that is not the last is damaged; the message names the line
   */
  public static ItemLog open(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      checkFree(file, channel);
      ItemLog log = new ItemLog(file, channel);
      log.readAll();
      return log;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void checkFree(Path file, FileChannel channel) throws IOException {
    if (lock(channel) == null) {
      throw new IOException(
          file
              + " is in use.\nMaybe another evaluation writes it: wait for its end, or name"
              + " another log.");
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // another log of this process
    }
  }

  private void readAll() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int from = 0;
    int number = 1;
    while (from < bytes.length) {
      int end = from;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      Optional<Entry> entry =
          ItemLine.parse(new String(bytes, from, end - from, StandardCharsets.UTF_8));
      if (entry.isEmpty() && end + 1 < bytes.length) {
        throw new IOException(
            file
                + ", line "
                + number
                + " is damaged.\nMaybe delete this line, whose item is then asked again; or the"
                + " log, and all are.");
      }
      if (entry.isEmpty() || end == bytes.length) {
        break; // not written to its end
      }
      answers.put(entry.get().key(), entry.get().answer());
      from = end + 1;
      number++;
    }
    FileChannel unused = channel.truncate(from).position(from);
  }

  /** Returns how many different items it holds. */
  public int size() {
    return answers.size();
  }

  @Override
  public Optional<ItemAnswer> find(String key) {
    checkOpen();
    return Optional.ofNullable(answers.get(key));
  }

  @Override
  public void add(List<Entry> entries) throws IOException {
    checkOpen();
    StringBuilder lines = new StringBuilder();
    entries.forEach(entry -> lines.append(ItemLine.of(entry)).append('\n'));
    AtomicFiles.writeFully(
        channel, ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8)));
    channel.force(false);
    entries.forEach(entry -> answers.put(entry.key(), entry.answer()));
  }

  private void checkOpen() {
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
