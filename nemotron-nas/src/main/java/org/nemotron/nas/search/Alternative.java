package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;

/**
 * A candidate for one layer, or for {@code covers} consecutive layers from that one on.
 *
 * <p>The numbers are checked by {@link SearchProblem}, which can name the layer as well.
 *
 * @param id the name, unique within its layer
 * @param score what the search minimizes, lower is better: in a run of this library, its
 *     degradation
 * @param standardError the standard error of the score, 0 when unknown
 * @param costs its costs by name
 * @param covers how many consecutive layers it replaces, 1 for an ordinary one
 * @param kinds its kinds, counted by {@link Rule.KindCount}
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
    checkNotNull(id, "the id of a candidate must not be null");
    checkArgument(!id.isEmpty(), "the id of a candidate must not be empty");
    checkNotNull(costs, "candidate %s: costs must not be null", id);
    checkNotNull(kinds, "candidate %s: kinds must not be null", id);
    checkArgument(!kinds.contains(""), "candidate %s: a kind must not be empty", id);
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

  /**
   * Returns an alternative for one layer, of unknown standard error and no kind.
   *
   * @param costs its costs by name, such as {@code Map.of("memoryBytes", 1)}
   */
  public static Alternative of(String id, double score, Map<String, ? extends Number> costs) {
    checkNotNull(costs, "candidate %s: costs must not be null", id);
    ImmutableMap<String, Double> numbers = CostMaps.of("candidate " + id, costs);
    return new Alternative(id, score, 0.0, numbers, 1, ImmutableSet.of());
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
    checkNotNull(newKinds, "candidate %s: kinds must not be null", id);
    for (String kind : newKinds) {
      checkNotNull(kind, "candidate %s: a kind must not be null", id);
    }
    return new Alternative(id, score, standardError, costs, covers, ImmutableSet.copyOf(newKinds));
  }
}
