/**
 * The search as a path problem: layer boundaries are nodes, alternatives are arcs, budgets and
 * rules are linear constraints.
 *
 * <p>This is the resource-constrained shortest path problem on a graph without cycles. Entry types:
 * {@link org.nemotron.nas.search.graph.PathProblem}, the problem, and {@link
 * org.nemotron.nas.search.graph.Solver}, what finds its best {@link
 * org.nemotron.nas.search.graph.Path}. Not exported: this package has no alternatives and no costs
 * by name, and {@link org.nemotron.nas.search.exact} solves its problems.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.search.graph;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
