package org.nemotron.core.checkpoint.huggingface;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.StoredWeights;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.parallel.TensorSlice;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * A checkpoint whose matrices are e4m3 with scales beside them ({@code weight_scale}: one for a
 * matrix, or one for each row): what is handed out is their product, in float32.
 *
 * <p>Scales of keys and values are those of a KV cache of 8-bit floats. Scales of inputs are
 * checked to be numbers, and not used: inputs are measured when they are multiplied.
 */
public final class EightBitWeights implements StoredWeights {
  /** Behind the name of a matrix, that of its scales. */
  static final String WEIGHT_SCALE = "_scale";

  private static final ImmutableList<String> SCALES =
      ImmutableList.of(
          ".weight_scale", ".input_scale", ".output_scale", ".k_scale", ".v_scale", ".kv_scale");

  private final StoredWeights files;
  private final ImmutableSet<String> names;

  private EightBitWeights(StoredWeights files) {
    this.files = files;
    this.names = ImmutableSet.copyOf(Sets.filter(files.names(), name -> !isScale(name)));
  }

  /**
   * Returns the weights in {@code files}: those themselves, unless the directory says that they are
   * 8-bit floats.
   *
   * @throws CheckpointFormatException if a scale is missing, has another shape, or is not a
   *     positive number
   */
  public static StoredWeights of(CheckpointDirectory files) throws IOException {
    if (!EightBitForm.isOf(files.path())) {
      return files;
    }
    EightBitWeights weights = new EightBitWeights(files);
    weights.check();
    return weights;
  }

  private static boolean isScale(String name) {
    return SCALES.stream().anyMatch(name::endsWith);
  }

  private void check() throws IOException {
    for (String name : names) {
      if (isEight(name)) {
        checkShape(name);
      }
    }
    for (String name : files.names()) {
      if (isScale(name)) {
        checkScale(name);
      }
    }
  }

  private boolean isEight(String name) throws CheckpointFormatException {
    return files.dtype(name) == DType.FLOAT8_E4M3;
  }

  private void checkShape(String name) throws CheckpointFormatException {
    String scale = name + WEIGHT_SCALE;
    if (!files.names().contains(scale)) {
      throw wrong(
          name,
          "is float8_e4m3fn, but "
              + scale
              + " is missing.\nMaybe a file of the checkpoint is missing.");
    }
    ImmutableList<Long> shape = files.shape(scale);
    long rows = files.shape(name).isEmpty() ? 1 : files.shape(name).get(0);
    ImmutableSet<ImmutableList<Long>> allowed =
        ImmutableSet.of(
            ImmutableList.of(),
            ImmutableList.of(1L),
            ImmutableList.of(rows),
            ImmutableList.of(rows, 1L));
    if (!allowed.contains(shape)) {
      throw wrong(scale, "has shape " + shape + "; it must be one of " + allowed);
    }
  }

  private void checkScale(String name) throws IOException {
    if (!files.dtype(name).isFloatingPoint()) {
      throw wrong(name, "has dtype " + files.dtype(name).configName() + ", not a real one");
    }
    try (NativeScope scope = NativeScope.open()) {
      Tensor scales = wide(name);
      if (!Finiteness.of(scales) || scales.le(new Scalar(0)).any().item_bool()) {
        throw wrong(
            name,
            "must hold positive numbers, and none that is NaN or infinite.\n"
                + "Maybe the model was calibrated on too few tokens.");
      }
    }
  }

  private Tensor wide(String name) throws IOException {
    return Tensors.cast(files.tensor(name).contiguous(), DType.FLOAT32);
  }

  private CheckpointFormatException wrong(String name, String what) {
    return new CheckpointFormatException(where() + ": tensor " + name + " " + what);
  }

  @Override
  public String where() {
    return files.where();
  }

  @Override
  public ImmutableSet<String> names() {
    return names;
  }

  @Override
  public String absence(String name) {
    return files.absence(name);
  }

  @Override
  public ImmutableList<Long> shape(String name) {
    return files.shape(name);
  }

  @Override
  public DType dtype(String name) throws CheckpointFormatException {
    return isEight(name) ? DType.FLOAT32 : files.dtype(name);
  }

  @Override
  public Tensor tensor(String name) throws IOException {
    if (!isEight(name)) {
      return files.tensor(name);
    }
    try (NativeScope scope = NativeScope.open()) {
      return scope.handOver(wide(name).mul(scales(name)));
    }
  }

  @Override
  public Tensor slice(String name, TensorSlice slice) throws IOException {
    if (!isEight(name)) {
      return files.slice(name, slice);
    }
    try (NativeScope scope = NativeScope.open()) {
      Tensor weight = Tensors.cast(files.slice(name, slice).contiguous(), DType.FLOAT32);
      Tensor scales = scales(name);
      boolean ofRows = slice.dimension() == 0 && scales.dim() == 2;
      return scope.handOver(
          weight.mul(
              ofRows ? scales.narrow(0, slice.range().begin(), slice.range().size()) : scales));
    }
  }

  /** One number for a layer, or one for each KV head, under the names of either form. */
  @Override
  public KvScales kvScales(int layer) throws IOException {
    String prefix = ModelSpec.layerPrefix(layer) + "self_attn.";
    return new KvScales(
        kvScale(prefix, "k_scale", "k_proj.k_scale"), kvScale(prefix, "v_scale", "v_proj.v_scale"));
  }

  private ImmutableDoubleArray kvScale(String prefix, String... names) throws IOException {
    for (String name : ImmutableList.<String>builder().add(names).add("kv_scale").build()) {
      if (files.names().contains(prefix + name)) {
        try (NativeScope scope = NativeScope.open()) {
          ImmutableDoubleArray.Builder scales = ImmutableDoubleArray.builder();
          for (float value : Tensors.floats(wide(prefix + name).flatten())) {
            scales.add(value);
          }
          return scales.build();
        }
      }
    }
    return ImmutableDoubleArray.of(1);
  }

  /** Returns the one scale of a matrix, {@code [1]}, or one for each row, {@code [rows, 1]}. */
  private Tensor scales(String name) throws IOException {
    Tensor scale = wide(name + WEIGHT_SCALE);
    return scale.numel() == 1 ? scale.view(1) : scale.view(-1, 1);
  }
}
