package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Verify;
import com.google.common.collect.Lists;
import com.google.common.io.LittleEndianDataOutputStream;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.tensor.NativeScope;

/**
 * Collects keys and tensors and writes them to one GGUF file of version 3, a few rows at a time: no
 * tensor needs to be in memory as a whole.
 */
public final class GgufWriter {
  static final int VERSION = 3;
  static final int ALIGNMENT = 32;
  static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  /** llama.cpp keeps names in 64 bytes, the last of them zero. */
  private static final int MAX_NAME_BYTES = 63;

  private static final long PIECE_ELEMENTS = 1 << 21;

  private final Map<String, GgufValue> values = new LinkedHashMap<>();
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();

  @CanIgnoreReturnValue
  public GgufWriter put(String key, GgufValue value) {
    checkArgument(values.put(key, value) == null, "key %s is given twice", key);
    return this;
  }

  @CanIgnoreReturnValue
  public GgufWriter putAll(Map<String, GgufValue> others) {
    others.forEach(this::put);
    return this;
  }

  @CanIgnoreReturnValue
  public GgufWriter add(GgufTensor tensor) {
    checkArgument(
        tensor.name().getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES,
        "tensor name %s must not have more than %s bytes",
        tensor.name(),
        MAX_NAME_BYTES);
    checkArgument(
        tensors.put(tensor.name(), tensor) == null, "tensor %s is added twice", tensor.name());
    return this;
  }

  /**
   * Writes the file, replacing one of that name; it appears whole or not at all.
   *
   * @throws IOException if it cannot be written, or a tensor holds what its type cannot
   */
  public void write(Path file) throws IOException {
    AtomicFiles.write(
        file,
        channel -> {
          AtomicFiles.writeFully(channel, ByteBuffer.wrap(header()));
          pad(channel);
          for (GgufTensor tensor : tensors.values()) {
            writeTensor(channel, tensor);
            pad(channel);
          }
        });
  }

  private byte[] header() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (LittleEndianDataOutputStream out = new LittleEndianDataOutputStream(bytes)) {
      out.write(MAGIC);
      out.writeInt(VERSION);
      out.writeLong(tensors.size());
      out.writeLong(values.size());
      for (Map.Entry<String, GgufValue> entry : values.entrySet()) {
        new GgufValue.Text(entry.getKey()).writeTo(out);
        out.writeInt(entry.getValue().code());
        entry.getValue().writeTo(out);
      }
      long offset = 0;
      for (GgufTensor tensor : tensors.values()) {
        writeEntry(out, tensor, offset);
        offset = Math.addExact(offset, padded(tensor.bytes()));
      }
    }
    return bytes.toByteArray();
  }

  private static void writeEntry(LittleEndianDataOutputStream out, GgufTensor tensor, long offset)
      throws IOException {
    new GgufValue.Text(tensor.name()).writeTo(out);
    out.writeInt(tensor.shape().size());
    for (long size : Lists.reverse(tensor.shape())) {
      out.writeLong(size);
    }
    out.writeInt(tensor.type().code());
    out.writeLong(offset);
  }

  private static long padded(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void pad(FileChannel channel) throws IOException {
    long missing = padded(channel.position()) - channel.position();
    AtomicFiles.writeFully(channel, ByteBuffer.allocate((int) missing));
  }

  private static void writeTensor(FileChannel channel, GgufTensor tensor) throws IOException {
    long begin = channel.position();
    long rows = tensor.rowCount();
    long atOnce = Math.max(1, PIECE_ELEMENTS / tensor.columns());
    GgufRange range = new GgufRange(tensor);
    for (long row = 0; row < rows; row += atOnce) {
      try (NativeScope scope = NativeScope.open()) {
        long count = Math.min(atOnce, rows - row);
        Tensor some = tensor.rows().of(row, count);
        GgufElements.write(channel, tensor, some);
        range.add(some);
      }
    }
    range.check();
    Verify.verify(
        channel.position() - begin == tensor.bytes(),
        "tensor %s is not as long as announced",
        tensor.name());
  }
}
