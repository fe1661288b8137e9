package org.nemotron.core.testing;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;

/** Makes specs of small models: a test sets what matters to it, the rest has small values. */
public final class ModelSpecBuilder {
  private static final SpecialTokens NO_TOKENS =
      new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of());

  private int vocabularySize = 37;
  private int width = 24;
  private int queryHeads = 4;
  private int headDim = 10;
  private double rmsNormEps = 1e-5;
  private RopeSpec rope = new RopeSpec.Plain(10_000);
  private int maxPositions = 4096;
  private boolean tied;
  private SpecialTokens specialTokens = NO_TOKENS;
  private ImmutableList<BlockSpec> blocks = ImmutableList.of(BlockSpec.NO_OP);

  /** Returns a builder of models like {@code spec}. */
  public static ModelSpecBuilder like(ModelSpec spec) {
    return new ModelSpecBuilder()
        .vocabularySize(spec.vocabularySize())
        .width(spec.width())
        .heads(spec.queryHeads(), spec.headDim())
        .rmsNormEps(spec.rmsNormEps())
        .rope(spec.rope())
        .maxPositions(spec.maxPositions())
        .tied(spec.tiedEmbeddings())
        .specialTokens(spec.specialTokens())
        .blocks(spec.blocks());
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder vocabularySize(int rows) {
    vocabularySize = rows;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder width(int channels) {
    width = channels;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder heads(int count, int dim) {
    queryHeads = count;
    headDim = dim;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder rmsNormEps(double eps) {
    rmsNormEps = eps;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder rope(RopeSpec positions) {
    rope = positions;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder maxPositions(int tokens) {
    maxPositions = tokens;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder tied(boolean value) {
    tied = value;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder specialTokens(SpecialTokens tokens) {
    specialTokens = tokens;
    return this;
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder blocks(BlockSpec... layers) {
    return blocks(ImmutableList.copyOf(layers));
  }

  @CanIgnoreReturnValue
  public ModelSpecBuilder blocks(ImmutableList<BlockSpec> layers) {
    blocks = layers;
    return this;
  }

  /** Returns the spec. */
  public ModelSpec build() {
    return new ModelSpec(
        vocabularySize,
        width,
        queryHeads,
        headDim,
        rmsNormEps,
        rope,
        maxPositions,
        tied,
        specialTokens,
        blocks);
  }
}
