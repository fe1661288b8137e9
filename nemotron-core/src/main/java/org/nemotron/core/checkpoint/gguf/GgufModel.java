package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Sets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.StoredWeights;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The model in a GGUF file: its spec, and its tensors under their Hugging Face names, query and key
 * rows in this library's order. What {@link LlamaCppBlocks} put in place of a layer is recognized
 * and read as that layer.
 */
public final class GgufModel implements StoredWeights {
  private final GgufFile file;
  private final GgufArchitecture architecture;
  private final ModelSpec spec;
  private final ImmutableMap<String, String> storedNames;
  private final ImmutableSet<String> names;
  private final ImmutableSet<String> passedOver;

  private GgufModel(GgufFile file, GgufModelParser parser, ModelSpec spec) {
    this.file = file;
    this.architecture = parser.architecture();
    this.passedOver = parser.passedOver();
    this.spec = spec;
    ImmutableMap.Builder<String, String> stored = ImmutableMap.builder();
    spec.tensorShapes().keySet().forEach(name -> stored.put(name, GgufNames.of(name)));
    this.storedNames = stored.buildOrThrow();
    Set<String> known = new HashSet<>(storedNames.values());
    known.addAll(parser.explained());
    this.names =
        ImmutableSet.copyOf(
            Iterables.concat(
                Sets.filter(
                    storedNames.keySet(), name -> file.names().contains(storedNames.get(name))),
                Sets.difference(file.names(), known)));
  }

  /**
   * Reads what the model in {@code file} looks like; the file stays the caller's.
   *
   * @throws CheckpointFormatException if the file does not describe a model that this library has
   */
  public static GgufModel of(GgufFile file) throws CheckpointFormatException {
    try (NativeScope scope = NativeScope.open()) {
      GgufModelParser parser = new GgufModelParser(file);
      ModelSpec spec = parser.spec();
      return new GgufModel(file, parser, spec);
    } catch (IllegalArgumentException e) {
      throw new CheckpointFormatException(file.path() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Checks that exactly the tensors of the model are in the file, with its shapes; warns of the
   * keys that were passed over.
   *
   * @throws CheckpointFormatException if one is missing, of another shape, or has no place
   */
  public void check() throws CheckpointFormatException {
    ImmutableMap<String, ImmutableList<Long>> shapes = spec.tensorShapes();
    checkNone(Sets.difference(shapes.keySet(), names), "is missing");
    for (Map.Entry<String, ImmutableList<Long>> expected : shapes.entrySet()) {
      if (!shape(expected.getKey()).equals(expected.getValue())) {
        throw new CheckpointFormatException(
            where()
                + ": tensor "
                + stored(expected.getKey())
                + ": shape "
                + shape(expected.getKey())
                + " must be "
                + expected.getValue()
                + ", as the keys of the file say");
      }
    }
    checkNone(
        Sets.difference(names, shapes.keySet()),
        "has no place in a model of architecture " + architecture.id());
    passedOver.forEach(GgufWarnings::warn);
  }

  private void checkNone(Set<String> tensors, String fault) throws CheckpointFormatException {
    if (!tensors.isEmpty()) {
      String further = tensors.size() == 1 ? "" : " (and " + (tensors.size() - 1) + " more)";
      throw new CheckpointFormatException(
          where() + ": tensor " + stored(tensors.iterator().next()) + " " + fault + further);
    }
  }

  public ModelConfig config() {
    return new ModelConfig(spec, spec);
  }

  @Override
  public String where() {
    return file.path().toString();
  }

  @Override
  public ImmutableSet<String> names() {
    return names;
  }

  @Override
  public ImmutableList<Long> shape(String name) {
    return file.shape(stored(name));
  }

  @Override
  public DType dtype(String name) {
    return file.dtype(stored(name));
  }

  private String stored(String name) {
    return storedNames.getOrDefault(name, name);
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = file.tensor(stored(name));
    boolean rotated = name.contains(".q_proj.") || name.contains(".k_proj.");
    return rotated && architecture.isInterleaved() ? halfSplit(tensor) : tensor;
  }

  /** Undoes {@link GgufRows#interleaved}. */
  private Tensor halfSplit(Tensor interleaved) {
    int half = spec.headDim() / 2;
    long[] sources = new long[Math.toIntExact(interleaved.size(0))];
    for (int row = 0; row < sources.length; row++) {
      int within = row % spec.headDim();
      sources[row] = row - within + within % half * 2L + within / half;
    }
    return interleaved.index_select(0, Tensors.of(sources, sources.length));
  }
}
