package org.nemotron.core.spec;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/** One layer as data: its attention, then its feed-forward network (FFN). Immutable. */
public record BlockSpec(AttentionSpec attention, FfnSpec ffn) {
  /** The block that does nothing: both sub-blocks absent. */
  public static final BlockSpec NO_OP = new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.NoOp());

  /** Checks that both halves are given. */
  public BlockSpec {
    checkNotNull(attention, "attention");
    checkNotNull(ffn, "ffn");
  }

  /** Returns the name used in tables and file names, for example {@code kv4+w704}. */
  public String id() {
    return attention.id() + "+" + ffn.id();
  }

  /** Returns whether nothing is computed: both sub-blocks are absent. */
  public boolean isNoOp() {
    return attention.isNoOp() && ffn.isNoOp();
  }

  /** Returns the number of parameters, norms included. */
  public long parameters(int width) {
    return attention.parameters(width) + ffn.parameters(width);
  }

  /** Returns the tensors of the block and their shapes, by their names below a layer. */
  public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
    return ImmutableMap.<String, ImmutableList<Long>>builder()
        .putAll(attention.tensorShapes(width))
        .putAll(ffn.tensorShapes(width))
        .buildOrThrow();
  }

  @Override
  public String toString() {
    return id();
  }
}
