package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.io.ByteSource;
import com.google.common.io.LittleEndianDataOutputStream;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.nemotron.core.checkpoint.format.GgufType;

/** Files of other programs, and what becomes of them when a key is another. */
public final class GgufFixtures {
  /** Files of other programs; the README there describes them. */
  public static final Path FILES = Path.of("src/test/resources/gguf");

  /** A small llama with the tokenizer of a Llama 3, whose padding id no token has. */
  public static final Path LLAMA = FILES.resolve("padding-minus-one.gguf");

  /** The keys of the same with the tokenizer of a Mistral Nemo, no tensors. */
  public static final Path TEKKEN = FILES.resolve("tekken-keys.gguf");

  private static final int ALIGNMENT = 32;

  private GgufFixtures() {}

  /** A tensor as its bytes. */
  public record Raw(String name, GgufType type, ImmutableList<Long> shape, ByteSource bytes) {}

  /** Returns the keys of a file. */
  public static Map<String, GgufValue> keys(Path file) throws IOException {
    try (GgufFile open = GgufFile.open(file)) {
      return new LinkedHashMap<>(open.values());
    }
  }

  /** Writes the small llama with other keys to {@code target}, and returns it. */
  @CanIgnoreReturnValue
  public static Path llama(Path target, Consumer<Map<String, GgufValue>> change)
      throws IOException {
    Map<String, GgufValue> keys = keys(LLAMA);
    keys.remove("tokenizer.ggml.padding_token_id");
    change.accept(keys);
    return write(target, keys, tensors(LLAMA));
  }

  /** Writes the small llama in so many parts as gguf-split does, and returns the first. */
  public static Path split(Path directory, int parts) throws IOException {
    ImmutableList<Raw> tensors = tensors(LLAMA);
    for (int number = 1; number <= parts; number++) {
      int begin = (number - 1) * tensors.size() / parts;
      writePart(
          part(directory, number, parts),
          number - 1,
          parts,
          tensors.subList(begin, number * tensors.size() / parts));
    }
    return part(directory, 1, parts);
  }

  /** Returns what gguf-split calls a part. */
  static Path part(Path directory, int number, int parts) {
    return directory.resolve(String.format("probe-%05d-of-%05d.gguf", number, parts));
  }

  /** Writes a part of the small llama; the first, number 0, has its keys. */
  static void writePart(Path target, int number, int parts, ImmutableList<Raw> tensors)
      throws IOException {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    if (number == 0) {
      keys.putAll(keys(LLAMA));
    }
    keys.put("split.no", new GgufValue.Whole(GgufValue.WholeType.UINT16, number));
    keys.put("split.count", new GgufValue.Whole(GgufValue.WholeType.UINT16, parts));
    keys.put(
        "split.tensors.count",
        new GgufValue.Whole(GgufValue.WholeType.INT32, tensors(LLAMA).size()));
    write(target, keys, tensors);
  }

  /** Returns the tensors of a file of one part. */
  public static ImmutableList<Raw> tensors(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ImmutableList.Builder<Raw> tensors = ImmutableList.builder();
    try (GgufPart open = GgufPart.open(file)) {
      for (GgufHeader.Entry entry : open.header().tensors().values()) {
        byte[] own = new byte[(int) entry.bytes()];
        System.arraycopy(bytes, (int) entry.begin(), own, 0, own.length);
        tensors.add(new Raw(entry.name(), entry.type(), entry.shape(), ByteSource.wrap(own)));
      }
    }
    return tensors.build();
  }

  /** Writes a file of version 3, and returns it. */
  @CanIgnoreReturnValue
  public static Path write(Path target, Map<String, GgufValue> keys, Iterable<Raw> tensors)
      throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    LittleEndianDataOutputStream out = new LittleEndianDataOutputStream(header);
    out.write("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeInt(3);
    ImmutableList<Raw> all = ImmutableList.copyOf(tensors);
    out.writeLong(all.size());
    out.writeLong(keys.size());
    for (Map.Entry<String, GgufValue> key : keys.entrySet()) {
      GgufValue.of(key.getKey()).writeTo(out);
      out.writeInt(key.getValue().code());
      key.getValue().writeTo(out);
    }
    for (Raw tensor : all) {
      GgufValue.of(tensor.name()).writeTo(out);
      out.writeInt(tensor.shape().size());
      for (long size : tensor.shape().reverse()) {
        out.writeLong(size);
      }
      out.writeInt(tensor.type().code());
      out.writeLong(data.size());
      long unused = tensor.bytes().copyTo(data);
      data.write(new byte[-data.size() & (ALIGNMENT - 1)]);
    }
    out.write(new byte[-header.size() & (ALIGNMENT - 1)]);
    data.writeTo(header);
    Files.write(target, header.toByteArray());
    return target;
  }
}
