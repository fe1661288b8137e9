package org.nemotron.core.spec;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;

/**
 * A Llama-style model as data: what is common to all layers, and one {@link BlockSpec} per layer.
 * Immutable.
 *
 * <p>A parent is a model whose blocks happen to be alike; a child is one whose blocks differ.
 *
 * @param vocabularySize rows of the embedding
 * @param width hidden size
 * @param queryHeads query heads of every attention
 * @param headDim size of a head; not always {@code width / queryHeads}
 * @param rmsNormEps added to the mean square before the root
 * @param rope rotary position embedding
 * @param maxPositions longest context, in tokens
 * @param tiedEmbeddings whether the head is the embedding itself
 * @param specialTokens ids with a meaning
 * @param blocks the layers, first to last
 */
public record ModelSpec(
    int vocabularySize,
    int width,
    int queryHeads,
    int headDim,
    double rmsNormEps,
    RopeSpec rope,
    int maxPositions,
    boolean tiedEmbeddings,
    SpecialTokens specialTokens,
    ImmutableList<BlockSpec> blocks) {

  /** Checks sizes, and that every attention has the model's query heads and head size. */
  public ModelSpec {
    checkArgument(vocabularySize > 0, "vocabularySize (%s) must be positive", vocabularySize);
    checkArgument(width > 0, "width (%s) must be positive", width);
    checkArgument(maxPositions > 0, "maxPositions (%s) must be positive", maxPositions);
    checkArgument(rmsNormEps > 0, "rmsNormEps (%s) must be positive", rmsNormEps);
    checkArgument(!blocks.isEmpty(), "a model must have at least one layer");
    checkArgument(
        blocks.stream()
                .map(BlockSpec::attention)
                .filter(attention -> attention.queryHeads() > 0)
                .map(AttentionSpec::traits)
                .distinct()
                .count()
            <= 1,
        "all attentions of a model must have the same traits");
    for (int layer = 0; layer < blocks.size(); layer++) {
      AttentionSpec attention = blocks.get(layer).attention();
      checkArgument(
          attention.queryHeads() == 0
              || (attention.queryHeads() == queryHeads && attention.headDim() == headDim),
          "layer %s: attention has %s query heads of %s, but the model has %s of %s",
          layer,
          attention.queryHeads(),
          attention.headDim(),
          queryHeads,
          headDim);
    }
  }

  /** Returns how many layers there are. */
  public int layers() {
    return blocks.size();
  }

  /** Returns layer {@code layer}. */
  public BlockSpec block(int layer) {
    return blocks.get(checkElementIndex(layer, layers(), "layer"));
  }

  /** Returns whether all layers are alike. */
  public boolean isUniform() {
    return blocks.stream().distinct().count() == 1;
  }

  /** Returns the traits of the attentions, which all have the same. */
  public ImmutableSet<AttentionTrait> traits() {
    return blocks.stream()
        .flatMap(block -> block.attention().traits().stream())
        .collect(Sets.toImmutableEnumSet());
  }

  /** Returns this model with other layers. */
  public ModelSpec withBlocks(ImmutableList<BlockSpec> others) {
    return new ModelSpec(
        vocabularySize,
        width,
        queryHeads,
        headDim,
        rmsNormEps,
        rope,
        maxPositions,
        tiedEmbeddings,
        specialTokens,
        others);
  }

  /** Returns this model with layer {@code layer} replaced. */
  public ModelSpec withBlock(int layer, BlockSpec block) {
    checkElementIndex(layer, layers(), "layer");
    ImmutableList.Builder<BlockSpec> others = ImmutableList.builderWithExpectedSize(layers());
    for (int i = 0; i < layers(); i++) {
      others.add(i == layer ? block : blocks.get(i));
    }
    return withBlocks(others.build());
  }

  /**
   * Returns the tensors outside the layers, by their Hugging Face names; a tied head counts once.
   */
  public ImmutableMap<String, ImmutableList<Long>> nonBlockTensorShapes() {
    ImmutableMap.Builder<String, ImmutableList<Long>> shapes = ImmutableMap.builder();
    shapes.put("model.embed_tokens.weight", Shapes.of(vocabularySize, width));
    shapes.put("model.norm.weight", Shapes.of(width));
    if (!tiedEmbeddings) {
      shapes.put("lm_head.weight", Shapes.of(vocabularySize, width));
    }
    return shapes.buildOrThrow();
  }

  /** Returns every tensor of the model and its shape, by its Hugging Face name. */
  public ImmutableMap<String, ImmutableList<Long>> tensorShapes() {
    ImmutableMap.Builder<String, ImmutableList<Long>> shapes = ImmutableMap.builder();
    shapes.putAll(nonBlockTensorShapes());
    for (int layer = 0; layer < layers(); layer++) {
      String prefix = layerPrefix(layer);
      blocks.get(layer).tensorShapes(width).forEach((name, s) -> shapes.put(prefix + name, s));
    }
    return shapes.buildOrThrow();
  }

  /** Returns what stands before the names of a layer's tensors: {@code model.layers.7.}. */
  public static String layerPrefix(int layer) {
    return "model.layers." + layer + ".";
  }

  /** Returns the number of parameters outside the layers. */
  public long nonBlockParameters() {
    return Shapes.elements(nonBlockTensorShapes().values());
  }

  /** Returns the number of parameters; a tied embedding counts once. */
  public long parameters() {
    return nonBlockParameters() + blocks.stream().mapToLong(block -> block.parameters(width)).sum();
  }

  /**
   * Returns the KV cache of one sequence, in bytes.
   *
   * @param contextTokens tokens seen so far
   * @param dtypeBytes bytes of an element
   */
  public long kvCacheBytes(long contextTokens, int dtypeBytes) {
    return blocks.stream()
        .mapToLong(block -> block.attention().kvCache().bytes(contextTokens, dtypeBytes))
        .sum();
  }
}
