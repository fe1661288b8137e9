package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The part of a network that is still in question, in the form the exact method computes with.
 *
 * <p>Every row reads {@code sum of coefficients <= limit}; a lower end is a negated row. Rows and
 * objective are multiplied by powers of two, which changes no rounding, so that their largest
 * coefficient is near one; rows that no path can break are dropped.
 */
final class ReducedProblem {
  /** Limits are widened by this share of the largest sum: rounding is far below. */
  static final double ROUNDING = 1e-11;

  private static final int[] NO_ARCS = {};

  final int nodes;

  /** The arc of the network behind each arc, ascending unless the core is reversed. */
  final int[] original;

  /** The arcs of the network that every path has and that are not among the arcs here. */
  final int[] forced;

  final int[] from;
  final int[] to;
  final int[] firstArc;
  final double[] objective;

  /** What the forced arcs add to the objective. */
  final double offset;

  /** What the objective was multiplied by, a power of two. */
  final double scale;

  /** By row, then by arc. */
  final double[][] coefficients;

  /** By row: where the sum begins. */
  final double[] fixed;

  /**
   * By row, without the fixed part; a little wider than asked, so that rounding never excludes a
   * path.
   */
  final double[] limits;

  /** By row: which end of which row of the network it is. */
  final ImmutableList<Side> sides;

  /** The rows before this one are those that tell labels apart best: costs rather than counts. */
  final int hashedRows;

  /**
   * One end of a row of the network.
   *
   * @param row the index of the row
   * @param factor what its coefficients were multiplied by, negative for the lower end
   * @param widening how much wider its limit is here
   */
  record Side(int row, double factor, double widening) {}

  private ReducedProblem(
      int[] original,
      int[] forced,
      int[] from,
      int[] to,
      int[] firstArc,
      double[] objective,
      double offset,
      double scale,
      double[][] coefficients,
      double[] fixed,
      double[] limits,
      ImmutableList<Side> sides,
      int hashedRows) {
    this.nodes = firstArc.length - 1;
    this.original = original;
    this.forced = forced;
    this.from = from;
    this.to = to;
    this.firstArc = firstArc;
    this.objective = objective;
    this.offset = offset;
    this.scale = scale;
    this.coefficients = coefficients;
    this.fixed = fixed;
    this.limits = limits;
    this.sides = sides;
    this.hashedRows = hashedRows;
  }

  /** Returns all of a network. */
  static ReducedProblem of(LayerGraph network) {
    int[] arcs = new int[network.arcs()];
    for (int arc = 0; arc < arcs.length; arc++) {
      arcs[arc] = arc;
    }
    double factor = Scaling.ofMost(network.objective);
    ReducedProblem core =
        new ReducedProblem(
            arcs,
            NO_ARCS,
            network.from,
            network.to,
            network.firstArc,
            Scaling.times(network.objective, factor),
            0,
            factor,
            new double[0][],
            new double[0],
            new double[0],
            ImmutableList.of(),
            0);
    return core.plusRows(network, 0);
  }

  /** Returns this core, all of a network, with the rows of the network from {@code first} on. */
  ReducedProblem plusRows(LayerGraph network, int first) {
    ReducedProblem core = this;
    for (int index = first; index < network.rows.size(); index++) {
      Constraint row = network.rows.get(index);
      core = row.atMost < Double.POSITIVE_INFINITY ? core.plusSide(network, index, 1) : core;
      core = row.atLeast > Double.NEGATIVE_INFINITY ? core.plusSide(network, index, -1) : core;
    }
    return core;
  }

  /** Returns this core with one end of a row, the lower one when {@code sign} is negative. */
  private ReducedProblem plusSide(LayerGraph network, int index, int sign) {
    Constraint row = network.rows.get(index);
    double factor = sign * Scaling.ofLargest(row.coefficients);
    double[] scaled = Scaling.times(row.coefficients, factor);
    double start = row.fixed * factor;
    double limit = (sign > 0 ? row.atMost : row.atLeast) * factor - start;
    double widening = ROUNDING * Math.max(network.layers + Math.abs(start), Math.abs(limit));
    if (longestToEnd(scaled)[0] <= limit - widening) {
      return this;
    }
    int rows = rows();
    double[][] newCoefficients = Arrays.copyOf(coefficients, rows + 1);
    double[] newFixed = Arrays.copyOf(fixed, rows + 1);
    double[] newLimits = Arrays.copyOf(limits, rows + 1);
    newCoefficients[rows] = scaled;
    newFixed[rows] = start;
    newLimits[rows] = limit + widening;
    return withRows(
        newCoefficients,
        newFixed,
        newLimits,
        ImmutableList.<Side>builder().addAll(sides).add(new Side(index, factor, widening)).build(),
        row.counts ? hashedRows : rows + 1);
  }

  private ReducedProblem withRows(
      double[][] newCoefficients,
      double[] newFixed,
      double[] newLimits,
      ImmutableList<Side> newSides,
      int newHashed) {
    return new ReducedProblem(
        original,
        forced,
        from,
        to,
        firstArc,
        objective,
        offset,
        scale,
        newCoefficients,
        newFixed,
        newLimits,
        newSides,
        newHashed);
  }

