package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/** A constraint on an architecture beside its budgets. */
public sealed interface Rule {

  /** Returns whether {@code candidate} may stand in {@code layer} under this rule. */
  boolean permits(int layer, Alternative candidate);

  /** Returns the rule that candidate {@code id} does not stand in {@code layer}. */
  static Rule forbid(int layer, String id) {
    return new Forbid(layer, id);
  }

  /** Returns the rule that candidate {@code id} stands in {@code layer}. */
  static Rule force(int layer, String id) {
    return new Force(layer, id);
  }

  /** Returns the rule that at most {@code layers} layers hold a candidate of {@code kind}. */
  static Rule atMost(String kind, int layers) {
    return new KindCount(kind, 0, layers);
  }

  /** Returns the rule that at least {@code layers} layers hold a candidate of {@code kind}. */
  static Rule atLeast(String kind, int layers) {
    return new KindCount(kind, layers, Integer.MAX_VALUE);
  }

  /** A rule about one candidate of one layer. */
  sealed interface Pin extends Rule {
    /** Returns the layer in which the candidate is listed. */
    int layer();

    /** Returns the id of the candidate. */
    String id();

    /** Returns the rule in words: {@code "candidate a forced in layer 2"}. */
    String inWords();
  }

  /** Candidate {@code id} must not stand in {@code layer}. */
  record Forbid(int layer, String id) implements Pin {
    /** Checks the layer; {@link SearchProblem} checks that the candidate exists. */
    public Forbid {
      checkNotNull(id, "the id of a forbidden candidate must not be null");
      checkArgument(layer >= 0, "layer (%s) of a forbidden candidate must not be negative", layer);
    }

    @Override
    public boolean permits(int at, Alternative candidate) {
      return at != layer || !id.equals(candidate.id());
    }

    @Override
    public String inWords() {
      return "candidate " + id + " forbidden in layer " + layer;
    }
  }

  /** Candidate {@code id} must stand in {@code layer}, the first of the layers that it covers. */
  record Force(int layer, String id) implements Pin {
    /** Checks the layer; {@link SearchProblem} checks that the candidate exists. */
    public Force {
      checkNotNull(id, "the id of a forced candidate must not be null");
      checkArgument(layer >= 0, "layer (%s) of a forced candidate must not be negative", layer);
    }

    @Override
    public boolean permits(int at, Alternative candidate) {
      boolean reaches = at <= layer && layer < at + candidate.covers();
      return !reaches || (at == layer && id.equals(candidate.id()));
    }

    @Override
    public String inWords() {
      return "candidate " + id + " forced in layer " + layer;
    }
  }

  /**
   * The number of layers that hold a candidate of a kind; one that covers k layers counts k times.
   *
   * @param kind the kind, one of {@link Alternative#kinds()} of some candidate
   * @param atLeast the least number, 0 when there is none
   * @param atMost the greatest number, {@link Integer#MAX_VALUE} when there is none
   */
  record KindCount(String kind, int atLeast, int atMost) implements Rule {
    /** Checks that the range is not empty; {@link SearchProblem} checks that the kind exists. */
    public KindCount {
      checkNotNull(kind, "the kind of a rule must not be null");
      checkArgument(!kind.isEmpty(), "the kind of a rule must not be empty");
      checkArgument(
          0 <= atLeast && atLeast <= atMost,
          "kind %s: the range from %s to %s layers must be in order and not negative",
          kind,
          atLeast,
          atMost);
    }

    @Override
    public boolean permits(int at, Alternative candidate) {
      return true;
    }
  }
}
