package org.nemotron.core.checkpoint.safetensors;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Longs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.checkpoint.file.MappedBytes;
import org.nemotron.core.checkpoint.file.StoredTensor;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.io.FailedDownloads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;

/**
 * A safetensors file, open for reading. Tensors are views over the mapped file: no byte is copied
 * into the Java heap, and what is not looked at is not read.
 *
 * <p>Lifetime: a view outlives this object; the mapping ends with the last view over it. What is
 * written to a view stays in memory. The file must not be shortened while it is mapped.
 *
 * <p>Safe for use by several threads, except for closing.
 */
public final class SafetensorsFile implements Closeable {
  /*
   * The whole file is mapped once, by LibTorch: its mappings have no limit of 2 GiB, and end with
   * the last view over them. They are private: whoever writes to a view writes to memory of its own.
   */
  private static final int LENGTH_BYTES = 8;
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private final Path path;
  private final long dataBegin;
  private final SafetensorsHeader header;
  private final Tensor fileBytes;
  private boolean closed;

  private SafetensorsFile(Path path, long dataBegin, SafetensorsHeader header, Tensor fileBytes) {
    this.path = path;
    this.dataBegin = dataBegin;
    this.header = header;
    this.fileBytes = NativeScope.keep(fileBytes);
  }

  /**
   * Opens {@code path} and checks its header against its length.
   *
   * @throws CheckpointFormatException if the file is missing or damaged
   */
  public static SafetensorsFile open(Path path) throws IOException {
    try (FileChannel channel = openChannel(path)) {
      Optional<String> fault = FailedDownloads.fault(path);
      if (fault.isPresent()) {
        throw new CheckpointFormatException(fault.get());
      }
      return open(path, channel);
    }
  }

  private static SafetensorsFile open(Path path, FileChannel channel) throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      ByteBuffer json = readHeader(channel);
      long dataBegin = (long) LENGTH_BYTES + json.remaining();
      SafetensorsHeader header = SafetensorsHeader.parse(json, channel.size() - dataBegin);
      return new SafetensorsFile(path, dataBegin, header, MappedBytes.of(path, channel.size()));
    } catch (CheckpointFormatException e) {
      throw new CheckpointFormatException(
          path + ": " + e.getMessage() + ".\nMaybe the file was not copied or downloaded whole.",
          e);
    }
  }

  private static FileChannel openChannel(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new CheckpointFormatException(path + " is a directory; it must be a file");
    }
    try {
      return FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new CheckpointFormatException(path + " is missing", e);
    }
  }

  private static ByteBuffer readHeader(FileChannel channel) throws IOException {
    long fileBytes = channel.size();
    if (fileBytes < LENGTH_BYTES) {
      throw new CheckpointFormatException(
          "the file has " + fileBytes + " bytes but a header begins with " + LENGTH_BYTES);
    }
    long headerBytes = read(channel, 0, LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (headerBytes < 0 || headerBytes > Math.min(MAX_HEADER_BYTES, fileBytes - LENGTH_BYTES)) {
      throw new CheckpointFormatException(
          "the header is said to have "
              + Long.toUnsignedString(headerBytes)
              + " bytes, but the file has "
              + fileBytes
              + " and a header at most "
              + MAX_HEADER_BYTES);
    }
    return read(channel, LENGTH_BYTES, (int) headerBytes);
  }

  private static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new CheckpointFormatException("the file became shorter while it was read");
      }
    }
    return buffer.flip();
  }

  /** Returns where the file lies. */
  public Path path() {
    return path;
  }

  /** Returns the texts that the writer put into the header. */
  public ImmutableMap<String, String> metadata() {
    return header.metadata();
  }

  /** Returns the names of all tensors, in the order of their bytes. */
  public ImmutableSet<String> names() {
    return header.tensors().keySet();
  }

  /**
   * Returns the shape of the tensor called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public ImmutableList<Long> shape(String name) {
    return stored(name).shape();
  }

  /**
   * Returns the element type of the tensor called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   * @throws CheckpointFormatException if it is of a type that this library does not compute with
   */
  public DType dtype(String name) throws CheckpointFormatException {
    StoredTensor stored = stored(name);
    return DType.ofSafetensors(stored.dtypeName())
        .orElseThrow(
            () ->
                new CheckpointFormatException(
                    path
                        + ": tensor "
                        + name
                        + ": dtype "
                        + stored.dtypeName()
                        + " is not supported; F32, F16, BF16, F8_E4M3, I64 and I32 are"));
  }

  /**
   * Returns the tensor called {@code name} on the CPU: a view, owned by the current {@link
   * NativeScope}.
   *
   * @throws IllegalArgumentException if there is none
   * @throws IllegalStateException if this file is closed
   * @throws IOException if it cannot be mapped, or is of a type that this library does not compute
   *     with
   */
  public Tensor tensor(String name) throws IOException {
    checkState(!closed, "%s is closed", path);
    StoredTensor stored = stored(name);
    DType dtype = dtype(name);
    long[] shape = Longs.toArray(stored.shape());
    if (stored.bytes() == 0) {
      return torch.empty(shape, Device.CPU.options(dtype), null);
    }
    return MappedBytes.view(fileBytes, dataBegin + stored.begin(), stored.bytes(), dtype)
        .view(shape);
  }

  private StoredTensor stored(String name) {
    StoredTensor stored = header.tensors().get(name);
    checkArgument(stored != null, "%s has no tensor called %s", path, name);
    return stored;
  }

  /** Closes the file; views over it must no longer be asked for. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(fileBytes);
    }
  }
}
