package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.spec.BlockSpec;

/**
 * What a child has in place of one parent layer, or of several consecutive ones, and where its
 * weights come from. Immutable.
 */
public sealed interface BlockChoice {
  /** Returns the first parent layer replaced. */
  int layer();

  /** Returns how many parent layers are replaced: more than 1 for a multi-layer replacement. */
  default int layers() {
    return 1;
  }

  /** Returns the block that stands there. */
  BlockSpec spec();

  /**
   * Returns its name among the choices of a model, for example {@code 3:kv4+w704}; {@code *} marks
   * a pair trained together.
   */
  String id();

  /** Returns where the weights come from, in a word: {@code parent} or {@code decoupled}. */
  String origin();

  /** Returns what {@code visitor} makes of this kind. */
  <R> R accept(Visitor<R> visitor);

  /** One method per kind. */
  interface Visitor<R> {
    /** Visits the parent's own block. */
    R visit(Parent choice);

    /** Visits a block of two sub-blocks that were trained apart. */
    R visit(Decoupled choice);

    /** Visits a block whose sub-blocks were trained together. */
    R visit(Coupled choice);

    /** Visits one block in place of several layers. */
    R visit(MultiLayer choice);
  }

  private static String name(BlockChoice choice) {
    return choice.layer() + ":" + choice.spec().id();
  }

  /** The parent's own block. */
  record Parent(int layer, BlockSpec spec) implements BlockChoice {
    @Override
    public String id() {
      return name(this);
    }

    @Override
    public String origin() {
      return "parent";
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** Two sub-blocks, each the parent's own or trained apart. */
  record Decoupled(int layer, BlockSpec spec) implements BlockChoice {
    @Override
    public String id() {
      return name(this);
    }

    @Override
    public String origin() {
      return "decoupled";
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** Two sub-blocks trained together. */
  record Coupled(int layer, BlockSpec spec) implements BlockChoice {
    /** Returns the candidate whose weights stand there. */
    public Candidate.Block candidate() {
      return new Candidate.Block(layer, spec);
    }

    @Override
    public String id() {
      return name(this) + "*";
    }

    @Override
    public String origin() {
      return "coupled";
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** One block trained to imitate {@code layers} consecutive layers. */
  record MultiLayer(int layer, int layers, BlockSpec spec) implements BlockChoice {
    /** Checks the count. */
    public MultiLayer {
      checkArgument(layers > 1, "layers (%s) of a multi-layer replacement must exceed 1", layers);
    }

    /** Returns the candidate whose weights stand there. */
    public Candidate.MultiLayer candidate() {
      return new Candidate.MultiLayer(layer, layers, spec);
    }

    @Override
    public String id() {
      return name(this) + " for " + layers + " layers";
    }

    @Override
    public String origin() {
      return "multi-layer";
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }
}
