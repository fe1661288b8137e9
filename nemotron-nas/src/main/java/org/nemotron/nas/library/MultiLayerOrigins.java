package org.nemotron.nas.library;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.nn.Block;
import org.nemotron.core.spec.ModelSpec;
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

  private final ModelSpec parent;
  private final LayerStreamer layers;
  private final ImmutableList<Integer> lengths;

  MultiLayerOrigins(ModelSpec parent, LayerStreamer layers, SearchSpace space) {
    this.parent = parent;
    this.layers = layers;
    this.lengths = space.multiLayer();
  }

  /** Returns, by first layer, the best origin for each length of a run from there. */
  ImmutableList<ImmutableMap<Integer, Integer>> measure(TokenBatches data) {
    Map<Run, double[]> errors = new HashMap<>();
    for (int batch = 0; batch < BATCHES && !lengths.isEmpty(); batch++) {
      try (NativeScope scope = NativeScope.open();
          NoGradGuard inference = new NoGradGuard()) {
        ImmutableList<Tensor> states = hiddenStates(data.batch(batch));
        for (int layer = 0; layer < parent.layers(); layer++) {
          Block block = layers.block(layer);
          for (int length : lengths) {
            int last = Math.min(layer, parent.layers() - length);
            for (int first = Math.max(0, layer - length + 1); first <= last; first++) {
              addError(
                  states,
                  first,
                  layer - first,
                  block,
                  errors.computeIfAbsent(new Run(first, length), Run::noErrors));
            }
          }
        }
      }
    }
    ImmutableList.Builder<ImmutableMap<Integer, Integer>> origins = ImmutableList.builder();
    for (int layer = 0; layer < parent.layers(); layer++) {
      origins.add(originsFrom(layer, errors));
    }
    return origins.build();
  }

  /** Returns the input of every layer, and the output of the last. */
  private ImmutableList<Tensor> hiddenStates(Tensor idsBT) {
    ImmutableList.Builder<Tensor> states = ImmutableList.builder();
    Tensor hidden = layers.embed(idsBT);
    states.add(hidden);
    for (int layer = 0; layer < parent.layers(); layer++) {
      hidden = layers.block(layer).forward(hidden);
      states.add(hidden);
    }
    return states.build();
  }

  /** Adds how far the layer at {@code offset} of a run is from the run's output. */
  private void addError(
      ImmutableList<Tensor> states, int first, int offset, Block block, double[] errors) {
    if (!parent.block(first + offset).equals(parent.block(first))) {
      errors[offset] = Double.POSITIVE_INFINITY;
      return;
    }
    Tensor wanted = states.get(first + errors.length);
    try (NativeScope scope = NativeScope.open()) {
      Tensor alone = block.forward(states.get(first));
      errors[offset] += Tensors.scalar(alone.sub(wanted).square().sum());
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
