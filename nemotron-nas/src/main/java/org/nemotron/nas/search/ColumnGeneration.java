package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Raises the Lagrangian bound of a core as far as it goes.
 *
 * <p>With a price (multiplier) on every row, the cheapest path costs no more than any path that
 * meets the rows, so it bounds them all; the best prices give the bound of the linear relaxation,
 * because the corners of the path polytope are paths.
 */
final class ColumnGeneration {
  /*
   * Representation. Dantzig-Wolfe decomposition: a small linear program mixes whole paths so that
   * the mixture meets the rows. It has one constraint per row and one that the shares add up to 1,
   * solved by the revised simplex method with an explicit inverse. The path to enter next is a
   * shortest path under the current prices, and finding it yields a bound at those prices.
   *
   * Why. The bound is right for any prices that are not negative, so neither the tolerances of the
   * simplex method nor an early stop can make it wrong. Paths need no special case for candidates
   * that cover several layers.
   *
   * Prices swing far when rows are many; asking for the path at a mean of the best prices so far
   * and the current ones (Wentges, 1997) damps this.
   *
   * A row may be broken at the price `ceiling`; when the best mixture still breaks one, the ceiling
   * rises.
   */
  private static final double TOLERANCE = 1e-10;
  private static final double FIRST_CEILING = 100;
  private static final double LAST_CEILING = 1e9;

  /** Marks a path in the basis. */
  private static final int PATH = Integer.MAX_VALUE;

  private final ReducedProblem core;
  private final int rows;
  private final double[][] inverse;
  private final double[] value;
  private final double[] cost;

  /** What is in the basis: the row of a slack, minus one minus the row of a breach, or a path. */
  private final int[] kind;

  /** The path in each place of the basis that holds one. */
  private final int[][] paths;

  private final double[] lengths;
  private int asked;
  private double ceiling = FIRST_CEILING;
  private double bestBound = Double.NEGATIVE_INFINITY;
  private double[] bestMultipliers;

  private ColumnGeneration(ReducedProblem core, double[] start) {
    this.core = core;
    this.rows = core.rows();
    this.inverse = new double[rows + 1][rows + 1];
    this.value = new double[rows + 1];
    this.cost = new double[rows + 1];
    this.kind = new int[rows + 1];
    this.paths = new int[rows + 1][];
    this.lengths = new double[core.arcs()];
    this.bestMultipliers = start.clone();
  }

  /**
   * Returns the best multipliers found and their bound.
   *
   * @param start where to begin, not negative
   * @param enough stop as soon as the bound reaches this
   * @param precision stop when the best bound there is is nearer than this
   */
  static Multipliers ascend(ReducedProblem core, double[] start, double enough, double precision) {
    return ascend(core, start, ImmutableList.of(), enough, precision, Integer.MAX_VALUE);
  }

  /**
   * Returns the best multipliers found and their bound.
   *
   * @param known paths to mix before others are looked for
   * @param mostPaths how many shortest paths to look for at most
   */
  static Multipliers ascend(
      ReducedProblem core,
      double[] start,
      List<int[]> known,
      double enough,
      double precision,
      int mostPaths) {
    ColumnGeneration ascent = new ColumnGeneration(core, start);
    ascent.run(known, enough, precision, mostPaths);
    return ascent.dual();
  }

  private Multipliers dual() {
    ImmutableList.Builder<int[]> mixture = ImmutableList.builder();
    double[] shares = new double[rows + 1];
    int size = 0;
    for (int i = 0; i <= rows; i++) {
      if (kind[i] == PATH) {
        mixture.add(paths[i]);
        shares[size++] = value[i];
      }
    }
    return new Multipliers(
        bestBound, bestMultipliers, mixture.build(), Arrays.copyOf(shares, size));
  }

