package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Doubles;
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
final class Core {
  /** Limits are widened by this share of the largest sum: rounding is far below. */
  static final double ROUNDING = 1e-11;

  final int nodes;

  /** The arc of the network behind each arc. */
  final int[] original;

  final int[] from;
  final int[] to;
  final int[] firstArc;
  final double[] objective;

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

  private Core(
      int[] original,
      int[] from,
      int[] to,
      int[] firstArc,
      double[] objective,
      double scale,
      double[][] coefficients,
      double[] fixed,
      double[] limits,
      ImmutableList<Side> sides,
      int hashedRows) {
    this.nodes = firstArc.length - 1;
    this.original = original;
    this.from = from;
    this.to = to;
    this.firstArc = firstArc;
    this.objective = objective;
    this.scale = scale;
    this.coefficients = coefficients;
    this.fixed = fixed;
    this.limits = limits;
    this.sides = sides;
    this.hashedRows = hashedRows;
  }

  /** Returns all of a network. */
  static Core of(Network network) {
    List<double[]> coefficients = new ArrayList<>();
    List<Double> fixed = new ArrayList<>();
    List<Double> limits = new ArrayList<>();
    ImmutableList.Builder<Side> sides = ImmutableList.builder();
    int hashedRows = 0;
    for (int index = 0; index < network.rows.size(); index++) {
      Row row = network.rows.get(index);
      for (int sign = 1; sign >= -1; sign -= 2) {
        double end = sign > 0 ? row.atMost : -row.atLeast;
        if (end < Double.POSITIVE_INFINITY) {
          double factor = sign * powerOfTwo(row.coefficients);
          double[] scaled = times(row.coefficients, factor);
          double start = row.fixed * factor;
          double limit = end * Math.abs(factor) - start;
          double size = Math.max(network.layers + Math.abs(start), Math.abs(limit));
          if (longest(network, scaled) > limit - ROUNDING * size) {
            coefficients.add(scaled);
            fixed.add(start);
            limits.add(limit + ROUNDING * size);
            sides.add(new Side(index, factor, ROUNDING * size));
          }
        }
      }
      hashedRows = row.counts ? hashedRows : limits.size();
    }
    int[] arcs = new int[network.arcs()];
    Arrays.setAll(arcs, i -> i);
    double factor = powerOfTwo(network.objective);
    return new Core(
        arcs,
        network.from,
        network.to,
        network.firstArc,
        times(network.objective, factor),
        factor,
        coefficients.toArray(new double[0][]),
        Doubles.toArray(fixed),
        Doubles.toArray(limits),
        sides.build(),
        hashedRows);
  }

  /** Returns the power of two that brings the largest value to between a half and one. */
  private static double powerOfTwo(double[] values) {
    double largest = largest(values);
    return largest == 0 ? 1 : Math.scalb(1.0, -1 - Math.getExponent(largest));
  }

  private static double[] times(double[] values, double factor) {
    return Arrays.stream(values).map(value -> value * factor).toArray();
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double longest(Network network, double[] lengths) {
    double[] longest = new double[network.layers + 1];
    for (int node = network.layers - 1; node >= 0; node--) {
      longest[node] = Double.NEGATIVE_INFINITY;
      for (int arc = network.firstArc[node]; arc < network.firstArc[node + 1]; arc++) {
        longest[node] = Math.max(longest[node], lengths[arc] + longest[network.to[arc]]);
      }
    }
    return longest[0];
  }

  int arcs() {
    return to.length;
  }

  int rows() {
    return limits.length;
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
  Core keeping(boolean[] kept) {
    int count = 0;
    for (boolean keep : kept) {
      count += keep ? 1 : 0;
    }
    int[] arcs = new int[count];
    int[] newFirst = new int[nodes + 1];
    int next = 0;
    for (int arc = 0; arc < kept.length; arc++) {
      if (kept[arc]) {
        arcs[next++] = arc;
        newFirst[from[arc] + 1]++;
      }
    }
    for (int node = 0; node < nodes; node++) {
      newFirst[node + 1] += newFirst[node];
    }
    double[][] newCoefficients = new double[rows()][];
    for (int row = 0; row < rows(); row++) {
      newCoefficients[row] = pick(coefficients[row], arcs);
    }
    return new Core(
        pick(original, arcs),
        pick(from, arcs),
        pick(to, arcs),
        newFirst,
        pick(objective, arcs),
        scale,
        newCoefficients,
        fixed,
        limits,
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
  Core keepingRows(boolean[] kept) {
    List<double[]> newCoefficients = new ArrayList<>();
    List<Double> newFixed = new ArrayList<>();
    List<Double> newLimits = new ArrayList<>();
    ImmutableList.Builder<Side> newSides = ImmutableList.builder();
    int newHashed = 0;
    for (int row = 0; row < rows(); row++) {
      if (kept[row]) {
        newCoefficients.add(coefficients[row]);
        newFixed.add(fixed[row]);
        newLimits.add(limits[row]);
        newSides.add(sides.get(row));
        newHashed += row < hashedRows ? 1 : 0;
      }
    }
    return new Core(
        original,
        from,
        to,
        firstArc,
        objective,
        scale,
        newCoefficients.toArray(new double[0][]),
        Doubles.toArray(newFixed),
        Doubles.toArray(newLimits),
        newSides.build(),
        newHashed);
  }

  /** Returns the core with the limit of one row moved. */
  Core shifted(int row, double shift) {
    double[] moved = limits.clone();
    moved[row] += shift;
    return new Core(
        original,
        from,
        to,
        firstArc,
        objective,
        scale,
        coefficients,
        fixed,
        moved,
        sides,
        hashedRows);
  }

  /** Returns the core with every arc turned round; what was the last node is the first. */
  Core reversed() {
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
    double[][] newCoefficients = new double[rows()][];
    for (int row = 0; row < rows(); row++) {
      newCoefficients[row] = pick(coefficients[row], order);
    }
    return new Core(
        pick(original, order),
        newFrom,
        newTo,
        newFirst,
        pick(objective, order),
        scale,
        newCoefficients,
        new double[rows()],
        limits,
        sides,
        hashedRows);
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
    return times(shortestToEnd(times(lengths, -1)), -1);
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

  /** Returns the objective of each arc plus what the multipliers charge for its rows. */
  double[] charged(double[] multipliers) {
    double[] charged = objective.clone();
    for (int row = 0; row < multipliers.length; row++) {
      double multiplier = multipliers[row];
      if (multiplier != 0) {
        double[] coefficient = coefficients[row];
        for (int arc = 0; arc < charged.length; arc++) {
          charged[arc] += multiplier * coefficient[arc];
        }
      }
    }
    return charged;
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
