package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Longs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.MappedBytes;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;

/**
 * A GGUF file, open for reading. Real tensors are views over the mapped file; quantized ones are
 * made float32 when they are asked for.
 */
public final class GgufFile implements Closeable {
  private final Path path;
  private final GgufHeader header;
  private final Tensor fileBytes;
  private boolean closed;

  private GgufFile(Path path, GgufHeader header, Tensor fileBytes) {
    this.path = path;
    this.header = header;
    this.fileBytes = NativeScope.keep(fileBytes);
  }

  /**
   * Opens {@code path} and checks its header against its length.
   *
   * @throws CheckpointFormatException if the file is missing or damaged, or has tensors of a type
   *     that is not supported
   */
  public static GgufFile open(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        NativeScope scope = NativeScope.open()) {
      GgufHeader header = GgufHeader.read(new GgufInput(channel));
      return new GgufFile(path, header, MappedBytes.of(path, channel.size()));
    } catch (NoSuchFileException e) {
      throw new CheckpointFormatException(path + " is missing", e);
    } catch (CheckpointFormatException e) {
      String message = Strings.nullToEmpty(e.getMessage());
      String remedy =
          message.contains("not supported")
              ? "Maybe the model is also published as F16, BF16, Q8_0 or Q4_0."
              : "Maybe the file was not copied or downloaded whole.";
      throw new CheckpointFormatException(path + ": " + message + ".\n" + remedy, e);
    }
  }

  Path path() {
    return path;
  }

  /** Returns what stands under each key. */
  public ImmutableMap<String, GgufValue> values() {
    return header.values();
  }

  /** Returns the names of all tensors, in the order of their bytes. */
  ImmutableSet<String> names() {
    return header.tensors().keySet();
  }

  ImmutableList<Long> shape(String name) {
    return entry(name).shape();
  }

  /** Returns the element type that {@link #tensor} gives. */
  DType dtype(String name) {
    return switch (entry(name).type()) {
      case F32, Q8_0, Q4_0 -> DType.FLOAT32;
      case F16 -> DType.FLOAT16;
      case BF16 -> DType.BFLOAT16;
    };
  }

  /** Returns a tensor, owned by the current scope. */
  Tensor tensor(String name) {
    checkState(!closed, "%s is closed", path);
    GgufHeader.Entry entry = entry(name);
    long[] shape = Longs.toArray(entry.shape());
    if (entry.type().isQuantized()) {
      return DequantizedBlocks.floats(
              entry.type(), fileBytes.narrow(0, entry.begin(), entry.bytes()))
          .view(shape);
    }
    return MappedBytes.view(fileBytes, entry.begin(), entry.bytes(), dtype(name)).view(shape);
  }

  private GgufHeader.Entry entry(String name) {
    GgufHeader.Entry entry = header.tensors().get(name);
    checkArgument(entry != null, "%s has no tensor called %s", path, name);
    return entry;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(fileBytes);
    }
  }
}
