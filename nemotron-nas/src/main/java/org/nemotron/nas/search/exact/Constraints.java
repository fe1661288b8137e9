package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Contraction;
import org.nemotron.nas.search.graph.Elements;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.PathProblem;

/**
 * The constraints of a {@link ReducedProblem}, each of the form {@code sum of coefficients <=
 * limit}. Immutable.
 *
 * <p>A lower limit is an upper one on the negated sum. Every constraint is multiplied by a power of
 * two, which changes no rounding, so that its largest coefficient is near one; constraints that no
 * path can violate are left out.
 */
final class Constraints {
  /** Limits are widened by this share of the largest sum: rounding is far below. */
  static final double ROUNDING = 1e-11;

  private static final Constraints NONE =
      new Constraints(new double[0][], new double[0], new double[0], ImmutableList.of(), 0);

  /** By constraint, then by arc. */
  final double[][] coefficients;

  /** By constraint: what the forced arcs and the constant of the constraint add to the sum. */
  final double[] fixed;

  /**
   * By constraint: the limit on the sum without the fixed part; a little wider than asked, so that
   * rounding never excludes a path.
   */
  final double[] limits;

  /** By constraint: which end of which constraint of the whole problem it is. */
  private final ImmutableList<Side> sides;

  /** The constraints before this one are on costs, whose sums distinguish labels best. */
  final int hashed;

  /**
   * One end of a constraint of the whole problem.
   *
   * @param constraint its index
   * @param factor what its coefficients were multiplied by, negative for the lower end
   * @param widening how much wider its limit is here
   */
  record Side(int constraint, double factor, double widening) {}

  private Constraints(
      double[][] coefficients,
      double[] fixed,
      double[] limits,
      ImmutableList<Side> sides,
      int hashed) {
    this.coefficients = coefficients;
    this.fixed = fixed;
    this.limits = limits;
    this.sides = sides;
    this.hashed = hashed;
  }

  /** Returns all constraints of a problem. */
  static Constraints of(PathProblem problem) {
    return NONE.plus(problem, 0);
  }

  /** Returns these constraints and those of a problem from the one with index {@code first} on. */
  Constraints plus(PathProblem problem, int first) {
    Constraints all = this;
    for (int index = first; index < problem.constraints().size(); index++) {
      Constraint added = problem.constraints().get(index);
      if (added.atMost() < Double.POSITIVE_INFINITY) {
        all = all.plusSide(problem.graph(), added, index, 1);
      }
      if (added.atLeast() > Double.NEGATIVE_INFINITY) {
        all = all.plusSide(problem.graph(), added, index, -1);
      }
    }
    return all;
  }

  /** Adds one end of a constraint, the lower one when {@code sign} is negative. */
  private Constraints plusSide(LayerGraph graph, Constraint added, int index, int sign) {
    double[] plain = added.coefficients();
    double factor = sign * Scaling.ofLargest(plain);
    double[] scaled = Scaling.times(plain, factor);
    double start = added.fixed() * factor;
    double limit = attainable(added, plain, sign) * factor - start;
    double widening = ROUNDING * Math.max(graph.lastNode() + Math.abs(start), Math.abs(limit));
    if (graph.longestToEnd(scaled)[0] <= limit - widening) {
      return this;
    }
    int last = size();
    double[][] newCoefficients = Arrays.copyOf(coefficients, last + 1);
    double[] newFixed = Arrays.copyOf(fixed, last + 1);
    double[] newLimits = Arrays.copyOf(limits, last + 1);
    newCoefficients[last] = scaled;
    newFixed[last] = start;
    newLimits[last] = limit + widening;
    Side side = new Side(index, factor, widening);
    return new Constraints(
        newCoefficients,
        newFixed,
        newLimits,
        ImmutableList.<Side>builder().addAll(sides).add(side).build(),
        added.counts() ? hashed : last + 1);
  }

