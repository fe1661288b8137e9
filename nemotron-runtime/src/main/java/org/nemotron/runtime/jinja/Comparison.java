package org.nemotron.runtime.jinja;

/** Python's comparisons. */
enum Comparison {
  EQ("==") {
    @Override
    boolean holds(Value left, Value right) {
      return left.equals(right);
    }
  },
  NE("!=") {
    @Override
    boolean holds(Value left, Value right) {
      return !left.equals(right);
    }
  },
  LT("<") {
    @Override
    boolean holds(Value left, Value right) {
      return !hasNaN(left, right) && compare(this, left, right) < 0;
    }
  },
  LE("<=") {
    @Override
    boolean holds(Value left, Value right) {
      return !hasNaN(left, right) && compare(this, left, right) <= 0;
    }
  },
  GT(">") {
    @Override
    boolean holds(Value left, Value right) {
      return !hasNaN(left, right) && compare(this, left, right) > 0;
    }
  },
  GE(">=") {
    @Override
    boolean holds(Value left, Value right) {
      return !hasNaN(left, right) && compare(this, left, right) >= 0;
    }
  },
  IN("in") {
    @Override
    boolean holds(Value left, Value right) {
      return right.contains(left);
    }
  },
  NOT_IN("not in") {
    @Override
    boolean holds(Value left, Value right) {
      return !right.contains(left);
    }
  };

  private final String sign;

  Comparison(String sign) {
    this.sign = sign;
  }

  /** Returns whether {@code left sign right}. */
  abstract boolean holds(Value left, Value right);

  private static boolean hasNaN(Value left, Value right) {
    return left instanceof Numeric first
        && right instanceof Numeric second
        && (Double.isNaN(first.real()) || Double.isNaN(second.real()));
  }

  /** Returns the order of two values, as sorting needs it. */
  static int order(Value left, Value right) {
    return compare(LT, left, right);
  }

  private static int compare(Comparison comparison, Value left, Value right) {
    if (left instanceof Numeric first && right instanceof Numeric second) {
      return Numeric.compare(first, second);
    }
    if (left instanceof Text first && right instanceof Text second) {
      return compareCodePoints(first.value(), second.value());
    }
    if (left instanceof SequenceValue first
        && right instanceof SequenceValue second
        && first.getClass() == second.getClass()) {
      return compareElements(comparison, first, second);
    }
    Arithmetic.checkDefined(left);
    Arithmetic.checkDefined(right);
    throw new JinjaException(
        "'"
            + comparison.sign
            + "' not supported between instances of '"
            + left.typeName()
            + "' and '"
            + right.typeName()
            + "'");
  }

  private static int compareElements(
      Comparison comparison, SequenceValue left, SequenceValue right) {
    for (int place = 0; place < Math.min(left.length(), right.length()); place++) {
      Value first = left.elements().get(place);
      Value second = right.elements().get(place);
      if (!first.equals(second)) {
        return compare(comparison, first, second);
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  private static int compareCodePoints(String left, String right) {
    int end = Math.min(left.length(), right.length());
    for (int at = 0; at < end; at++) {
      if (left.charAt(at) != right.charAt(at)) {
        return Character.isSurrogate(left.charAt(at)) != Character.isSurrogate(right.charAt(at))
            ? (Character.isSurrogate(left.charAt(at)) ? 1 : -1)
            : Character.compare(left.charAt(at), right.charAt(at));
      }
    }
    return Integer.compare(left.length(), right.length());
  }
}