  private void run(List<int[]> known, double enough, double precision, int mostPaths) {
    int[] first = cheapestPath(bestMultipliers);
    if (first.length == 0) {
      bestBound = Double.POSITIVE_INFINITY;
      return;
    }
    begin(first);
    List<double[]> columns = new ArrayList<>();
    for (int[] path : known) {
      columns.add(column(path));
    }
    double damping = 0.5;
    int limit = 100 + 30 * (rows + 1);
    for (int step = 0; step < limit && asked < mostPaths && bestBound < enough; step++) {
      double[] duals = duals();
      if (enterSlackOrBreach(duals) || enterKnown(known, columns, duals)) {
        continue;
      }
      double[] multipliers = multipliers(duals);
      if (mixtureCost() - bestBound < precision && !raiseCeiling()) {
        return;
      }
      int[] path = cheapestPath(mean(bestMultipliers, multipliers, damping));
      if (!enterPath(path, column(path), duals)) {
        path = damping == 0 ? path : cheapestPath(multipliers);
        damping = 0;
        if (!enterPath(path, column(path), duals) && !raiseCeiling()) {
          return;
        }
      } else {
        damping = Math.min(0.5, damping + 0.1);
      }
    }
  }

  /** Starts from one path; slacks, or breaches, make up the rows. */
  private void begin(int[] path) {
    double[] column = column(path);
    for (int row = 0; row < rows; row++) {
      double left = core.limits[row] - column[row];
      double sign = left >= 0 ? 1 : -1;
      kind[row] = left >= 0 ? row : -1 - row;
      cost[row] = left >= 0 ? 0 : ceiling;
      inverse[row][row] = sign;
      inverse[row][rows] = -sign * column[row];
      value[row] = Math.abs(left);
    }
    kind[rows] = PATH;
    paths[rows] = path;
    cost[rows] = column[rows + 1];
    inverse[rows][rows] = 1;
    value[rows] = 1;
  }

  private double[] duals() {
    double[] duals = new double[rows + 1];
    for (int i = 0; i <= rows; i++) {
      if (cost[i] != 0) {
        for (int j = 0; j <= rows; j++) {
          duals[j] += cost[i] * inverse[i][j];
        }
      }
    }
    return duals;
  }

  private double[] multipliers(double[] duals) {
    double[] multipliers = new double[rows];
    for (int row = 0; row < rows; row++) {
      multipliers[row] = Math.max(0, -duals[row]);
    }
    return multipliers;
  }

  private static double[] mean(double[] one, double[] other, double share) {
    double[] mean = new double[one.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = share * one[i] + (1 - share) * other[i];
    }
    return mean;
  }

  private double mixtureCost() {
    double sum = 0;
    for (int i = 0; i <= rows; i++) {
      sum += cost[i] * value[i];
    }
    return sum;
  }

  private boolean enterSlackOrBreach(double[] duals) {
    int best = PATH;
    double least = -TOLERANCE * ceiling;
    for (int row = 0; row < rows; row++) {
      if (-duals[row] < least) {
        least = -duals[row];
        best = row;
      }
      if (ceiling + duals[row] < least) {
        least = ceiling + duals[row];
        best = -1 - row;
      }
    }
    if (best == PATH) {
      return false;
    }
    double[] column = new double[rows + 1];
    column[best >= 0 ? best : -1 - best] = best >= 0 ? 1 : -1;
    return enter(column, best >= 0 ? 0 : ceiling, best) >= 0;
  }

  /** Enters the known path that helps most; returns whether one does. */
  private boolean enterKnown(List<int[]> known, List<double[]> columns, double[] duals) {
    int best = -1;
    double least = -TOLERANCE;
    for (int i = 0; i < columns.size(); i++) {
      double reducedCost = columns.get(i)[rows + 1] - charge(columns.get(i), duals);
      if (reducedCost < least) {
        least = reducedCost;
        best = i;
      }
    }
    return best >= 0 && enterPath(known.get(best), columns.get(best), duals);
  }

