package org.nemotron.core.checkpoint.safetensors;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Verify;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Longs;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;

/**
 * Collects tensors and writes them to one safetensors file, one after another: a tensor given as a
 * supplier exists only while it is written.
 *
 * <p>The same tensors give the same bytes, in whatever order they are added: larger element types
 * come first, which keeps every tensor aligned, then names alphabetically.
 */
public final class SafetensorsWriter {
  private static final int PIECE_BYTES = 1 << 26;

  private final TreeMap<String, String> metadata = new TreeMap<>(Map.of("format", "pt"));
  private final TreeMap<String, Source> sources = new TreeMap<>();

  private record Source(
      String name, DType dtype, ImmutableList<Long> shape, Supplier<Tensor> tensor) {
    long bytes() {
      return Math.multiplyExact(Shapes.elements(shape), dtype.bytes());
    }
  }

  /** Makes a writer without tensors. */
  public SafetensorsWriter() {}

  /** Adds a text to the header's metadata. */
  @CanIgnoreReturnValue
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor, which must stay valid and unchanged until the file is written.
   *
   * @throws IllegalArgumentException if the name is taken
   */
  @CanIgnoreReturnValue
  public SafetensorsWriter add(String name, Tensor tensor) {
    return add(name, DType.of(tensor), Shapes.of(tensor.shape()), () -> tensor);
  }

  /** Adds all of {@code tensors}, which must stay valid and unchanged until the file is written. */
  @CanIgnoreReturnValue
  public SafetensorsWriter addAll(Map<String, Tensor> tensors) {
    tensors.forEach(this::add);
    return this;
  }

  /**
   * Adds a tensor that is made when its turn comes, inside a {@link NativeScope} of its own.
   *
   * @throws IllegalArgumentException if the name is taken
   */
  @CanIgnoreReturnValue
  public SafetensorsWriter add(
      String name, DType dtype, ImmutableList<Long> shape, Supplier<Tensor> tensor) {
    checkArgument(!name.equals(SafetensorsHeader.METADATA), "a tensor cannot be called %s", name);
    Source former = sources.put(name, new Source(name, dtype, shape, tensor));
    checkArgument(former == null, "tensor %s is added twice", name);
    return this;
  }

  /**
   * Writes the file, replacing one of that name; it appears whole or not at all.
   *
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    ImmutableList<Source> ordered =
        ImmutableList.sortedCopyOf(
            Comparator.comparingInt((Source source) -> -source.dtype().bytes()), sources.values());
    AtomicFiles.write(
        file,
        channel -> {
          AtomicFiles.writeFully(channel, header(ordered));
          for (Source source : ordered) {
            writeTensor(channel, source);
          }
        });
  }

  private ByteBuffer header(ImmutableList<Source> ordered) throws IOException {
    JsonMapper json = new JsonMapper();
    ObjectNode root = json.createObjectNode();
    ObjectNode texts = root.putObject(SafetensorsHeader.METADATA);
    metadata.forEach(texts::put);
    long begin = 0;
    for (Source source : ordered) {
      long end = Math.addExact(begin, source.bytes());
      ObjectNode entry = root.putObject(source.name());
      entry.put("dtype", source.dtype().safetensorsName());
      source.shape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(begin).add(end);
      begin = end;
    }
    byte[] text = json.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    int padded = (text.length + 7) / 8 * 8;
    ByteBuffer header = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(padded).put(text);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }

  private static void writeTensor(FileChannel channel, Source source) throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      Tensor tensor = source.tensor().get().detach().cpu().contiguous();
      Verify.verify(
          DType.of(tensor) == source.dtype() && Longs.asList(tensor.shape()).equals(source.shape()),
          "tensor %s is not what was announced",
          source.name());
      BytePointer bytes = new BytePointer(tensor.data_ptr());
      for (long done = 0; done < source.bytes(); done += PIECE_BYTES) {
        // A piece of its own: a buffer over a longer pointer would end at 2 GiB.
        BytePointer piece = bytes.getPointer(done);
        long length = Math.min(PIECE_BYTES, source.bytes() - done);
        ByteBuffer buffer = piece.limit(length).asByteBuffer();
        Verify.verify(buffer.remaining() == length, "a piece of %s is cut off", source.name());
        AtomicFiles.writeFully(channel, buffer);
      }
    }
  }
}
