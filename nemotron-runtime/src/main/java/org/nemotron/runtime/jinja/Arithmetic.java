package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Collections;

/** Python's operators on two values, or one. */
final class Arithmetic {
  /** Floats hold every int of so many bits. */
  private static final int BITS_OF_FLOAT = 53;

  private static final int MAX_POWER_BITS = 1 << 16;

  private Arithmetic() {}

  /** An operator of two values. */
  enum Operator {
    ADD("+") {
      @Override
      Value of(Value left, Value right) {
        return add(left, right);
      }
    },
    SUB("-") {
      @Override
      Value of(Value left, Value right) {
        return numbers(this, left, right)
            ? new Numeric.Int(whole(left).subtract(whole(right)))
            : new Numeric.Real(real(left) - real(right));
      }
    },
    MUL("*") {
      @Override
      Value of(Value left, Value right) {
        return multiply(left, right);
      }
    },
    DIV("/") {
      @Override
      Value of(Value left, Value right) {
        return divide(this, left, right);
      }
    },
    FLOOR_DIV("//") {
      @Override
      Value of(Value left, Value right) {
        if (numbers(this, left, right)) {
          checkDivisor(real(right), "integer division or modulo by zero");
          return new Numeric.Int(floorDiv(whole(left), whole(right)));
        }
        checkDivisor(real(right), "float floor division by zero");
        return new Numeric.Real(floorDiv(real(left), real(right)));
      }
    },
    MOD("%") {
      @Override
      Value of(Value left, Value right) {
        if (left instanceof Text format) {
          return format.like(
              PercentFormat.format(format.value(), format.isSafe() ? Html.escapeIn(right) : right));
        }
        if (numbers(this, left, right)) {
          checkDivisor(real(right), "integer modulo by zero");
          BigInteger quotient = floorDiv(whole(left), whole(right));
          return new Numeric.Int(whole(left).subtract(quotient.multiply(whole(right))));
        }
        checkDivisor(real(right), "float modulo");
        return new Numeric.Real(floorMod(real(left), real(right)));
      }
    },
    POW("**") {
      @Override
      Value of(Value left, Value right) {
        return power(this, left, right);
      }
    };

    private final String sign;

    Operator(String sign) {
      this.sign = sign;
    }

    /**
     * Returns {@code left operator right}.
     *
     * @throws JinjaException where Python raises an error
     */
    abstract Value of(Value left, Value right);
  }

  private static Value add(Value left, Value right) {
    if (left instanceof Text first && right instanceof Text second) {
      return first.isSafe() || second.isSafe()
          ? Text.safe(Html.escape(first).value() + Html.escape(second).value())
          : new Text(first.value() + second.value());
    }
    if (left instanceof SequenceValue first
        && right instanceof SequenceValue second
        && first.getClass() == second.getClass()) {
      return first.like(
          ImmutableList.<Value>builder()
              .addAll(first.elements())
              .addAll(second.elements())
              .build());
    }
    if (left instanceof Text && !(right instanceof Undefined)) {
      throw new JinjaException(
          "can only concatenate str (not \"" + right.typeName() + "\") to str");
    }
    if (left instanceof SequenceValue && !(right instanceof Undefined)) {
      throw new JinjaException(
          "can only concatenate "
              + left.typeName()
              + " (not \""
              + right.typeName()
              + "\") to "
              + left.typeName());
    }
    return numbers(Operator.ADD, left, right)
        ? new Numeric.Int(whole(left).add(whole(right)))
        : new Numeric.Real(real(left) + real(right));
  }

  private static Value multiply(Value left, Value right) {
    if (isRepeated(left) && right instanceof Numeric count && count.isIntegral()) {
      return repeated(left, count.integer());
    }
    if (isRepeated(right) && left instanceof Numeric count && count.isIntegral()) {
      return repeated(right, count.integer());
    }
    return numbers(Operator.MUL, left, right)
        ? new Numeric.Int(whole(left).multiply(whole(right)))
        : new Numeric.Real(real(left) * real(right));
  }

  private static boolean isRepeated(Value value) {
    return value instanceof Text || value instanceof SequenceValue;
  }

  private static Value repeated(Value value, long count) {
    long times = Math.max(0, count);
    if (value instanceof Text text) {
      return text.like(TextFields.repeat(text.value(), times));
    }
    SequenceValue sequence = (SequenceValue) value;
    if (times * (double) sequence.weight() > Value.MAX_WEIGHT) {
      throw new JinjaException("a value of more than " + Value.MAX_WEIGHT + " elements is refused");
    }
    return sequence.like(
        ImmutableList.copyOf(
            Iterables.concat(Collections.nCopies((int) times, sequence.elements()))));
  }

