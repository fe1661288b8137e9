package org.nemotron.core.spec;

/**
 * What parts of a model multiply and add for whole sequences, counted twice each as usual; half of
 * a square of attention, since it is causal.
 *
 * @param spec gives width, heads and vocabulary
 * @param tokens of a sequence
 */
public record PassFlops(ModelSpec spec, int tokens) {
  /** The way back through what tokens read from each other, over the way there. */
  private static final double BACKWARD_PAIRS = 2.5;

  /** Returns the work of an attention for one token. */
  public double attention(AttentionSpec attention) {
    return matrices(attention) + pairs(attention);
  }

  /** Returns the work of an attention's projections for one token. */
  public double matrices(AttentionSpec attention) {
    return 2.0 * matrices(new BlockSpec(attention, new FfnSpec.NoOp()));
  }

  /** Returns the work of what tokens read from each other, for one token. */
  public double pairs(AttentionSpec attention) {
    return 4 * attention.accept(new TokensSeen(tokens)) * spec.queryHeads() * spec.headDim();
  }

  /** Returns the work of an FFN for one token. */
  public double ffn(FfnSpec ffn) {
    return 2.0 * ffn.accept(new FfnMatrices(spec.width()));
  }

  /** Returns the work of a block for one token. */
  public double block(BlockSpec block) {
    return attention(block.attention()) + ffn(block.ffn());
  }

  /** Returns the work of an attention for one token, there and back. */
  public double trained(AttentionSpec attention) {
    return 3 * matrices(attention) + (1 + BACKWARD_PAIRS) * pairs(attention);
  }

  /** Returns the work of a block for one token, there and back. */
  public double trained(BlockSpec block) {
    return trained(block.attention()) + 3 * ffn(block.ffn());
  }

  /** Returns the work of layers {@code from} to {@code to} (exclusive) for one token. */
  public double blocks(int from, int to) {
    double sum = 0;
    for (int layer = from; layer < to; layer++) {
      sum += block(spec.block(layer));
    }
    return sum;
  }

  /** Returns the work of the head for one token. */
  public double head() {
    return 2.0 * spec.width() * spec.vocabularySize();
  }

  /** How many tokens one reads, on average. */
  private record TokensSeen(int tokens) implements AttentionSpec.Visitor<Double> {
    @Override
    public Double visit(AttentionSpec.GroupedQuery attention) {
      return 0.5 * tokens;
    }

    @Override
    public Double visit(AttentionSpec.Linear attention) {
      return 0.0;
    }

    @Override
    public Double visit(AttentionSpec.NoOp attention) {
      return 0.0;
    }
  }

  /** How many elements of an FFN's matrices one token is multiplied by. */
  private record FfnMatrices(int width) implements FfnSpec.Visitor<Double> {
    @Override
    public Double visit(FfnSpec.Gated ffn) {
      return 3.0 * width * ffn.channels();
    }

    @Override
    public Double visit(FfnSpec.Linear ffn) {
      return (double) width * width;
    }

    @Override
    public Double visit(FfnSpec.NoOp ffn) {
      return 0.0;
    }
  }

  private double matrices(BlockSpec block) {
    return block.tensorShapes(spec.width()).values().stream()
        .filter(shape -> shape.size() == 2)
        .mapToDouble(shape -> (double) shape.get(0) * shape.get(1))
        .sum();
  }
}
