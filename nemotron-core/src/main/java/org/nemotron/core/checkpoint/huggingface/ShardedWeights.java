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
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
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

  /**
   * Writes tensors of {@code dtype}, with zeros behind each up to its shape; a shape without a
   * tensor is written as zeros.
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
    ImmutableList<ImmutableList<String>> shards = shards(shapes, dtype, maxFileBytes);
    Map<String, String> fileOfTensor = new LinkedHashMap<>();
    for (int shard = 0; shard < shards.size(); shard++) {
      String file =
          shards.size() == 1
              ? CheckpointDirectory.WEIGHTS
              : String.format("model-%05d-of-%05d.safetensors", shard + 1, shards.size());
      SafetensorsWriter writer = new SafetensorsWriter();
      for (String name : shards.get(shard)) {
        ImmutableList<Long> shape = shapes.getOrDefault(name, ImmutableList.of());
        writer.add(name, dtype, shape, () -> padded(tensors.get(name), shape, dtype));
        fileOfTensor.put(name, file);
      }
      writer.write(directory.resolve(file));
    }
    if (shards.size() > 1) {
      ObjectNode index = new JsonMapper().createObjectNode();
      long total = Shapes.elements(shapes.values()) * dtype.bytes();
      index.putObject("metadata").put("total_size", total);
      fileOfTensor.forEach(index.putObject("weight_map")::put);
      AtomicFiles.write(
          directory.resolve(CheckpointDirectory.INDEX), index.toPrettyString() + "\n");
    }
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

  /** Returns the names of the tensors of each file, in their order. */
  private static ImmutableList<ImmutableList<String>> shards(
      ImmutableMap<String, ImmutableList<Long>> shapes, DType dtype, long maxFileBytes) {
    ImmutableList.Builder<ImmutableList<String>> shards = ImmutableList.builder();
    List<String> current = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<String, ImmutableList<Long>> entry : shapes.entrySet()) {
      long more = Shapes.elements(entry.getValue()) * dtype.bytes();
      if (!current.isEmpty() && bytes + more > maxFileBytes) {
        shards.add(ImmutableList.copyOf(current));
        current.clear();
        bytes = 0;
      }
      current.add(entry.getKey());
      bytes += more;
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
