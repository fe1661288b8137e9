package org.nemotron.examples.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import org.nemotron.examples.crash.RefusedWrites.Call;

/** A channel that may refuse to write, half of the bytes being written. */
final class RefusingChannel extends FileChannel {
  private final FileChannel platform;
  private final Path file;

  RefusingChannel(FileChannel platform, Path file) {
    this.platform = platform;
    this.file = file;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    if (RefusingProvider.REFUSED.refuses(Call.WRITE, file)) {
      int unused = platform.write(bytes.slice().limit(bytes.remaining() / 2));
      throw new IOException(RefusedWrites.REASON);
    }
    return platform.write(bytes);
  }

  @Override
  public void force(boolean metaData) throws IOException {
    if (RefusingProvider.REFUSED.refuses(Call.SYNC, file)) {
      throw new IOException(RefusedWrites.REASON);
    }
    platform.force(metaData);
  }

  @Override
  public long write(ByteBuffer[] bytes, int offset, int length) throws IOException {
    return platform.write(bytes, offset, length);
  }

  @Override
  public int write(ByteBuffer bytes, long position) throws IOException {
    return platform.write(bytes, position);
  }

  @Override
  public int read(ByteBuffer bytes) throws IOException {
    return platform.read(bytes);
  }

  @Override
  public long read(ByteBuffer[] bytes, int offset, int length) throws IOException {
    return platform.read(bytes, offset, length);
  }

  @Override
  public int read(ByteBuffer bytes, long position) throws IOException {
    return platform.read(bytes, position);
  }

  @Override
  public long position() throws IOException {
    return platform.position();
  }

  @Override
  public FileChannel position(long position) throws IOException {
    return platform.position(position);
  }

  @Override
  public long size() throws IOException {
    return platform.size();
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    return platform.truncate(size);
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    return platform.transferTo(position, count, target);
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count)
      throws IOException {
    return platform.transferFrom(source, position, count);
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
    return platform.map(mode, position, size);
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return platform.lock(position, size, shared);
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return platform.tryLock(position, size, shared);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    platform.close();
  }
}
