package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.EightBitRows;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.HalfPrecision;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Writes the weights of a Hugging Face directory: one file, or several of a limited size and an
 * index that says which tensor is where. A tensor above the limit has a file of its own.
 */
public final class ShardedWeights {
  private ShardedWeights() {}

  /** A tensor of a file, which is made when its turn comes. */
  private record Stored(
      String name, DType dtype, ImmutableList<Long> shape, Supplier<Tensor> tensor) {
    long bytes() {
      return Shapes.elements(shape) * dtype.bytes();
    }
  }

  /**
   * Writes tensors of {@code dtype}, with zeros behind each up to its shape; a shape without a
   * tensor is written as zeros. Of 8-bit floats are the layers' matrices alone, each with its
   * scales beside it.
   *
   * @throws IOException if they cannot be written, or {@code dtype} cannot hold one
   */
  public static void write(
      Map<String, Tensor> tensors,
      ImmutableMap<String, ImmutableList<Long>> shapes,
      DType dtype,
      Path directory,
      long maxFileBytes)
      throws IOException {
    if (dtype == DType.FLOAT16) {
      checkHeld(tensors);
    }
    ImmutableList<ImmutableList<Stored>> shards =
        shards(stored(tensors, shapes, dtype), maxFileBytes);
    Map<String, String> fileOfTensor = new LinkedHashMap<>();
    long total = 0;
    for (int shard = 0; shard < shards.size(); shard++) {
      String file =
          shards.size() == 1
              ? CheckpointDirectory.WEIGHTS
              : String.format("model-%05d-of-%05d.safetensors", shard + 1, shards.size());
      SafetensorsWriter writer = new SafetensorsWriter();
      for (Stored stored : shards.get(shard)) {
        writer.add(stored.name(), stored.dtype(), stored.shape(), stored.tensor());
        fileOfTensor.put(stored.name(), file);
        total += stored.bytes();
      }
      writer.write(directory.resolve(file));
    }
    if (shards.size() > 1) {
      ObjectNode index = new JsonMapper().createObjectNode();
      index.putObject("metadata").put("total_size", total);
      fileOfTensor.forEach(index.putObject("weight_map")::put);
      AtomicFiles.write(
          directory.resolve(CheckpointDirectory.INDEX), index.toPrettyString() + "\n");
    }
  }

  private static ImmutableList<Stored> stored(
      Map<String, Tensor> tensors, ImmutableMap<String, ImmutableList<Long>> shapes, DType dtype) {
    DType others = dtype == DType.FLOAT8_E4M3 ? EightBitForm.OTHERS : dtype;
    ImmutableList.Builder<Stored> all = ImmutableList.builder();
    shapes.forEach(
        (name, shape) -> {
          Supplier<Tensor> whole = () -> padded(tensors.get(name), shape, others);
          if (dtype == DType.FLOAT8_E4M3 && EightBitForm.has(name, shape)) {
            Supplier<Tensor> wide = () -> Tensors.cast(whole.get(), DType.FLOAT32);
            all.add(new Stored(name, dtype, shape, () -> numbers(wide.get())));
            all.add(
                new Stored(
                    name + EightBitWeights.WEIGHT_SCALE,
                    DType.FLOAT32,
                    ImmutableList.of(shape.get(0), 1L),
                    () -> EightBitRows.scales(wide.get())));
          } else {
            all.add(new Stored(name, others, shape, whole));
          }
        });
    return all.build();
  }

  /** Half precision is the one type that cannot hold what the others can. */
  private static void checkHeld(Map<String, Tensor> tensors) throws IOException {
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      try (NativeScope scope = NativeScope.open()) {
        Tensor weights = entry.getValue().detach().cpu();
        boolean large = !Finiteness.of(Tensors.cast(weights, DType.FLOAT16).contiguous());
        if (large || (weights.dim() == 2 && HalfPrecision.loses(weights))) {
          throw new IOException(
              "tensor "
                  + entry.getKey()
                  + " holds weights that are too "
                  + (large ? "large" : "small")
                  + " for float16.\nMaybe bfloat16 serves: it has the range of float32.");
        }
      }
    }
  }

  private static Tensor numbers(Tensor wide) {
    return EightBitRows.numbers(wide, EightBitRows.scales(wide));
  }

  /** Returns the tensors of each file, in their order. */
  private static ImmutableList<ImmutableList<Stored>> shards(
      ImmutableList<Stored> tensors, long maxFileBytes) {
    ImmutableList.Builder<ImmutableList<Stored>> shards = ImmutableList.builder();
    List<Stored> current = new ArrayList<>();
    long bytes = 0;
    for (Stored tensor : tensors) {
      if (!current.isEmpty() && bytes + tensor.bytes() > maxFileBytes) {
        shards.add(ImmutableList.copyOf(current));
        current.clear();
        bytes = 0;
      }
      current.add(tensor);
      bytes += tensor.bytes();
    }
    return shards.add(ImmutableList.copyOf(current)).build();
  }

  private static Tensor padded(@Nullable Tensor tensor, ImmutableList<Long> shape, DType dtype) {
    if (tensor == null) {
      return Tensors.zeros(Device.CPU, dtype, Longs.toArray(shape));
    }
    Tensor cast = Tensors.cast(tensor.detach(), dtype);
    if (Longs.asList(cast.shape()).equals(shape)) {
      return cast;
    }
    Tensor zeros = Tensors.zeros(Tensors.device(cast), dtype, Longs.toArray(shape));
    Tensor part = zeros;
    for (int dimension = 0; dimension < shape.size(); dimension++) {
      part = part.narrow(dimension, 0, cast.size(dimension));
    }
    part.copy_(cast);
    return zeros;
  }
}