  private static Value divide(Operator operator, Value left, Value right) {
    boolean whole = numbers(operator, left, right);
    checkDivisor(real(right), whole ? "division by zero" : "float division by zero");
    boolean exact = !whole || (isExactInFloat(whole(left)) && isExactInFloat(whole(right)));
    return new Numeric.Real(
        exact
            ? real(left) / real(right)
            : new BigDecimal(whole(left))
                .divide(new BigDecimal(whole(right)), MathContext.DECIMAL128)
                .doubleValue());
  }

  private static boolean isExactInFloat(BigInteger number) {
    return number.bitLength() <= BITS_OF_FLOAT;
  }

  private static BigInteger floorDiv(BigInteger left, BigInteger right) {
    BigInteger[] parts = left.divideAndRemainder(right);
    boolean isBelow = parts[1].signum() != 0 && parts[1].signum() != right.signum();
    return isBelow ? parts[0].subtract(BigInteger.ONE) : parts[0];
  }

  /** The remainder has the sign of the divisor. */
  private static double floorMod(double left, double right) {
    double rest = left % right;
    if (rest == 0) {
      return Math.copySign(0.0, right);
    }
    return rest < 0 != right < 0 ? rest + right : rest;
  }

  private static double floorDiv(double left, double right) {
    double rest = left % right;
    double quotient = (left - rest) / right;
    boolean isBelow = rest != 0 && rest < 0 != right < 0;
    double exact = isBelow ? quotient - 1 : quotient;
    double floor = Math.floor(exact);
    return exact - floor > 0.5 ? floor + 1 : exact == 0 ? Math.copySign(0.0, left / right) : floor;
  }

  private static Value power(Operator operator, Value left, Value right) {
    if (numbers(operator, left, right) && whole(right).signum() >= 0) {
      return new Numeric.Int(power(whole(left), whole(right)));
    }
    if (real(left) == 0 && real(right) < 0) {
      throw new JinjaException("0.0 cannot be raised to a negative power");
    }
    double result = Math.pow(real(left), real(right));
    if (real(left) < 0 && Double.isNaN(result) && !Double.isNaN(real(right))) {
      throw JinjaException.unknown("a complex number");
    }
    if (Double.isInfinite(result)
        && !Double.isInfinite(real(left))
        && !Double.isInfinite(real(right))) {
      throw new JinjaException("(34, 'Numerical result out of range')");
    }
    return new Numeric.Real(result);
  }

  private static BigInteger power(BigInteger base, BigInteger exponent) {
    if (base.abs().compareTo(BigInteger.ONE) <= 0) {
      boolean odd = exponent.testBit(0);
      return exponent.signum() == 0 ? BigInteger.ONE : odd ? base : base.abs();
    }
    if (exponent.bitLength() > 16 || base.bitLength() * exponent.longValue() > MAX_POWER_BITS) {
      throw new JinjaException("a power of more than " + MAX_POWER_BITS + " bits is refused");
    }
    return base.pow(exponent.intValue());
  }

  private static void checkDivisor(double divisor, String error) {
    if (divisor == 0) {
      throw new JinjaException(error);
    }
  }

  /** Returns whether both are ints; fails unless both are numbers. */
  private static boolean numbers(Operator operator, Value left, Value right) {
    if (left instanceof Numeric first && right instanceof Numeric second) {
      return first.isIntegral() && second.isIntegral();
    }
    checkDefined(left);
    checkDefined(right);
    throw new JinjaException(
        "unsupported operand type(s) for "
            + (operator == Operator.POW ? "** or pow()" : operator.sign)
            + ": '"
            + left.typeName()
            + "' and '"
            + right.typeName()
            + "'");
  }

  /** Fails if the value is undefined. */
  static void checkDefined(Value value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
  }

  private static BigInteger whole(Value value) {
    return ((Numeric) value).whole();
  }

  private static double real(Value value) {
    return ((Numeric) value).real();
  }

  /** Returns {@code -value}. */
  static Value negate(Value value) {
    Numeric number = numeric(value, "-");
    return number.isIntegral()
        ? new Numeric.Int(number.whole().negate())
        : new Numeric.Real(-number.real());
  }

  /** Returns {@code +value}. */
  static Value plus(Value value) {
    Numeric number = numeric(value, "+");
    return number.isIntegral() ? new Numeric.Int(number.whole()) : number;
  }

  private static Numeric numeric(Value value, String sign) {
    checkDefined(value);
    if (value instanceof Numeric number) {
      return number;
    }
    throw new JinjaException("bad operand type for unary " + sign + ": '" + value.typeName() + "'");
  }
}
