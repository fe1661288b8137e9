package org.nemotron.core.nn;

import com.google.common.collect.ImmutableMap;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * One layer: attention, then the feed-forward network, each adding to the residual stream.
 *
 * <p>Holds its tensors until it closes. Safe for use by several threads as long as nobody changes
 * the tensors. Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class Block implements AutoCloseable {
  private final BlockSpec spec;
  private final SubBlock attention;
  private final SubBlock ffn;
  private final Resources parts;

  /**
   * Makes the block that {@code spec} describes.
   *
   * @param weights a holder with the names of {@link BlockSpec#tensorShapes}; the block takes a
   *     share of its own
   */
  public Block(BlockSpec spec, NamedTensors weights, RotaryEmbedding rotary, double eps) {
    this.spec = spec;
    try (Resources made = new Resources()) {
      this.attention =
          made.add(SubBlock.attention(spec.attention(), weights, rotary, eps), SubBlock::close);
      this.ffn = made.add(SubBlock.ffn(spec.ffn(), weights, eps), SubBlock::close);
      this.parts = made.complete();
    }
  }

  /** Returns what the block is. */
  public BlockSpec spec() {
    return spec;
  }

  /** Returns the first half; it belongs to the block. */
  public SubBlock attention() {
    return attention;
  }

  /** Returns the second half; it belongs to the block. */
  public SubBlock ffn() {
    return ffn;
  }

  /**
   * Returns the residual stream after this block: {@code [B, T, D]}, owned by the current scope.
   */
  public Tensor forward(Tensor hiddenBTD) {
    return NativeScope.only(() -> ffn.forward(attention.forward(hiddenBTD)));
  }

  /** Returns the tensors of both halves, by their names below a layer. */
  public ImmutableMap<String, Tensor> tensors() {
    return ImmutableMap.<String, Tensor>builder()
        .putAll(attention.tensors().asMap())
        .putAll(ffn.tensors().asMap())
        .buildOrThrow();
  }

  @Override
  public void close() {
    parts.close();
  }
}
