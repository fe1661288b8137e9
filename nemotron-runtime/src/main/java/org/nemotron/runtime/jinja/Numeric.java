package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableSet;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A number of Python's: an int, a bool, which is one, or a float. */
public sealed interface Numeric extends Value {
  /** What Python's numbers have, and no chat template asks for. */
  ImmutableSet<String> ATTRIBUTES =
      ImmutableSet.of(
          "as_integer_ratio",
          "bit_count",
          "bit_length",
          "conjugate",
          "denominator",
          "fromhex",
          "from_bytes",
          "hex",
          "imag",
          "is_integer",
          "numerator",
          "real",
          "to_bytes");

  /** Returns the number as a float. */
  double real();

  /** Returns whether the number is an int or a bool. */
  boolean isIntegral();

  /** Returns the number as an int, cut towards zero. */
  BigInteger whole();

  /**
   * Returns the number as an int, cut towards zero.
   *
   * @throws JinjaException if it has more than 64 bits
   */
  default long integer() {
    if (whole().bitLength() > 63) {
      throw new JinjaException("an integer of more than 64 bits is too large here");
    }
    return whole().longValue();
  }

  @Override
  default boolean truth() {
    return real() != 0;
  }

  @Override
  default Optional<Value> attribute(String name) {
    if (ATTRIBUTES.contains(name)) {
      throw JinjaException.unknown("the attribute " + name + " of a number");
    }
    return Optional.empty();
  }

  /** Returns whether this is the float that is not a number. */
  default boolean isNaN() {
    return !isIntegral() && Double.isNaN(real());
  }

  private static boolean isInfinite(Numeric number) {
    return !number.isIntegral() && Double.isInfinite(number.real());
  }

  /** Returns the order of two numbers, by their exact values; a NaN has none (see callers). */
  static int compare(Numeric left, Numeric right) {
    if (left.isIntegral() && right.isIntegral()) {
      return left.whole().compareTo(right.whole());
    }
    if (isInfinite(left)) {
      return isInfinite(right) && left.real() == right.real() ? 0 : left.real() > 0 ? 1 : -1;
    }
    if (isInfinite(right)) {
      return right.real() > 0 ? -1 : 1;
    }
    return exact(left).compareTo(exact(right));
  }

  private static BigDecimal exact(Numeric number) {
    return number.isIntegral() ? new BigDecimal(number.whole()) : new BigDecimal(number.real());
  }

  private static boolean equal(Numeric left, @Nullable Object other) {
    return other instanceof Numeric right
        && !left.isNaN()
        && !right.isNaN()
        && compare(left, right) == 0;
  }

  private static int hash(Numeric number) {
    return number.isIntegral() || isWhole(number.real())
        ? number.whole().hashCode()
        : Double.hashCode(number.real());
  }

  private static boolean isWhole(double number) {
    return !Double.isInfinite(number) && Math.rint(number) == number;
  }

  /** {@code True} or {@code False}. */
  record Bool(boolean value) implements Numeric {
    /** Python's True. */
    public static final Bool TRUE = new Bool(true);

    /** Python's False. */
    public static final Bool FALSE = new Bool(false);

    /** Returns the bool of a condition. */
    public static Bool of(boolean condition) {
      return condition ? TRUE : FALSE;
    }

    @Override
    public String typeName() {
      return "bool";
    }

    @Override
    public boolean truth() {
      return value;
    }

    @Override
    public double real() {
      return value ? 1 : 0;
    }

    @Override
    public boolean isIntegral() {
      return true;
    }

    @Override
    public BigInteger whole() {
      return value ? BigInteger.ONE : BigInteger.ZERO;
    }

    @Override
    public String repr() {
      return value ? "True" : "False";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return equal(this, other);
    }

    @Override
    public int hashCode() {
      return hash(this);
    }
  }

  /** An int of at most {@value #MAX_BITS} bits. */
  record Int(BigInteger whole) implements Numeric {
    private static final int MAX_BITS = 1 << 13;

    /** Checks the size. */
    public Int {
      if (whole.bitLength() > MAX_BITS) {
        throw new JinjaException("an integer of more than " + MAX_BITS + " bits is refused");
      }
    }

    /** Makes an int. */
    public Int(long integer) {
      this(BigInteger.valueOf(integer));
    }

    @Override
    public String typeName() {
      return "int";
    }

    @Override
    public boolean truth() {
      return whole.signum() != 0;
    }

    @Override
    public double real() {
      double real = whole.doubleValue();
      if (Double.isInfinite(real)) {
        throw new JinjaException("int too large to convert to float");
      }
      return real;
    }

    @Override
    public boolean isIntegral() {
      return true;
    }

    @Override
    public String repr() {
      return whole.toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return equal(this, other);
    }

    @Override
    public int hashCode() {
      return hash(this);
    }
  }

  /** A float. */
  record Real(double real) implements Numeric {
    @Override
    public String typeName() {
      return "float";
    }

    @Override
    public boolean isIntegral() {
      return false;
    }

    @Override
    public BigInteger whole() {
      if (Double.isNaN(real) || Double.isInfinite(real)) {
        throw new JinjaException("cannot convert float " + repr() + " to integer");
      }
      return new BigDecimal(real).toBigInteger();
    }

    @Override
    public String repr() {
      return FloatText.repr(real);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return equal(this, other);
    }

    @Override
    public int hashCode() {
      return hash(this);
    }
  }
}
