package org.nemotron.nas;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Collections;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.nas.library.SearchSpace;

/** A random parent of three layers, random text, and a small space of alternatives of each kind. */
public final class SmallParent {
  /** Rows of the embedding. */
  public static final int VOCABULARY = 64;

  /** Width of the stream. */
  public static final int WIDTH = 32;

  /** Channels of every network. */
  public static final int CHANNELS = 48;

  /** Tokens of a window. */
  public static final int WINDOW = 16;

  /** The attention of every layer; its heads are larger than width / heads. */
  public static final AttentionSpec.GroupedQuery ATTENTION =
      new AttentionSpec.GroupedQuery(4, 2, 10);

  /** The FFN of every layer. */
  public static final FfnSpec.Gated FFN = new FfnSpec.Gated(CHANNELS);

  /** Every layer. */
  public static final BlockSpec BLOCK = new BlockSpec(ATTENTION, FFN);

  /** An alternative of each kind, and blocks in place of two layers. */
  public static final SearchSpace SPACE =
      SearchSpace.PAPER.toBuilder().kvHeads(1).ffnFractions(0.5, 0.25).channelMultiple(4).build();

  /** How far the weights of norms lie from 1, at most. */
  private static final double NORM_SPREAD = 0.3;

  private SmallParent() {}

  /** Returns three layers alike. */
  public static ModelSpec spec() {
    return spec(ImmutableList.copyOf(Collections.nCopies(3, BLOCK)));
  }

  /** Returns a model of these layers. */
  public static ModelSpec spec(ImmutableList<BlockSpec> blocks) {
    return new ModelSpecBuilder()
        .vocabularySize(VOCABULARY)
        .width(WIDTH)
        .heads(ATTENTION.queryHeads(), ATTENTION.headDim())
        .maxPositions(256)
        .tied(true)
        .blocks(blocks)
        .build();
  }

  /** Returns the parent with random weights, which the caller closes. */
  public static HeterogeneousModel model() {
    return model(spec(), 1);
  }

  /** Returns a model with random weights, which the caller closes. */
  public static HeterogeneousModel model(ModelSpec spec, long seed) {
    return TestModels.model(spec, seed, NORM_SPREAD);
  }

  /** Returns random weights of these shapes, held by the caller. */
  public static NamedTensors weights(ImmutableMap<String, ImmutableList<Long>> shapes, long seed) {
    try (NativeScope scope = NativeScope.open()) {
      return NamedTensors.of(TestModels.weights(shapes, seed, NORM_SPREAD));
    }
  }

  /** Returns a tensor that keeps the size of what it multiplies, owned by the current scope. */
  public static Tensor random(ImmutableList<Long> shape, Seed seed) {
    return TestModels.random(shape, seed, NORM_SPREAD);
  }

  /** Returns random tokens. */
  public static TokenCorpus corpus(int tokens, long seed) {
    return TokenCorpus.of(
        ImmutableIntArray.copyOf(new Seed(seed).random().ints(tokens, 0, VOCABULARY)));
  }

  /** Returns batches of four windows to train on. */
  public static TokenBatches training() {
    return new TokenBatches(corpus(1000, 2), 4, WINDOW, new Seed(3));
  }

  /** Returns seven windows to measure on, three at a time. */
  public static EvaluationBatches heldOut() {
    return new EvaluationBatches(corpus(7 * WINDOW, 4), 3, WINDOW, 7);
  }
}
