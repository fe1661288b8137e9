package org.nemotron.core.io;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files and directories that appear whole or not at all.
 *
 * <p>Content goes to a temporary name beside the target, which ends in {@code .partial}, is synced
 * and then renamed. A process killed in between leaves only the temporary name, which {@link
 * #deleteLeftovers} removes. An interrupt of the writing thread ends it with a {@link
 * CancellationException}, and stays set.
 */
public final class AtomicFiles {
  private static final String SUFFIX = ".partial";
  private static final Pattern LEFTOVER = Pattern.compile(".+\\.[0-9]+-[0-9]+\\.partial");
  private static final AtomicLong COUNTER = new AtomicLong();

  private AtomicFiles() {}

  /** Writes the content of one file. */
  public interface FileBody {
    /**
     * Writes everything to {@code channel}, which the caller syncs and closes.
     *
     * @throws IOException if it cannot; then nothing takes the target's place
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Writes the content of one directory. */
  public interface DirectoryBody {
    /**
     * Writes files into {@code directory}, which exists and is empty.
     *
     * @throws IOException if it cannot; then nothing takes the target's place
     */
    void writeTo(Path directory) throws IOException;
  }

  /**
   * Writes {@code text} as UTF-8 to {@code target}, replacing it.
   *
   * @throws IOException if it cannot be written; {@code target} is then as it was
   */
  public static void write(Path target, String text) throws IOException {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Writes {@code bytes} to {@code target}, replacing it.
   *
   * @throws IOException if it cannot be written; {@code target} is then as it was
   */
  public static void write(Path target, byte[] bytes) throws IOException {
    write(target, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /**
   * Writes the content that {@code body} produces to {@code target}, replacing it; missing parent
   * directories are made.
   *
   * @throws IOException if it cannot be written; {@code target} is then as it was
   */
  public static void write(Path target, FileBody body) throws IOException {
    Path partial = partialOf(target);
    try {
      MoreFiles.createParentDirectories(partial);
      try (FileChannel channel = FileChannel.open(partial, CREATE_NEW, WRITE)) {
        body.writeTo(channel);
        channel.force(true);
      }
      Files.move(partial, target, ATOMIC_MOVE);
    } catch (IOException e) {
      throw notWritten(target, partial, e);
    } finally {
      deleteTree(partial);
    }
  }

  /**
   * Writes a directory and puts it in the place of {@code target}.
   *
   * <p>A former directory of that name is moved aside just before the new one takes its place: a
   * process killed between the two leaves no directory of that name, never a mixture.
   *
   * @throws IOException if it cannot be written; {@code target} is then as it was
   */
  public static void writeDirectory(Path target, DirectoryBody body) throws IOException {
    Path partial = partialOf(target);
    Path former = partialOf(target);
    try {
      Files.createDirectories(partial);
      body.writeTo(partial);
      if (Files.exists(target)) {
        Files.move(target, former, ATOMIC_MOVE);
      }
      moveOrRestore(partial, target, former);
    } catch (IOException e) {
      throw notWritten(target, partial, e);
    } finally {
      deleteTree(partial);
      deleteTree(former);
    }
  }

  private static void moveOrRestore(Path partial, Path target, Path former) throws IOException {
    try {
      Files.move(partial, target, ATOMIC_MOVE);
    } catch (IOException e) {
      if (Files.exists(former)) {
        Files.move(former, target, ATOMIC_MOVE);
      }
      throw e;
    }
  }

  /**
   * Writes all that remains of {@code buffer} to {@code channel}.
   *
   * @throws IOException if the channel takes no more; part of the buffer may be written
   */
  public static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      long unused = channel.write(buffer);
    }
  }

  /**
   * Deletes temporary files that killed writers left in {@code directory} and the directories in
   * it, and returns their paths. Must not be called while another writer works there.
   *
   * @throws IOException if one cannot be deleted
   */
  @CanIgnoreReturnValue
  public static ImmutableList<Path> deleteLeftovers(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return ImmutableList.of();
    }
    ImmutableList<Path> leftovers;
    try (Stream<Path> entries = Files.walk(directory, 2)) {
      leftovers =
          entries
              .filter(path -> LEFTOVER.matcher(path.getFileName().toString()).matches())
              .sorted()
              .collect(ImmutableList.toImmutableList());
    }
    for (Path leftover : leftovers) {
      deleteTree(leftover);
    }
    return leftovers;
  }

  /**
   * Deletes a file, or a directory with its content; does nothing where neither exists.
   *
   * @throws IOException if something of it cannot be deleted
   */
  public static void deleteTree(Path path) throws IOException {
    if (Files.exists(path)) {
      MoreFiles.deleteRecursively(path, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  private static Path partialOf(Path target) {
    long process = ProcessHandle.current().pid();
    Path name = target.toAbsolutePath().getFileName();
    return target
        .toAbsolutePath()
        .resolveSibling(name + "." + process + "-" + COUNTER.incrementAndGet() + SUFFIX);
  }

  private static IOException notWritten(Path target, Path partial, IOException cause) {
    if (Throwables.getRootCause(cause) instanceof ClosedByInterruptException) {
      CancellationException cancelled =
          new CancellationException(
              "cancelled: thread "
                  + Thread.currentThread().getName()
                  + " was interrupted while it wrote "
                  + target
                  + "; what stood there before is untouched");
      cancelled.initCause(cause);
      throw cancelled;
    }
    return new IOException(
        target
            + " could not be written ("
            + reason(partial, cause)
            + "); what stood there before is untouched.\n"
            + remedy(Throwables.getRootCause(cause)),
        cause);
  }

  /** A file that is missing is one that was to be read; of writing there is nothing to say. */
  private static String remedy(Throwable fault) {
    return FileFaults.remedyOfWriting(
        fault instanceof NoSuchFileException ? new IOException(fault) : fault);
  }

  /** Returns the first fault, without the temporary name, which no longer exists. */
  private static @Nullable String reason(Path partial, IOException cause) {
    Throwable root = Throwables.getRootCause(cause);
    if (root instanceof NoSuchFileException missing) {
      return missing.getFile() + " is missing";
    }
    if (root instanceof FileSystemException failure && failure.getFile() != null) {
      String words = FileFaults.words(failure);
      return Path.of(failure.getFile()).startsWith(partial)
          ? words
          : failure.getFile() + ": " + words;
    }
    return root.getMessage();
  }
}
