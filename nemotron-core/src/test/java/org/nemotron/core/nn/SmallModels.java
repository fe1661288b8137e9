package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/** Random Llamas small enough to be computed by hand. */
public final class SmallModels {
  public static final int VOCABULARY = 37;
  public static final int WIDTH = 24;
  public static final int QUERY_HEADS = 4;

  /** Not width / heads, so that the two cannot be confused. */
  public static final int HEAD_DIM = 10;

  public static final FfnSpec WIDE = new FfnSpec.Gated(40);

  private SmallModels() {}

  public static AttentionSpec grouped(int kvHeads) {
    return new AttentionSpec.GroupedQuery(QUERY_HEADS, kvHeads, HEAD_DIM);
  }

  public static ModelSpec spec(BlockSpec... blocks) {
    return spec(new RopeSpec.Plain(10_000), false, blocks);
  }

  public static ModelSpec spec(RopeSpec rope, boolean tied, BlockSpec... blocks) {
    return new ModelSpec(
        VOCABULARY,
        WIDTH,
        QUERY_HEADS,
        HEAD_DIM,
        1e-5,
        rope,
        4096,
        tied,
        new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
        ImmutableList.copyOf(blocks));
  }

  /** Returns a model with a block of every kind. */
  public static ModelSpec mixed() {
    return spec(
        new BlockSpec(grouped(2), WIDE),
        new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(8)),
        new BlockSpec(grouped(1), new FfnSpec.Linear()),
        new BlockSpec(new AttentionSpec.NoOp(), WIDE),
        new BlockSpec(grouped(4), new FfnSpec.NoOp()),
        BlockSpec.NO_OP);
  }

  /** Returns a model with random weights, which the caller closes. */
  public static HeterogeneousModel model(ModelSpec spec, long seed) {
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights = NamedTensors.of(weights(spec.tensorShapes(), seed))) {
      return HeterogeneousModel.of(spec, weights);
    }
  }

  /** Returns random weights of these shapes, owned by the current scope. */
  public static ImmutableMap<String, Tensor> weights(
      ImmutableMap<String, ImmutableList<Long>> shapes, long seed) {
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    shapes.forEach((name, shape) -> weights.put(name, random(shape, new Seed(seed).named(name))));
    return weights.buildOrThrow();
  }

  /** A matrix keeps the size of what it multiplies; the weight of a norm lies around 1. */
  private static Tensor random(ImmutableList<Long> shape, Seed seed) {
    SplittableRandom random = seed.random();
    double scale = shape.size() == 1 ? 0.5 : Math.sqrt(3.0 / shape.get(1));
    float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
    for (int index = 0; index < values.length; index++) {
      double value = scale * (2 * random.nextDouble() - 1);
      values[index] = (float) (shape.size() == 1 ? 1 + value : value);
    }
    return Tensors.of(values, Longs.toArray(shape));
  }

  public static long[] ids(int count, long seed) {
    return new Seed(seed).random().longs(count, 0, VOCABULARY).toArray();
  }
}
