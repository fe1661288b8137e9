package org.nemotron.nas;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.primitives.Floats;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;

/** Elements of tensors as Java values, to be compared bit for bit. */
public final class TensorValues {
  private TensorValues() {}

  /** Returns the elements of each tensor. */
  public static ImmutableMap<String, List<Float>> of(Map<String, Tensor> tensors) {
    ImmutableSortedMap.Builder<String, List<Float>> values = ImmutableSortedMap.naturalOrder();
    tensors.forEach((name, tensor) -> values.put(name, Floats.asList(Tensors.floats(tensor))));
    return values.buildOrThrow();
  }

  /** Returns the weights of one candidate. */
  public static ImmutableMap<String, List<Float>> of(BlockLibrary library, Candidate candidate) {
    try (NamedTensors weights = library.weights(candidate)) {
      return of(weights.asMap());
    }
  }

  /** Returns the weights of all candidates. */
  public static ImmutableMap<Candidate, ImmutableMap<String, List<Float>>> of(
      BlockLibrary library) {
    ImmutableMap.Builder<Candidate, ImmutableMap<String, List<Float>>> all = ImmutableMap.builder();
    library.candidates().forEach(candidate -> all.put(candidate, of(library, candidate)));
    return all.buildOrThrow();
  }
}
