/**
 * The exact solver: proves which path of a {@link org.nemotron.nas.search.graph.PathProblem} is
 * best. Entry type: {@link org.nemotron.nas.search.exact.ExactSolver}.
 *
 * <p>Column generation finds the Lagrangian multipliers of the constraints and with them a lower
 * bound; reduced-cost fixing removes the arcs that no better path can have; bidirectional labeling,
 * dynamic programming with dominance, finds the best path among the arcs that are left; where that
 * would need too many labels, the solver branches on an arc. Where a first labeling finds no path,
 * exchanges of arcs do. {@link org.nemotron.nas.search.exact.ScipSolver} hands the same problem to
 * SCIP, as the last resort and as the judge. Not exported.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.search.exact;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