  int arcs() {
    return to.length;
  }

  int rows() {
    return limits.length;
  }

  /** Returns a value that the objective of every path is below. */
  double ceiling() {
    double longest = offset + longestToEnd(objective)[0];
    return longest + ROUNDING * Math.max(nodes, Math.abs(longest));
  }

  /** Returns the greatest number of layers that an arc covers. */
  int longestArc() {
    int longest = 1;
    for (int arc = 0; arc < to.length; arc++) {
      longest = Math.max(longest, to[arc] - from[arc]);
    }
    return longest;
  }

  /** Returns the core that only has the arcs to keep. */
  ReducedProblem keeping(boolean[] kept) {
    int count = 0;
    for (boolean keep : kept) {
      count += keep ? 1 : 0;
    }
    int[] arcs = new int[count];
    int next = 0;
    for (int arc = 0; arc < kept.length; arc++) {
      if (kept[arc]) {
        arcs[next++] = arc;
      }
    }
    return keeping(arcs);
  }

  /** Returns the core that only has the arcs to keep, named in ascending order. */
  ReducedProblem keeping(int[] arcs) {
    int[] newFirst = new int[nodes + 1];
    for (int arc : arcs) {
      newFirst[from[arc] + 1]++;
    }
    for (int node = 0; node < nodes; node++) {
      newFirst[node + 1] += newFirst[node];
    }
    return new ReducedProblem(
        pick(original, arcs),
        forced,
        pick(from, arcs),
        pick(to, arcs),
        newFirst,
        pick(objective, arcs),
        offset,
        scale,
        picked(arcs),
        fixed,
        limits,
        sides,
        hashedRows);
  }

  /** Returns the core without the arcs that every path has, and without the nodes they lead to. */
  ReducedProblem contracted() {
    Contraction contraction = Contraction.of(this);
    return contraction.nodes() == nodes ? this : contracted(contraction);
  }

  private ReducedProblem contracted(Contraction contraction) {
    int[] arcs = contraction.keptArcs();
    int[] newForced = Arrays.copyOf(forced, forced.length + to.length - arcs.length);
    double[] newFixed = fixed.clone();
    double[] newLimits = limits.clone();
    double newOffset = offset;
    int nextForced = forced.length;
    for (int arc = 0; arc < to.length; arc++) {
      if (contraction.takesIn(arc)) {
        newForced[nextForced++] = original[arc];
        newOffset += objective[arc];
        for (int row = 0; row < newFixed.length; row++) {
          newFixed[row] += coefficients[row][arc];
          newLimits[row] -= coefficients[row][arc];
        }
      }
    }
    return new ReducedProblem(
        pick(original, arcs),
        newForced,
        contraction.placed(pick(from, arcs)),
        contraction.placed(pick(to, arcs)),
        contraction.firstArcs(arcs),
        pick(objective, arcs),
        newOffset,
        scale,
        picked(arcs),
        newFixed,
        newLimits,
        sides,
        hashedRows);
  }

  /** Returns the limit below which a path meets a row for certain, whatever the rounding. */
  double safeLimit(int row) {
    return limits[row] - 3 * sides.get(row).widening();
  }

  /** Returns, by row, whether some path breaks it. */
  boolean[] breakable() {
    boolean[] breakable = new boolean[rows()];
    for (int row = 0; row < rows(); row++) {
      breakable[row] = longestToEnd(coefficients[row])[0] > safeLimit(row);
    }
    return breakable;
  }

  /** Returns the core that only has the rows to keep. */
  ReducedProblem keepingRows(boolean[] kept) {
    double[][] newCoefficients = new double[rows()][];
    double[] newFixed = new double[rows()];
    double[] newLimits = new double[rows()];
    ImmutableList.Builder<Side> newSides = ImmutableList.builder();
    int size = 0;
    int newHashed = 0;
    for (int row = 0; row < rows(); row++) {
      if (kept[row]) {
        newCoefficients[size] = coefficients[row];
        newFixed[size] = fixed[row];
        newLimits[size++] = limits[row];
        newSides.add(sides.get(row));
        newHashed += row < hashedRows ? 1 : 0;
      }
    }
    return withRows(
        Arrays.copyOf(newCoefficients, size),
        Arrays.copyOf(newFixed, size),
        Arrays.copyOf(newLimits, size),
        newSides.build(),
        newHashed);
  }

  /** Returns the core with the limit of one row moved. */
  ReducedProblem shifted(int row, double shift) {
    double[] moved = limits.clone();
    moved[row] += shift;
    return new ReducedProblem(
        original,
        forced,
        from,
        to,
        firstArc,
        objective,
        offset,
        scale,
        coefficients,
        fixed,
        moved,
        sides,
        hashedRows);
  }

