package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;

/**
 * One thing that can stand in one layer, or in {@code covers} consecutive layers from that one on.
 *
 * <p>The numbers are checked by {@link SearchProblem}, which can name the layer as well.
 *
 * @param id the name, unique within its layer
 * @param score the harm it does, lower is better
 * @param standardError the standard error of the score, 0 when unknown
 * @param costs what it costs, by the name of the cost
 * @param covers how many consecutive layers it replaces, 1 for an ordinary one
 * @param kinds the kinds it is of, counted by {@link Rule.KindCount}
 */
public record Alternative(
    String id,
    double score,
    double standardError,
    ImmutableMap<String, Double> costs,
    int covers,
    ImmutableSet<String> kinds) {

  /** Checks what can be checked without knowing the layer. */
  public Alternative {
    checkArgument(!id.isEmpty(), "the id of a candidate must not be empty");
    checkArgument(covers >= 1, "candidate %s: covers (%s) must be at least 1", id, covers);
  }

  /** Returns an alternative of no kind. */
  public Alternative(
      String id,
      double score,
      double standardError,
      ImmutableMap<String, Double> costs,
      int covers) {
    this(id, score, standardError, costs, covers, ImmutableSet.of());
  }

  /** Returns an alternative for one layer, of unknown standard error and no kind. */
  public static Alternative of(String id, double score, Map<String, Double> costs) {
    return new Alternative(id, score, 0.0, ImmutableMap.copyOf(costs), 1, ImmutableSet.of());
  }

  /** Returns this alternative with another score. */
  public Alternative withScore(double newScore) {
    return new Alternative(id, newScore, standardError, costs, covers, kinds);
  }

  /** Returns this alternative with the standard error of its score. */
  public Alternative withStandardError(double newStandardError) {
    return new Alternative(id, score, newStandardError, costs, covers, kinds);
  }

  /** Returns this alternative, replacing {@code layers} consecutive layers. */
  public Alternative covering(int layers) {
    return new Alternative(id, score, standardError, costs, layers, kinds);
  }

  /** Returns this alternative, of exactly these kinds. */
  public Alternative ofKinds(String... newKinds) {
    return new Alternative(id, score, standardError, costs, covers, ImmutableSet.copyOf(newKinds));
  }
}
