package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;

/**
 * Copies the weights of a checkpoint into memory of their own, converted; checks that exactly the
 * model's tensors are there, with its shapes, and that every element is a number.
 */
final class WeightLoader {
  private static final Pattern LAYER = Pattern.compile("model\\.layers\\.([0-9]+)\\..*");
  private static final String HEAD = "lm_head.weight";
  private static final String ROTARY_BUFFER = "rotary_emb.inv_freq";
  private static final String OTHER_MODELS =
      "\nMaybe the checkpoint and its config.json belong to different models.";

  private final CheckpointDirectory directory;
  private final ModelConfig config;
  private final DType dtype;
  private final Device device;

  WeightLoader(CheckpointDirectory directory, ModelConfig config, DType dtype, Device device) {
    checkArgument(dtype.isFloatingPoint(), "dtype (%s) must be floating-point", dtype.configName());
    this.directory = directory;
    this.config = config;
    this.dtype = dtype;
    this.device = device;
  }

  /** Returns a holder of the tensors of the model's spec, which the caller closes. */
  NamedTensors load() throws IOException {
    checkNames();
    for (Map.Entry<String, ImmutableList<Long>> expected : storedShapes().entrySet()) {
      checkShape(expected.getKey(), expected.getValue());
    }
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> loaded = ImmutableMap.builder();
      for (Map.Entry<String, ImmutableList<Long>> wanted :
          config.spec().tensorShapes().entrySet()) {
        loaded.put(wanted.getKey(), load(wanted.getKey(), wanted.getValue()));
      }
      return NamedTensors.of(loaded.buildOrThrow());
    }
  }

  private ImmutableMap<String, ImmutableList<Long>> storedShapes() {
    return config.storedSpec().tensorShapes();
  }

  private void checkNames() throws CheckpointFormatException {
    Set<String> missing = Sets.difference(storedShapes().keySet(), directory.names());
    if (!missing.isEmpty()) {
      throw wrong(missing.iterator().next(), "is missing" + further(missing) + OTHER_MODELS);
    }
    Set<String> extra =
        Sets.filter(
            Sets.difference(directory.names(), storedShapes().keySet()), name -> !harmless(name));
    if (!extra.isEmpty()) {
      throw wrong(
          extra.iterator().next(),
          "has no place in the model of config.json" + further(extra) + OTHER_MODELS);
    }
  }

  private static String further(Set<String> names) {
    return names.size() == 1 ? "" : " (and " + (names.size() - 1) + " more)";
  }

  /** Returns whether old writers add this tensor to what the model needs. */
  private boolean harmless(String name) {
    return name.endsWith(ROTARY_BUFFER) || (name.equals(HEAD) && config.spec().tiedEmbeddings());
  }

  private void checkShape(String name, ImmutableList<Long> expected)
      throws CheckpointFormatException {
    if (!directory.shape(name).equals(expected)) {
      throw new CheckpointFormatException(
          where(name)
              + ": shape "
              + directory.shape(name)
              + " must be "
              + expected
              + " (from config.json)."
              + OTHER_MODELS);
    }
    if (!directory.dtype(name).isFloatingPoint()) {
      throw wrong(name, "has dtype " + directory.dtype(name).configName() + ", not a real one");
    }
  }

  /** Returns one tensor, owned by the scope around this call. */
  private Tensor load(String name, ImmutableList<Long> shape) throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      Tensor stored = directory.tensor(name);
      Tensor used = trimmed(name, stored, shape);
      boolean copy = true;
      Tensor own =
          used.contiguous().to(device.options(dtype), false, copy, new MemoryFormatOptional());
      checkFinite(name, stored, own);
      return scope.handOver(own);
    }
  }

  /** Returns the part of {@code stored} that the model uses; the rest must be zero. */
  private Tensor trimmed(String name, Tensor stored, ImmutableList<Long> shape)
      throws CheckpointFormatException {
    Tensor used = stored;
    for (int dimension = 0; dimension < shape.size(); dimension++) {
      long size = shape.get(dimension);
      long padding = used.size(dimension) - size;
      if (padding > 0) {
        if (used.narrow(dimension, size, padding).count_nonzero().item_long() != 0) {
          throw wrong(
              name,
              "must be zero from index "
                  + size
                  + " of dimension "
                  + dimension
                  + ": config.json gives an intermediate_size of "
                  + size
                  + " there");
        }
        used = used.narrow(dimension, 0, size);
      }
    }
    return used;
  }

  private void checkFinite(String name, Tensor stored, Tensor own)
      throws CheckpointFormatException {
    if (isFinite(own)) {
      return;
    }
    if (isFinite(stored)) {
      throw wrong(
          name,
          "holds weights that are too large for "
              + dtype.configName()
              + ".\nMaybe bfloat16 serves: it has the range of float32.");
    }
    throw wrong(name, "holds NaN or infinite weights.\nMaybe its training diverged.");
  }

  /** One pass without temporaries: least and greatest element are NaN as soon as one element is. */
  private static boolean isFinite(Tensor tensor) {
    T_TensorTensor_T extremes = tensor.aminmax();
    return Double.isFinite(extremes.get0().item_double())
        && Double.isFinite(extremes.get1().item_double());
  }

  private CheckpointFormatException wrong(String name, String what) {
    return new CheckpointFormatException(where(name) + " " + what);
  }

  private String where(String name) {
    Matcher layer = LAYER.matcher(name);
    return directory.path()
        + ": "
        + (layer.matches() ? "layer " + layer.group(1) + ", " : "")
        + "tensor "
        + name;
  }
}
