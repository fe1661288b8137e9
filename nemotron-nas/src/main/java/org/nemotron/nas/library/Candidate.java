package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;

/**
 * An alternative to something of the parent: the key of all tables of this library. Immutable.
 *
 * <p>A sub-block stands in for the same half of its layer and is scored and costed apart; a block
 * stands in for its layer; a multi-layer replacement for several consecutive ones.
 */
public sealed interface Candidate {
  /** Returns the first parent layer that it stands in for. */
  int layer();

  /** Returns how many parent layers it stands in for, wholly or by half. */
  default int layers() {
    return 1;
  }

  /** Returns its name in tables and files, for example {@code layer-007.ffn.w352}. */
  String id();

  /** Returns its tensors and their shapes, by their names below a layer. */
  ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width);

  /** Returns what {@code visitor} makes of this kind. */
  <R> R accept(Visitor<R> visitor);

  /** Returns whether it has anything to train. */
  default boolean hasWeights() {
    return !tensorShapes(1).isEmpty();
  }

  /** One method per kind. */
  interface Visitor<R> {
    /** Visits an attention sub-block. */
    R visit(Attention candidate);

    /** Visits an FFN sub-block. */
    R visit(Ffn candidate);

    /** Visits a block for one layer. */
    R visit(Block candidate);

    /** Visits a block for several layers. */
    R visit(MultiLayer candidate);
  }

  private static String name(int layer, String rest) {
    return String.format(Locale.ROOT, "layer-%03d.%s", layer, rest);
  }

  /** Another attention for one layer. */
  record Attention(int layer, AttentionSpec spec) implements Candidate {
    @Override
    public String id() {
      return name(layer, "attention." + spec.id());
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return spec.tensorShapes(width);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** Another FFN for one layer. */
  record Ffn(int layer, FfnSpec spec) implements Candidate {
    @Override
    public String id() {
      return name(layer, "ffn." + spec.id());
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return spec.tensorShapes(width);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** A pair of sub-blocks for one layer, trained together. */
  record Block(int layer, BlockSpec spec) implements Candidate {
    @Override
    public String id() {
      return name(layer, "block." + spec.id());
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return spec.tensorShapes(width);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** A multi-layer replacement: one block for {@code layers} consecutive layers. */
  record MultiLayer(int layer, int layers, BlockSpec spec) implements Candidate {
    /** Checks the count. */
    public MultiLayer {
      checkArgument(layers > 1, "layers (%s) of a multi-layer replacement must exceed 1", layers);
    }

    @Override
    public String id() {
      return name(layer, "block." + spec.id() + ".layers" + layers);
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return spec.tensorShapes(width);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }
}
