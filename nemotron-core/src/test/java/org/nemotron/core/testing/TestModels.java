package org.nemotron.core.testing;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/** Random Llamas small enough to be computed by hand, and random weights of any model. */
public final class TestModels {
  public static final int VOCABULARY = 37;
  public static final int WIDTH = 24;
  public static final int QUERY_HEADS = 4;

  /** Not width / heads, so that the two cannot be confused. */
  public static final int HEAD_DIM = 10;

  public static final FfnSpec WIDE = new FfnSpec.Gated(40);

  /** How far the weights of norms lie from 1, at most. */
  private static final double NORM_SPREAD = 0.5;

  private TestModels() {}

  public static AttentionSpec grouped(int kvHeads) {
    return new AttentionSpec.GroupedQuery(QUERY_HEADS, kvHeads, HEAD_DIM);
  }

  public static ModelSpec spec(BlockSpec... blocks) {
    return spec(new RopeSpec.Plain(10_000), false, blocks);
  }

  public static ModelSpec spec(RopeSpec rope, boolean tied, BlockSpec... blocks) {
    return new ModelSpecBuilder()
        .vocabularySize(VOCABULARY)
        .width(WIDTH)
        .heads(QUERY_HEADS, HEAD_DIM)
        .rope(rope)
        .tied(tied)
        .blocks(blocks)
        .build();
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
    return model(spec, seed, NORM_SPREAD);
  }

  /**
   * Returns a model with random weights, which the caller closes.
   *
   * @param normSpread how far the weights of norms lie from 1, at most
   */
  public static HeterogeneousModel model(ModelSpec spec, long seed, double normSpread) {
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights = NamedTensors.of(weights(spec.tensorShapes(), seed, normSpread))) {
      return HeterogeneousModel.of(spec, weights);
    }
  }

  /** Returns random weights of these shapes, owned by the current scope. */
  public static ImmutableMap<String, Tensor> weights(
      ImmutableMap<String, ImmutableList<Long>> shapes, long seed) {
    return weights(shapes, seed, NORM_SPREAD);
  }

  /**
   * Returns random weights of these shapes, owned by the current scope.
   *
   * @param normSpread how far the weights of norms lie from 1, at most
   */
  public static ImmutableMap<String, Tensor> weights(
      ImmutableMap<String, ImmutableList<Long>> shapes, long seed, double normSpread) {
    return each(shapes, seed, (shape, own) -> random(shape, own, normSpread));
  }

  /** Returns weights that all lie within {@code ±bound}, owned by the current scope. */
  public static ImmutableMap<String, Tensor> weightsWithin(
      double bound, ImmutableMap<String, ImmutableList<Long>> shapes, long seed) {
    return each(shapes, seed, (shape, own) -> uniform(shape, own, 0, bound));
  }

  private static ImmutableMap<String, Tensor> each(
      ImmutableMap<String, ImmutableList<Long>> shapes,
      long seed,
      BiFunction<ImmutableList<Long>, Seed, Tensor> maker) {
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    shapes.forEach(
        (name, shape) -> weights.put(name, maker.apply(shape, new Seed(seed).named(name))));
    return weights.buildOrThrow();
  }

  /**
   * Returns a tensor owned by the current scope: a matrix keeps the size of what it multiplies, the
   * weight of a norm lies around 1.
   *
   * @param normSpread how far the weight of a norm lies from 1, at most
   */
  public static Tensor random(ImmutableList<Long> shape, Seed seed, double normSpread) {
    return shape.size() == 1
        ? uniform(shape, seed, 1, normSpread)
        : uniform(shape, seed, 0, Math.sqrt(3.0 / shape.get(shape.size() - 1)));
  }

  private static Tensor uniform(
      ImmutableList<Long> shape, Seed seed, double center, double spread) {
    SplittableRandom random = seed.random();
    float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
    for (int index = 0; index < values.length; index++) {
      values[index] = (float) (center + spread * (2 * random.nextDouble() - 1));
    }
    return Tensors.of(values, Longs.toArray(shape));
  }

  public static long[] ids(int count, long seed) {
    return new Seed(seed).random().longs(count, 0, VOCABULARY).toArray();
  }
}
