package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.gguf.GgufFile;
import org.nemotron.core.checkpoint.gguf.GgufModel;
import org.nemotron.core.checkpoint.huggingface.CheckedWeights;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.huggingface.EightBitWeights;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.parallel.TensorSlice;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * The weights of a checkpoint, whose files are mapped: a tensor is read, converted and checked when
 * it is asked for, and ends with the scope in which it was. Made by {@link ModelReader#weights},
 * or, of the slices that one rank holds, by {@link ModelReader#slices}.
 *
 * <p>Names and shapes are checked when the files are opened; what is wrong within a tensor, a NaN
 * for instance, is thrown as an {@link UncheckedIOException} when it is read.
 *
 * <p>Used by one thread at a time, which may change. Closing twice is harmless; use after close is
 * refused.
 */
public final class CheckpointWeights implements WeightSource, AutoCloseable {
  private final SlicePlan plan;
  private final ImmutableMap<String, TensorSlice> slices;
  private final WeightLoader loader;
  private final CheckedWeights stored;
  private final Resources files;
  private boolean closed;

  private CheckpointWeights(
      SlicePlan plan, int rank, WeightLoader loader, CheckedWeights stored, Resources files) {
    this.stored = stored;
    this.plan = plan;
    this.slices = plan.slices(rank);
    this.loader = loader;
    this.files = files;
  }

  static CheckpointWeights open(Path path, DType dtype, Device device, int rank, int degree)
      throws IOException {
    try (Resources made = new Resources()) {
      if (Files.isRegularFile(path)) {
        GgufFile file = made.add(GgufFile.open(path), GgufFile::close);
        GgufModel model = GgufModel.of(file);
        model.check();
        return checked(
            new CheckedWeights(model, model.config()),
            plan(model.config(), degree),
            rank,
            dtype,
            device,
            made);
      }
      ModelConfig config = ModelConfig.read(path.resolve(CheckpointDirectory.CONFIG));
      CheckpointDirectory files =
          made.add(CheckpointDirectory.open(path), CheckpointWeights::close);
      return checked(
          new CheckedWeights(EightBitWeights.of(files), config),
          plan(config, degree),
          rank,
          dtype,
          device,
          made);
    }
  }

  private static SlicePlan plan(ModelConfig config, int degree) {
    return new SlicePlan(config.spec(), degree);
  }

  private static CheckpointWeights checked(
      CheckedWeights stored, SlicePlan plan, int rank, DType dtype, Device device, Resources made)
      throws IOException {
    WeightLoader loader = new WeightLoader(stored, dtype, device);
    loader.check(plan.vocabulary(rank));
    return new CheckpointWeights(plan, rank, loader, stored, made.complete());
  }

  private static void close(CheckpointDirectory files) {
    try {
      files.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns what the model is, also where these are slices of its tensors. */
  public ModelSpec spec() {
    return plan.spec();
  }

  /** Returns which slices of the model's tensors ranks have; of degree 1 where these are whole. */
  public SlicePlan plan() {
    return plan;
  }

  @Override
  public Tensor get(String name) {
    checkState(!closed, "these weights are closed");
    try {
      return load(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Tensor load(String name) throws IOException {
    TensorSlice slice = slices.get(name);
    checkArgument(slice != null, "the model has no tensor called %s", name);
    return loader.load(name, slice);
  }

  @Override
  public Tensor get(int layer, String name) {
    return get(ModelSpec.layerPrefix(layer) + name);
  }

  /** Of slices, the largest of the layer: every rank then holds what each head needs. */
  @Override
  public KvScales kvScales(int layer) {
    checkState(!closed, "these weights are closed");
    try {
      KvScales scales = stored.kvScales(layer);
      return plan.degree() == 1 ? scales : scales.largest();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns a holder of all tensors, which the caller closes: those of layers in host memory, as
   * their files have them.
   */
  NamedTensors offloaded() throws IOException {
    ImmutableSet<String> outside = spec().nonBlockTensorShapes().keySet();
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> loaded = ImmutableMap.builder();
      for (Map.Entry<String, TensorSlice> slice : slices.entrySet()) {
        String name = slice.getKey();
        Cancellation.check();
        loaded.put(
            name, outside.contains(name) ? load(name) : loader.stored(name, slice.getValue()));
      }
      return NamedTensors.of(loaded.buildOrThrow());
    }
  }

  /** Returns a holder of all tensors, which the caller closes. */
  NamedTensors all() throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> loaded = ImmutableMap.builder();
      for (String name : slices.keySet()) {
        loaded.put(name, load(name));
      }
      return NamedTensors.of(loaded.buildOrThrow());
    }
  }

  @Override
  public void close() {
    closed = true;
    files.close();
  }
}