  private boolean enterPath(int[] path, double[] column, double[] duals) {
    double objective = column[rows + 1];
    if (objective - charge(column, duals) >= -TOLERANCE) {
      return false;
    }
    int place = enter(column, objective, PATH);
    if (place >= 0) {
      paths[place] = path;
    }
    return place >= 0;
  }

  private double charge(double[] column, double[] duals) {
    double sum = 0;
    for (int i = 0; i <= rows; i++) {
      sum += duals[i] * column[i];
    }
    return sum;
  }

  /** Pivots a column into the basis; returns its place, negative when there is none. */
  private int enter(double[] column, double columnCost, int columnKind) {
    double[] direction = new double[rows + 1];
    int leaving = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= rows; i++) {
      double sum = 0;
      for (int j = 0; j <= rows; j++) {
        sum += inverse[i][j] * column[j];
      }
      direction[i] = sum;
      if (sum > 1e-9 && (value[i] / sum < least - 1e-13 || leaving < 0)) {
        least = value[i] / sum;
        leaving = i;
      }
    }
    if (leaving < 0) {
      return leaving;
    }
    pivot(direction, leaving, Math.max(0, least));
    kind[leaving] = columnKind;
    cost[leaving] = columnCost;
    return leaving;
  }

  private void pivot(double[] direction, int leaving, double step) {
    double[] pivotRow = inverse[leaving];
    for (int j = 0; j <= rows; j++) {
      pivotRow[j] /= direction[leaving];
    }
    for (int i = 0; i <= rows; i++) {
      if (i != leaving && direction[i] != 0) {
        for (int j = 0; j <= rows; j++) {
          inverse[i][j] -= direction[i] * pivotRow[j];
        }
        value[i] = Math.max(0, value[i] - step * direction[i]);
      }
    }
    value[leaving] = step;
  }

  /** Makes breaches dearer when the mixture has one; returns whether it did. */
  private boolean raiseCeiling() {
    boolean breached = false;
    for (int i = 0; i <= rows; i++) {
      breached |= kind[i] < 0 && value[i] > TOLERANCE;
    }
    if (!breached || ceiling >= LAST_CEILING) {
      return false;
    }
    ceiling *= 100;
    for (int i = 0; i <= rows; i++) {
      cost[i] = kind[i] < 0 ? ceiling : cost[i];
    }
    return true;
  }

  /** Returns the rows of a path, a one for its share, and its objective. */
  private double[] column(int[] path) {
    double[] column = new double[rows + 2];
    for (int row = 0; row < rows; row++) {
      column[row] = sum(core.coefficients[row], path);
    }
    column[rows] = 1;
    column[rows + 1] = core.offset + sum(core.objective, path);
    return column;
  }

  private static double sum(double[] values, int[] path) {
    double sum = 0;
    for (int arc : path) {
      sum += values[arc];
    }
    return sum;
  }

  /** Returns a shortest path at these prices, and notes the bound; empty when there is no path. */
  private int[] cheapestPath(double[] multipliers) {
    asked++;
    core.charge(multipliers, lengths);
    double[] shortest = core.shortestToEnd(lengths);
    if (shortest[0] == Double.POSITIVE_INFINITY) {
      return new int[0];
    }
    double bound = core.offset + shortest[0] - core.charge(multipliers);
    if (bound > bestBound) {
      bestBound = bound;
      bestMultipliers = multipliers.clone();
    }
    int[] path = new int[core.nodes];
    int length = 0;
    for (int node = 0; node < core.nodes; node = core.to[path[length++]]) {
      path[length] = cheapestArc(node, shortest);
    }
    return length == path.length ? path : Arrays.copyOf(path, length);
  }

  private int cheapestArc(int node, double[] shortest) {
    int best = core.firstArc[node];
    double least = Double.POSITIVE_INFINITY;
    for (int arc = core.firstArc[node]; arc < core.firstArc[node + 1]; arc++) {
      double length = lengths[arc] + shortest[core.to[arc]];
      if (length < least) {
        least = length;
        best = arc;
      }
    }
    return best;
  }
}
