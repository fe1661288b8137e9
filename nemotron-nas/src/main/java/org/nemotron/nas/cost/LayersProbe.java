package org.nemotron.nas.cost;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import com.google.common.primitives.Longs;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/**
 * Layers with random weights, ready to be timed one by one: a model that has each of them once, so
 * that a layer finds the processor's caches as it would behind another layer.
 */
final class LayersProbe implements Probe {
  private static final double WEIGHT_SCALE = 0.02;

  /** So many weights are drawn, and then repeated: layers of a large model have billions. */
  private static final int DRAWN = 1 << 20;

  /** The head is not measured here: a small one saves memory. */
  private static final int VOCABULARY = 64;

  private final InferenceModel model;
  private final ScenarioSteps steps;
  private final InferenceSession session;

  LayersProbe(
      ModelSpec parent,
      ImmutableList<BlockSpec> layers,
      Scenario scenario,
      InferenceBackend device) {
    ModelSpec spec =
        new ModelSpec(
            VOCABULARY,
            parent.width(),
            parent.queryHeads(),
            parent.headDim(),
            parent.rmsNormEps(),
            parent.rope(),
            parent.maxPositions(),
            true,
            parent.specialTokens(),
            layers);
    int maxRows = device.usualRows();
    this.model = device.prepare(spec, new RandomWeights(spec), device.bestFormat(), maxRows);
    this.steps = ScenarioSteps.of(scenario, VOCABULARY, maxRows);
    this.session = model.newSession(steps.pages());
  }

  /** Made as they are asked for. */
  private record RandomWeights(ModelSpec spec) implements WeightSource {
    @Override
    public Tensor get(String name) {
      return random(name, verifyNotNull(spec.tensorShapes().get(name), name));
    }

    @Override
    public Tensor get(int layer, String name) {
      return get(ModelSpec.layerPrefix(layer) + name);
    }
  }

  private static Tensor random(String name, ImmutableList<Long> shape) {
    SplittableRandom random = new Seed(0).named(name).random();
    float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
    int drawn = Math.min(values.length, DRAWN);
    for (int index = 0; index < drawn; index++) {
      values[index] = (float) (WEIGHT_SCALE * (2 * random.nextDouble() - 1));
    }
    for (int filled = drawn; filled < values.length; filled += drawn) {
      System.arraycopy(values, 0, values, filled, Math.min(drawn, values.length - filled));
    }
    return Tensors.of(values, Longs.toArray(shape));
  }

  @Override
  public ScenarioSteps steps() {
    return steps;
  }

  @Override
  public long[] nanos(ImmutableList<ForwardBatch> taken) {
    long[] sums = new long[model.spec().layers()];
    for (ForwardBatch step : taken) {
      ImmutableLongArray nanos = session.layerNanos(step);
      for (int layer = 0; layer < sums.length; layer++) {
        sums[layer] += nanos.get(layer);
      }
    }
    return sums;
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}
