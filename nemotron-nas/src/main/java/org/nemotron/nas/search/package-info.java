/**
 * The exact search: which alternative each layer gets, so that the summed score is least and every
 * budget is respected.
 *
 * <p>Place in the pipeline: after the scores and the costs, before assembly; it needs only numbers,
 * so a table from any source will do. Entry type: {@link org.nemotron.nas.search.PuzzleSearch},
 * which turns a {@link org.nemotron.nas.search.SearchProblem} into a {@link
 * org.nemotron.nas.search.SearchOutcome}.
 *
 * <p>A problem is solved as a resource-constrained shortest path problem: layers become the arcs of
 * a graph ({@code search.graph}), and a solver ({@code search.exact}) proves which path is best by
 * column generation, reduced-cost fixing and label setting. Neither package is exported.
 *
 * <p>The search minimizes the <em>score</em>: the sum of the alternatives' scores, lower is better.
 * In a run of this library the score of an alternative is its <em>degradation</em> ({@link
 * org.nemotron.nas.score.Score#degradation}): how much worse the parent's predictions become when
 * it alone replaces the parent's block.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.search;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
