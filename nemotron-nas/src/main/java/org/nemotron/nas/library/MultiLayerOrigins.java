package org.nemotron.nas.library;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.TokenBatches;

/**
 * Finds, for each run of consecutive layers, which one of them alone comes closest to the output of
 * the last: the block that imitates the run starts from its weights. It has the shape of the run's
 * first layer, so that only layers of that shape are asked.
 */
final class MultiLayerOrigins {
  private static final int BATCHES = 2;

  private final HeterogeneousModel parent;
  private final ImmutableList<Integer> lengths;

  MultiLayerOrigins(HeterogeneousModel parent, SearchSpace space) {
    this.parent = parent;
    this.lengths = space.multiLayer();
  }

  /** Returns, by first layer, the best origin for each length of a run from there. */
  ImmutableList<ImmutableMap<Integer, Integer>> measure(TokenBatches data) {
    Map<Run, double[]> errors = new HashMap<>();
    for (int batch = 0; batch < BATCHES && !lengths.isEmpty(); batch++) {
      try (NativeScope scope = NativeScope.open();
          NoGradGuard inference = new NoGradGuard()) {
        ImmutableList<Tensor> states = parent.hiddenStates(data.batch(batch));
        for (int length : lengths) {
          for (int first = 0; first + length < states.size(); first++) {
            addErrors(states, first, errors.computeIfAbsent(new Run(first, length), Run::noErrors));
          }
        }
      }
    }
    ImmutableList.Builder<ImmutableMap<Integer, Integer>> origins = ImmutableList.builder();
    for (int layer = 0; layer < parent.spec().layers(); layer++) {
      origins.add(originsFrom(layer, errors));
    }
    return origins.build();
  }

  private void addErrors(ImmutableList<Tensor> states, int first, double[] errors) {
    Tensor wanted = states.get(first + errors.length);
    for (int offset = 0; offset < errors.length; offset++) {
      if (!parent.spec().block(first + offset).equals(parent.spec().block(first))) {
        errors[offset] = Double.POSITIVE_INFINITY;
        continue;
      }
      try (NativeScope scope = NativeScope.open()) {
        Tensor alone = parent.block(first + offset).forward(states.get(first));
        errors[offset] += Tensors.scalar(alone.sub(wanted).square().sum());
      }
    }
  }

  private static ImmutableMap<Integer, Integer> originsFrom(int layer, Map<Run, double[]> errors) {
    ImmutableMap.Builder<Integer, Integer> origins = ImmutableMap.builder();
    errors.forEach(
        (run, sums) -> {
          if (run.first() == layer) {
            origins.put(run.length(), layer + indexOfLeast(sums));
          }
        });
    return origins.buildOrThrow();
  }

  private static int indexOfLeast(double[] values) {
    int least = 0;
    for (int index = 1; index < values.length; index++) {
      if (values[index] < values[least]) {
        least = index;
      }
    }
    return least;
  }

  private record Run(int first, int length) {
    double[] noErrors() {
      return new double[length];
    }
  }
}