  /** Returns an end of a constraint, or the value nearest to it that a path can have. */
  private static double attainable(Constraint added, double[] coefficients, int sign) {
    Grid grid = Grid.of(coefficients);
    return sign > 0
        ? grid.lowered(added.atMost(), added.fixed())
        : -grid.lowered(-added.atLeast(), -added.fixed());
  }

  int size() {
    return limits.length;
  }

  /** Returns which end of which constraint of the whole problem one is. */
  Side side(int constraint) {
    return sides.get(constraint);
  }

  /** Returns the limit up to which a path satisfies a constraint for certain, despite rounding. */
  double safeLimit(int constraint) {
    return limits[constraint] - 3 * sides.get(constraint).widening();
  }

  /** Returns, by constraint, whether some path of {@code graph} may violate it. */
  boolean[] violable(LayerGraph graph) {
    boolean[] violable = new boolean[size()];
    for (int i = 0; i < violable.length; i++) {
      violable[i] = graph.longestToEnd(coefficients[i])[0] > safeLimit(i);
    }
    return violable;
  }

  /** Returns the marked ones of these constraints. */
  Constraints keeping(boolean[] marks) {
    double[][] newCoefficients = new double[size()][];
    ImmutableList.Builder<Side> newSides = ImmutableList.builder();
    int kept = 0;
    int newHashed = 0;
    for (int i = 0; i < size(); i++) {
      if (marks[i]) {
        newCoefficients[kept++] = coefficients[i];
        newSides.add(sides.get(i));
        newHashed += i < hashed ? 1 : 0;
      }
    }
    return new Constraints(
        Arrays.copyOf(newCoefficients, kept),
        Elements.marked(fixed, marks),
        Elements.marked(limits, marks),
        newSides.build(),
        newHashed);
  }

  /** Returns the same constraints on these arcs, in their order. */
  Constraints on(int[] arcs) {
    double[][] newCoefficients = new double[size()][];
    for (int i = 0; i < size(); i++) {
      newCoefficients[i] = Elements.at(coefficients[i], arcs);
    }
    return new Constraints(newCoefficients, fixed, limits, sides, hashed);
  }

  /** Returns the same constraints on the arcs that are not forced, given the sums of the others. */
  Constraints contracted(Contraction contraction, int[] keptArcs) {
    double[] newFixed = fixed.clone();
    double[] newLimits = limits.clone();
    for (int i = 0; i < newFixed.length; i++) {
      for (int arc = 0; arc < coefficients[i].length; arc++) {
        if (contraction.isForced(arc)) {
          newFixed[i] += coefficients[i][arc];
          newLimits[i] -= coefficients[i][arc];
        }
      }
    }
    return new Constraints(on(keptArcs).coefficients, newFixed, newLimits, sides, hashed);
  }

  /** Returns the same constraints on these arcs, in their order, without the fixed parts. */
  Constraints withoutFixed(int[] arcs) {
    return new Constraints(on(arcs).coefficients, new double[size()], limits, sides, hashed);
  }

  /** Returns the constraints with one limit moved. */
  Constraints shifted(int constraint, double shift) {
    double[] moved = limits.clone();
    moved[constraint] += shift;
    return new Constraints(coefficients, fixed, moved, sides, hashed);
  }

  /** Adds multiplier times coefficient, for every constraint, to the length of each arc. */
  void addTo(double[] lengths, double[] multipliers) {
    for (int i = 0; i < multipliers.length; i++) {
      double multiplier = multipliers[i];
      if (multiplier != 0) {
        double[] coefficient = coefficients[i];
        for (int arc = 0; arc < lengths.length; arc++) {
          lengths[arc] += multiplier * coefficient[arc];
        }
      }
    }
  }

  /** Returns the sum of multiplier times limit over the constraints. */
  double limitsTimes(double[] multipliers) {
    double sum = 0;
    for (int i = 0; i < multipliers.length; i++) {
      sum += multipliers[i] * limits[i];
    }
    return sum;
  }
}
