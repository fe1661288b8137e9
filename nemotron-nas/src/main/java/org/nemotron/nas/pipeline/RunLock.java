package org.nemotron.nas.pipeline;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.io.FileFaults;

/** Keeps two processes out of one run's directory; a killed process holds no lock. */
final class RunLock implements AutoCloseable {
  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws IOException if another run has it, or the directory may not be written
   */
  static RunLock of(Path directory) throws IOException {
    Path file = directory.resolve(".lock");
    FileChannel channel = open(file);
    if (locked(channel) == null) {
      channel.close();
      throw new IOException(
          directory
              + ": another run is at work in this directory.\nMaybe wait for it, or name another"
              + " output.");
    }
    return new RunLock(channel);
  }

  private static FileChannel open(Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (FileSystemException e) {
      throw new IOException(
          file
              + " could not be written ("
              + FileFaults.words(e)
              + "), so that no run can begin.\n"
              + FileFaults.remedyOfWriting(e),
          e);
    }
  }

  private static @Nullable FileLock locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
