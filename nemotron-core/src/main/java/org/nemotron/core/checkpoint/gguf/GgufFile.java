package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Longs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.MappedBytes;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Resources;

/**
 * A GGUF file, or the several of a split one, open for reading. Real tensors are views over the
 * mapped file; quantized ones are made float32 when they are asked for.
 */
public final class GgufFile implements Closeable {
  private final ImmutableList<GgufPart> parts;
  private final ImmutableMap<String, Place> places;
  private final Resources open;
  private boolean closed;

  /** Where a tensor lies: a file, and there. */
  private record Place(GgufPart part, GgufHeader.Entry entry) {}

  private GgufFile(
      ImmutableList<GgufPart> parts, ImmutableMap<String, Place> places, Resources open) {
    this.parts = parts;
    this.places = places;
    this.open = open;
  }

  /**
   * Opens {@code path}, and the other parts of a model of which it is the first, and checks headers
   * against lengths.
   *
   * @throws CheckpointFormatException if a file is missing or damaged, or has tensors of a type
   *     that is not supported, or is a later part
   */
  public static GgufFile open(Path path) throws IOException {
    try (Resources made = new Resources()) {
      GgufPart first = made.add(GgufPart.open(path), GgufPart::close);
      ImmutableList.Builder<GgufPart> parts = ImmutableList.<GgufPart>builder().add(first);
      for (Path other : GgufSplit.others(path, GgufKeys.of(first))) {
        parts.add(made.add(GgufPart.open(other), GgufPart::close));
      }
      ImmutableList<GgufPart> all = parts.build();
      if (all.size() > 1) {
        GgufSplit.check(all);
      }
      ImmutableMap<String, Place> places = places(path, all);
      return new GgufFile(all, places, made.complete());
    }
  }

  private static ImmutableMap<String, Place> places(Path path, ImmutableList<GgufPart> parts)
      throws CheckpointFormatException {
    Map<String, Place> places = new LinkedHashMap<>();
    for (GgufPart part : parts) {
      for (GgufHeader.Entry entry : part.header().tensors().values()) {
        if (places.put(entry.name(), new Place(part, entry)) != null) {
          throw new CheckpointFormatException(
              path + ": tensor " + entry.name() + " is in two of its parts");
        }
      }
    }
    return ImmutableMap.copyOf(places);
  }

  /** Returns the files of the model, the first part first. */
  public ImmutableList<Path> paths() {
    return parts.stream().map(GgufPart::path).collect(ImmutableList.toImmutableList());
  }

  Path path() {
    return parts.get(0).path();
  }

  /** Returns what stands under each key; the keys of a split model are in its first file. */
  public ImmutableMap<String, GgufValue> values() {
    return parts.get(0).header().values();
  }

  /** Returns the names of all tensors, in the order of their bytes. */
  ImmutableSet<String> names() {
    return places.keySet();
  }

  ImmutableList<Long> shape(String name) {
    return place(name).entry().shape();
  }

  /** Returns the element type that {@link #tensor} gives. */
  DType dtype(String name) {
    return switch (place(name).entry().type()) {
      case F16 -> DType.FLOAT16;
      case BF16 -> DType.BFLOAT16;
      case F32, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K, IQ4_NL, IQ4_XS ->
          DType.FLOAT32;
    };
  }

  /** Returns a tensor, owned by the current scope. */
  Tensor tensor(String name) {
    checkState(!closed, "%s is closed", path());
    Place place = place(name);
    GgufHeader.Entry entry = place.entry();
    long[] shape = Longs.toArray(entry.shape());
    if (entry.type().isQuantized()) {
      return DequantizedBlocks.floats(entry.type(), place.part().bytes(entry)).view(shape);
    }
    return MappedBytes.view(place.part().fileBytes(), entry.begin(), entry.bytes(), dtype(name))
        .view(shape);
  }

  private Place place(String name) {
    Place place = places.get(name);
    checkArgument(place != null, "%s has no tensor called %s", path(), name);
    return place;
  }

  @Override
  public void close() {
    closed = true;
    open.close();
  }
}
