package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The restricted master problem of column generation: the convex combination of the paths generated
 * so far that satisfies the constraints at the least objective.
 */
final class RestrictedMaster {
  /*
   * Representation. A linear program with one row per constraint and one row for the weights, whose
   * sum is 1, solved by the revised simplex method with an explicit inverse of the basis. Columns
   * are paths, slacks, and violations (artificial variables): a constraint may be violated at the
   * price `penalty`, and when the best combination still violates one, the penalty rises.
   */
  private static final double TOLERANCE = 1e-10;
  private static final double FIRST_PENALTY = 100;
  private static final double LAST_PENALTY = 1e9;

  /** Marks a path in the basis. */
  private static final int PATH = Integer.MAX_VALUE;

  private final ReducedProblem problem;
  private final List<int[]> known;
  private final List<double[]> knownColumns = new ArrayList<>();

  /** The number of constraints; the index of the row of the weights. */
  private final int last;

  private final double[][] inverse;
  private final double[] value;
  private final double[] cost;

  /** What is basic: the row of a slack, -1 less the row of a violation, or a path. */
  private final int[] kind;

  /** The path in each place of the basis that has one. */
  private final int[][] paths;

  private double penalty = FIRST_PENALTY;

  /**
   * Starts from a basis of one path; slacks, or violations, make up the constraints.
   *
   * @param known paths that {@link #enterKnown} may use
   */
  RestrictedMaster(ReducedProblem problem, int[] path, List<int[]> known) {
    this.problem = problem;
    this.known = known;
    this.last = problem.constraints.size();
    this.inverse = new double[last + 1][last + 1];
    this.value = new double[last + 1];
    this.cost = new double[last + 1];
    this.kind = new int[last + 1];
    this.paths = new int[last + 1][];
    begin(path);
    for (int[] one : known) {
      knownColumns.add(column(one));
    }
  }

  private void begin(int[] path) {
    double[] column = column(path);
    for (int row = 0; row < last; row++) {
      double left = problem.constraints.limits[row] - column[row];
      double sign = left >= 0 ? 1 : -1;
      kind[row] = left >= 0 ? row : -1 - row;
      cost[row] = left >= 0 ? 0 : penalty;
      inverse[row][row] = sign;
      inverse[row][last] = -sign * column[row];
      value[row] = Math.abs(left);
    }
    kind[last] = PATH;
    paths[last] = path;
    cost[last] = column[last + 1];
    inverse[last][last] = 1;
    value[last] = 1;
  }

  /** Returns the coefficients of a path by row, a one for its weight, and its objective. */
  private double[] column(int[] path) {
    double[] column = new double[last + 2];
    for (int row = 0; row < last; row++) {
      column[row] = sum(problem.constraints.coefficients[row], path);
    }
    column[last] = 1;
    column[last + 1] = problem.offset + sum(problem.objective, path);
    return column;
  }

  private static double sum(double[] values, int[] path) {
    double sum = 0;
    for (int arc : path) {
      sum += values[arc];
    }
    return sum;
  }

  /** Returns the dual value of each row. */
  double[] duals() {
    double[] duals = new double[last + 1];
    for (int i = 0; i <= last; i++) {
      if (cost[i] != 0) {
        for (int j = 0; j <= last; j++) {
          duals[j] += cost[i] * inverse[i][j];
        }
      }
    }
    return duals;
  }

  /** Returns the multipliers of the constraints that these dual values are. */
  double[] multipliers(double[] duals) {
    double[] multipliers = new double[last];
    for (int row = 0; row < last; row++) {
      multipliers[row] = Math.max(0, -duals[row]);
    }
    return multipliers;
  }

  /** Returns the objective of the combination, penalties included. */
  double objective() {
    double sum = 0;
    for (int i = 0; i <= last; i++) {
      sum += cost[i] * value[i];
    }
    return sum;
  }

  /** Enters the slack or violation of least reduced cost; returns whether one improves. */
  boolean enterSlackOrViolation(double[] duals) {
    int best = PATH;
    double least = -TOLERANCE * penalty;
    for (int row = 0; row < last; row++) {
      if (-duals[row] < least) {
        least = -duals[row];
        best = row;
      }
      if (penalty + duals[row] < least) {
        least = penalty + duals[row];
        best = -1 - row;
      }
    }
    if (best == PATH) {
      return false;
    }
    double[] column = new double[last + 1];
    column[best >= 0 ? best : -1 - best] = best >= 0 ? 1 : -1;
    return enter(column, best >= 0 ? 0 : penalty, best) >= 0;
  }

  /** Enters the known path of least reduced cost; returns whether one improves. */
  boolean enterKnown(double[] duals) {
    int best = -1;
    double least = -TOLERANCE;
    for (int i = 0; i < knownColumns.size(); i++) {
      double reducedCost = reducedCost(knownColumns.get(i), duals);
      if (reducedCost < least) {
        least = reducedCost;
        best = i;
      }
    }
    return best >= 0 && enterPath(known.get(best), knownColumns.get(best), duals);
  }

  /** Enters a path; returns whether it improves. */
  boolean enterPath(int[] path, double[] duals) {
    return enterPath(path, column(path), duals);
  }

  private boolean enterPath(int[] path, double[] column, double[] duals) {
    if (reducedCost(column, duals) >= -TOLERANCE) {
      return false;
    }
    int place = enter(column, column[last + 1], PATH);
    if (place >= 0) {
      paths[place] = path;
    }
    return place >= 0;
  }

  private double reducedCost(double[] column, double[] duals) {
    double sum = 0;
    for (int i = 0; i <= last; i++) {
      sum += duals[i] * column[i];
    }
    return column[last + 1] - sum;
  }

  /** Pivots a column into the basis; returns its place, negative when there is none. */
  private int enter(double[] column, double columnCost, int columnKind) {
    double[] direction = new double[last + 1];
    int leaving = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= last; i++) {
      double sum = 0;
      for (int j = 0; j <= last; j++) {
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
    for (int j = 0; j <= last; j++) {
      pivotRow[j] /= direction[leaving];
    }
    for (int i = 0; i <= last; i++) {
      if (i != leaving && direction[i] != 0) {
        for (int j = 0; j <= last; j++) {
          inverse[i][j] -= direction[i] * pivotRow[j];
        }
        value[i] = Math.max(0, value[i] - step * direction[i]);
      }
    }
    value[leaving] = step;
  }

  /** Raises the penalty when the combination violates a constraint; returns whether it did. */
  boolean raisePenalty() {
    boolean violated = false;
    for (int i = 0; i <= last; i++) {
      violated |= kind[i] < 0 && value[i] > TOLERANCE;
    }
    if (!violated || penalty >= LAST_PENALTY) {
      return false;
    }
    penalty *= 100;
    for (int i = 0; i <= last; i++) {
      cost[i] = kind[i] < 0 ? penalty : cost[i];
    }
    return true;
  }

  /** Returns the paths of the combination. */
  ImmutableList<int[]> paths() {
    ImmutableList.Builder<int[]> basic = ImmutableList.builder();
    for (int i = 0; i <= last; i++) {
      if (kind[i] == PATH) {
        basic.add(paths[i]);
      }
    }
    return basic.build();
  }

  /** Returns the weight of each path of the combination. */
  double[] weights() {
    double[] weights = new double[last + 1];
    int size = 0;
    for (int i = 0; i <= last; i++) {
      if (kind[i] == PATH) {
        weights[size++] = value[i];
      }
    }
    return Arrays.copyOf(weights, size);
  }
}
