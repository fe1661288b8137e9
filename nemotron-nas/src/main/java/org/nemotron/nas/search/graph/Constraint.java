package org.nemotron.nas.search.graph;

/**
 * A linear constraint on a path: {@code atLeast <= fixed + sum of coefficients <= atMost}.
 * Immutable.
 */
public final class Constraint {
  private final String name;
  private final double[] coefficients;
  private final boolean counts;
  private final double fixed;
  private final double atLeast;
  private final double atMost;

  private Constraint(
      String name,
      double[] coefficients,
      boolean counts,
      double fixed,
      double atLeast,
      double atMost) {
    this.name = name;
    this.coefficients = coefficients;
    this.counts = counts;
    this.fixed = fixed;
    this.atLeast = atLeast;
    this.atMost = atMost;
  }

  /**
   * Returns a constraint on a cost, without limits.
   *
   * @param name what messages call it
   * @param coefficients one per arc
   * @param fixed what every path has
   */
  public static Constraint onCost(String name, double[] coefficients, double fixed) {
    return new Constraint(
        name,
        coefficients.clone(),
        false,
        fixed,
        Double.NEGATIVE_INFINITY,
        Double.POSITIVE_INFINITY);
  }

  /**
   * Returns a constraint on a number of layers, without limits.
   *
   * @param name the kind that is counted
   * @param coefficients how many layers each arc counts for
   */
  public static Constraint onCount(String name, double[] coefficients) {
    return new Constraint(
        name, coefficients.clone(), true, 0, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /** Returns the name of the cost, or what is counted. */
  public String name() {
    return name;
  }

  /** Returns the coefficients, one per arc, as a new array. */
  public double[] coefficients() {
    return coefficients.clone();
  }

  /** Returns the coefficient of an arc. */
  public double coefficient(int arc) {
    return coefficients[arc];
  }

  /** Returns whether this constraint counts layers; others add costs. */
  public boolean counts() {
    return counts;
  }

  /** Returns what every path has. */
  public double fixed() {
    return fixed;
  }

  /** Returns the lower limit, minus infinity when there is none. */
  public double atLeast() {
    return atLeast;
  }

  /** Returns the upper limit, plus infinity when there is none. */
  public double atMost() {
    return atMost;
  }

  /** Returns the same coefficients with other limits. */
  public Constraint between(double newAtLeast, double newAtMost) {
    return new Constraint(name, coefficients, counts, fixed, newAtLeast, newAtMost);
  }

  /** Returns the same coefficients with an upper limit only. */
  public Constraint upTo(double limit) {
    return between(Double.NEGATIVE_INFINITY, limit);
  }

  /** Returns the constraint that the negated sum lies between the negated limits. */
  public Constraint negated() {
    double[] negated = coefficients.clone();
    for (int arc = 0; arc < negated.length; arc++) {
      negated[arc] = -negated[arc];
    }
    return new Constraint(name, negated, counts, -fixed, -atMost, -atLeast);
  }

  /** Returns the value of a path: the sum of the fixed part and its arcs, rounded once. */
  public double value(Path path) {
    CostSum sum = new CostSum(fixed);
    for (int i = 0; i < path.length(); i++) {
      sum.add(coefficients[path.arc(i)]);
    }
    return sum.value();
  }

  /** Returns whether a path satisfies this constraint, compared exactly. */
  public boolean allows(Path path) {
    double value = value(path);
    return atLeast <= value && value <= atMost;
  }
}