  /**
   * Returns the core with every arc turned round; what was the last node is the first. What forced
   * arcs add to the rows is left out.
   */
  ReducedProblem reversed() {
    int[] order = new int[arcs()];
    int[] newFrom = new int[arcs()];
    int[] newTo = new int[arcs()];
    int[] newFirst = new int[nodes + 1];
    for (int arc = 0; arc < order.length; arc++) {
      newFirst[nodes - to[arc] + 1]++;
    }
    for (int node = 0; node < nodes; node++) {
      newFirst[node + 1] += newFirst[node];
    }
    int[] next = newFirst.clone();
    for (int arc = 0; arc < order.length; arc++) {
      int place = next[nodes - to[arc]]++;
      order[place] = arc;
      newFrom[place] = nodes - to[arc];
      newTo[place] = nodes - from[arc];
    }
    return new ReducedProblem(
        pick(original, order),
        NO_ARCS,
        newFrom,
        newTo,
        newFirst,
        pick(objective, order),
        offset,
        scale,
        picked(order),
        new double[rows()],
        limits,
        sides,
        hashedRows);
  }

  private double[][] picked(int[] arcs) {
    double[][] picked = new double[rows()][];
    for (int row = 0; row < rows(); row++) {
      picked[row] = pick(coefficients[row], arcs);
    }
    return picked;
  }

  private static double[] pick(double[] values, int[] arcs) {
    double[] picked = new double[arcs.length];
    for (int i = 0; i < arcs.length; i++) {
      picked[i] = values[arcs[i]];
    }
    return picked;
  }

  private static int[] pick(int[] values, int[] arcs) {
    int[] picked = new int[arcs.length];
    for (int i = 0; i < arcs.length; i++) {
      picked[i] = values[arcs[i]];
    }
    return picked;
  }

  /** Returns the least sum of each suffix: from every node to the last one. */
  double[] shortestToEnd(double[] lengths) {
    double[] shortest = new double[nodes + 1];
    for (int node = nodes - 1; node >= 0; node--) {
      double least = Double.POSITIVE_INFINITY;
      for (int arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        least = Math.min(least, lengths[arc] + shortest[to[arc]]);
      }
      shortest[node] = least;
    }
    return shortest;
  }

  /** Returns the greatest sum of each suffix: from every node to the last one. */
  double[] longestToEnd(double[] lengths) {
    double[] longest = new double[nodes + 1];
    for (int node = nodes - 1; node >= 0; node--) {
      double greatest = Double.NEGATIVE_INFINITY;
      for (int arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        greatest = Math.max(greatest, lengths[arc] + longest[to[arc]]);
      }
      longest[node] = greatest;
    }
    return longest;
  }

  /** Returns the least sum of each prefix: from the first node to every node. */
  double[] shortestFromStart(double[] lengths) {
    double[] shortest = new double[nodes + 1];
    Arrays.fill(shortest, Double.POSITIVE_INFINITY);
    shortest[0] = 0;
    for (int arc = 0; arc < lengths.length; arc++) {
      shortest[to[arc]] = Math.min(shortest[to[arc]], shortest[from[arc]] + lengths[arc]);
    }
    return shortest;
  }

  /** Returns the path of the network that these arcs, in any order, and the forced ones make up. */
  Path path(int[] arcs) {
    int[] all = Arrays.copyOf(forced, forced.length + arcs.length);
    for (int i = 0; i < arcs.length; i++) {
      all[forced.length + i] = original[arcs[i]];
    }
    Arrays.sort(all);
    return Path.of(all);
  }

  /** Returns those paths of the network that lie in this core, as its arcs. */
  List<int[]> placed(List<Path> paths) {
    List<int[]> placed = new ArrayList<>();
    if (paths.isEmpty()) {
      return placed;
    }
    int[] sortedForced = forced.clone();
    Arrays.sort(sortedForced);
    for (Path path : paths) {
      int[] arcs = new int[path.length()];
      int size = 0;
      boolean within = true;
      for (int i = 0; i < path.length() && within; i++) {
        int arc = Arrays.binarySearch(original, path.arc(i));
        if (arc >= 0) {
          arcs[size++] = arc;
        } else {
          within = Arrays.binarySearch(sortedForced, path.arc(i)) >= 0;
        }
      }
      if (within) {
        placed.add(Arrays.copyOf(arcs, size));
      }
    }
    return placed;
  }

  /** Returns the objective of each arc plus what the multipliers charge for its rows. */
  double[] charged(double[] multipliers) {
    double[] charged = new double[arcs()];
    charge(multipliers, charged);
    return charged;
  }

  /** Fills in the objective of each arc plus what the multipliers charge for its rows. */
  void charge(double[] multipliers, double[] charged) {
    System.arraycopy(objective, 0, charged, 0, charged.length);
    for (int row = 0; row < multipliers.length; row++) {
      double multiplier = multipliers[row];
      if (multiplier != 0) {
        double[] coefficient = coefficients[row];
        for (int arc = 0; arc < charged.length; arc++) {
          charged[arc] += multiplier * coefficient[arc];
        }
      }
    }
  }

  /** Returns what the multipliers charge for the limits. */
  double charge(double[] multipliers) {
    double sum = 0;
    for (int row = 0; row < multipliers.length; row++) {
      sum += multipliers[row] * limits[row];
    }
    return sum;
  }
}
