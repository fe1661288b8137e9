package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.annotations.VisibleForTesting;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Longs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;

/**
 * A safetensors file, open for reading. Tensors are views over the mapped file: no byte is copied
 * into the Java heap, and what is not looked at is not read.
 *
 * <p>Lifetime: a view is valid while this object is open, and must not be written to. Clone what is
 * to live longer or to be trained. The file must not be shortened while it is open.
 *
 * <p>Safe for use by several threads, except for closing.
 */
public final class SafetensorsFile implements Closeable {
  /*
   * Each tensor is mapped when it is asked for. A Java mapping ends below 2 GiB, so a larger tensor
   * is mapped in pieces and joined in native memory, as is one that does not begin at a multiple of
   * its element size. The mappings are held here, since Java unmaps what it cannot reach.
   */
  private static final int LENGTH_BYTES = 8;
  private static final long MAX_HEADER_BYTES = 100_000_000;
  private static final long MAX_MAPPING_BYTES = (1L << 31) - (1L << 16);

  private final Path path;
  private final FileChannel channel;
  private final long dataBegin;
  private final SafetensorsHeader header;
  private final long maxMappingBytes;
  private final List<MappedByteBuffer> mappings = Collections.synchronizedList(new ArrayList<>());
  private boolean closed;

  private SafetensorsFile(
      Path path,
      FileChannel channel,
      long dataBegin,
      SafetensorsHeader header,
      long maxMappingBytes) {
    this.path = path;
    this.channel = channel;
    this.dataBegin = dataBegin;
    this.header = header;
    this.maxMappingBytes = maxMappingBytes;
  }

  /**
   * Opens {@code path} and checks its header against its length.
   *
   * @throws CheckpointFormatException if the file is missing or damaged
   */
  public static SafetensorsFile open(Path path) throws IOException {
    return open(path, MAX_MAPPING_BYTES);
  }

  @VisibleForTesting
  static SafetensorsFile open(Path path, long maxMappingBytes) throws IOException {
    FileChannel channel = openChannel(path);
    try {
      ByteBuffer json = readHeader(channel);
      long dataBegin = (long) LENGTH_BYTES + json.remaining();
      SafetensorsHeader header = SafetensorsHeader.parse(json, channel.size() - dataBegin);
      return new SafetensorsFile(path, channel, dataBegin, header, maxMappingBytes);
    } catch (CheckpointFormatException e) {
      channel.close();
      throw new CheckpointFormatException(
          path + ": " + e.getMessage() + ".\nMaybe the file was not copied or downloaded whole.",
          e);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static FileChannel openChannel(Path path) throws IOException {
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
                        + " is not supported; F32, F16, BF16, I64 and I32 are"));
  }

  /**
   * Returns the tensor called {@code name} on the CPU: a view, owned by the current {@link
   * NativeScope}, that is valid while this file is open and must not be written to.
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
    long begin = dataBegin + stored.begin();
    if (stored.bytes() <= maxMappingBytes && begin % dtype.bytes() == 0) {
      return torch.from_blob(map(begin, stored.bytes()), shape, Device.CPU.options(dtype));
    }
    return joined(begin, stored.bytes()).view(dtype.scalarType()).view(shape);
  }

  /** Returns a copy of a range of bytes in native memory, made from mapped pieces. */
  private Tensor joined(long begin, long bytes) throws IOException {
    TensorVector pieces = new TensorVector();
    for (long done = 0; done < bytes; done += maxMappingBytes) {
      long length = Math.min(maxMappingBytes, bytes - done);
      Tensor piece =
          torch.from_blob(
              map(begin + done, length),
              new long[] {length},
              new org.bytedeco.pytorch.TensorOptions(torch.ScalarType.Byte));
      pieces.push_back(piece);
    }
    return torch.cat(pieces);
  }

  private BytePointer map(long begin, long bytes) throws IOException {
    MappedByteBuffer mapping = channel.map(FileChannel.MapMode.READ_ONLY, begin, bytes);
    mappings.add(mapping);
    return new BytePointer(mapping);
  }

  private StoredTensor stored(String name) {
    StoredTensor stored = header.tensors().get(name);
    checkArgument(stored != null, "%s has no tensor called %s", path, name);
    return stored;
  }

  /** Closes the file; views over it must no longer be used. */
  @Override
  public void close() throws IOException {
    closed = true;
    mappings.clear();
    channel.close();
  }
}
