package org.nemotron.nas.cost;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.KvCacheLayer;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/** One sub-block with random weights, ready to be timed: the code that a model runs, alone. */
final class SubBlockProbe implements Probe {
  private static final double WEIGHT_SCALE = 0.02;

  private final SubBlock subBlock;
  private final KvCacheLayer cache;
  private final Tensor promptBTD;
  private final Tensor tokenB1D;
  private final int context;

  private SubBlockProbe(
      HeterogeneousModel parent, SubBlock subBlock, int kvHeads, Scenario scenario) {
    this.subBlock = subBlock;
    this.context = scenario.meanContextTokens();
    this.cache =
        new KvCacheLayer(
            scenario.batch(),
            kvHeads,
            scenario.sequenceTokens(),
            parent.spec().headDim(),
            parent.dtype(),
            parent.device());
    try (NativeScope scope = NativeScope.open()) {
      int width = parent.spec().width();
      this.promptBTD =
          NativeScope.keep(
              random(parent, 1, Shapes.of(scenario.batch(), scenario.promptTokens(), width)));
      this.tokenB1D = NativeScope.keep(random(parent, 1, Shapes.of(scenario.batch(), 1, width)));
    }
  }

  static SubBlockProbe of(HeterogeneousModel parent, AttentionSpec spec, Scenario scenario) {
    int kvHeads = spec instanceof AttentionSpec.GroupedQuery attention ? attention.kvHeads() : 0;
    try (NamedTensors weights = weights(parent, spec.tensorShapes(parent.spec().width()))) {
      SubBlock subBlock =
          SubBlock.attention(spec, weights, parent.rotary(), parent.spec().rmsNormEps());
      return new SubBlockProbe(parent, subBlock, kvHeads, scenario);
    }
  }

  static SubBlockProbe of(HeterogeneousModel parent, FfnSpec spec, Scenario scenario) {
    try (NamedTensors weights = weights(parent, spec.tensorShapes(parent.spec().width()))) {
      SubBlock subBlock = SubBlock.ffn(spec, weights, parent.spec().rmsNormEps());
      return new SubBlockProbe(parent, subBlock, 0, scenario);
    }
  }

  private static NamedTensors weights(
      HeterogeneousModel parent, Map<String, ImmutableList<Long>> shapes) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
      shapes.forEach((name, shape) -> tensors.put(name, random(parent, WEIGHT_SCALE, shape)));
      return NamedTensors.of(tensors.buildOrThrow());
    }
  }

  private static Tensor random(HeterogeneousModel parent, double scale, ImmutableList<Long> shape) {
    SplittableRandom random = new Seed(0).named(shape.toString()).random();
    float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
    for (int index = 0; index < values.length; index++) {
      values[index] = (float) (scale * (2 * random.nextDouble() - 1));
    }
    long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
    return Tensors.move(Tensors.of(values, sizes), parent.device(), parent.dtype());
  }

  @Override
  public void prefill() {
    cache.resize(0);
    run(promptBTD);
  }

  @Override
  public void decode() {
    cache.resize(context);
    run(tokenB1D);
  }

  private void run(Tensor hiddenBTD) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor unused = subBlock.forward(hiddenBTD, cache);
    }
  }

  @Override
  public void close() {
    subBlock.close();
    cache.close();
    NativeScope.release(promptBTD);
    NativeScope.release(tokenB1D);
  }
}
