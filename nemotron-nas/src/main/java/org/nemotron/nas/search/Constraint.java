package org.nemotron.nas.search;

/**
 * One linear demand on the arcs of a {@link LayerGraph}: {@code atLeast <= fixed + sum of
 * coefficients <= atMost}.
 */
final class Constraint {
  /** Names the demand to the user. */
  final String name;

  /** One per arc. */
  final double[] coefficients;

  /** Whether the row counts layers; other rows add costs. */
  final boolean counts;

  final double fixed;
  final double atLeast;
  final double atMost;

  Constraint(
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

  /** Returns the same coefficients with other limits. */
  Constraint between(double newAtLeast, double newAtMost) {
    return new Constraint(name, coefficients, counts, fixed, newAtLeast, newAtMost);
  }

  /** Returns the same demand on the negated sum. */
  Constraint negated() {
    double[] negated = coefficients.clone();
    for (int arc = 0; arc < negated.length; arc++) {
      negated[arc] = -negated[arc];
    }
    return new Constraint(name, negated, counts, -fixed, -atMost, -atLeast);
  }

  /** Returns the value of a path: the fixed part first, then its arcs in layer order. */
  double value(Path path) {
    double sum = fixed;
    for (int i = 0; i < path.length(); i++) {
      sum += coefficients[path.arc(i)];
    }
    return sum;
  }

  /** Returns whether a path meets the demand, compared exactly. */
  boolean allows(Path path) {
    double value = value(path);
    return atLeast <= value && value <= atMost;
  }
}
