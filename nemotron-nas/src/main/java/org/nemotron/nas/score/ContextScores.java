package org.nemotron.nas.score;

import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.library.Architecture;

/**
 * What a child loses, and the score of each candidate within it: by how much more it loses with the
 * candidate than with the parent's own in its place. Immutable.
 *
 * <p>So what is far from the parent is predicted from near by: candidates alone in the parent do
 * not meet the errors of the others.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, whose scores are those of one block replaced; scores in the
 * context of the compressed model are the iterative form of its later reports.
 *
 * @param child as measured
 * @param whole what it loses
 * @param table of the candidates
 */
public record ContextScores(Architecture child, Score whole, ScoreTable table) {
  /**
   * Returns what {@code other} is expected to lose by {@code metric}: what the child loses, and the
   * difference of the sums of scores.
   *
   * @throws IllegalArgumentException if a choice of either has no score
   */
  public double predicted(ModelSpec parent, Architecture other, Score.Metric metric) {
    return whole.degradation(metric)
        + table.score(parent, other).degradation(metric)
        - table.score(parent, child).degradation(metric);
  }
}
