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
 * <p>A sub-block stands in for the same half of its layer and is scored and costed apart; a whole
 * block stands in for one layer, or for several consecutive ones.
 */
public sealed interface Candidate {
  /** Returns the first parent layer that it stands in for. */
  int layer();

  /** Returns how many parent layers it stands in for, wholly or by half. */
  default int covers() {
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

    /** Visits a feed-forward sub-block. */
    R visit(Ffn candidate);

    /** Visits a whole block. */
    R visit(Whole candidate);
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

  /** Another feed-forward network for one layer. */
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

  /** One block for {@code covers} consecutive layers, its halves trained together. */
  record Whole(int layer, int covers, BlockSpec spec) implements Candidate {
    /** Checks the count. */
    public Whole {
      checkArgument(covers > 0, "covers (%s) must be positive", covers);
    }

    @Override
    public String id() {
      return name(layer, "block." + spec.id() + (covers == 1 ? "" : ".covers" + covers));
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
