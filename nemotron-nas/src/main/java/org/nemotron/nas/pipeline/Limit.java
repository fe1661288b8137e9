package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.EnumSet;
import java.util.Locale;

/**
 * One limit of a {@link Target}. Immutable.
 *
 * @param quantity what is limited
 * @param cost the name of the cost of the user's own that is limited; empty for all other
 *     quantities
 * @param bound from which side
 * @param value in the quantity's unit
 */
public record Limit(Quantity quantity, String cost, Bound bound, double value) {
  /** Checks the value. */
  public Limit {
    checkNotNull(quantity, "a limit must have a quantity, not null");
    checkNotNull(cost, "a limit's cost must be a name or empty, not null");
    checkNotNull(bound, "a limit must have a bound, not null");
    checkArgument(
        cost.isEmpty() == (quantity != Quantity.OWN_COST),
        "a limit on %s must %sname a cost (\"%s\")",
        quantity,
        quantity == Quantity.OWN_COST ? "" : "not ",
        cost);
    checkArgument(
        Double.isFinite(value) && value > 0,
        "limit on %s (%s) must be positive",
        cost.isEmpty() ? quantity : cost,
        value);
  }

  /** Makes a limit on a quantity that this library measures. */
  public Limit(Quantity quantity, Bound bound, double value) {
    this(quantity, "", bound, value);
  }

  /** Returns a limit on a cost of the user's own. */
  public static Limit ofCost(String cost, Bound bound, double value) {
    return new Limit(Quantity.OWN_COST, cost, bound, value);
  }

  /** Returns the limit in words, as they stand in reports. */
  @Override
  public String toString() {
    return (cost.isEmpty() ? quantity.words() : cost) + " " + bound.words() + " " + number();
  }

  /** Returns the value for people to read: 24,000,000 rather than 2.4E7. */
  private String number() {
    return value == Math.rint(value) && value >= 1000 && value < 1e15
        ? String.format(Locale.ROOT, "%,.0f", value)
        : Double.toString(value);
  }

  /** What can be limited. */
  public enum Quantity {
    /** Generated tokens per second over the parent's, in the same scenario at its best batch. */
    SPEEDUP("speed-up"),
    /** Generated tokens per second. */
    TOKENS_PER_SECOND("tokens per second"),
    /** Time of the whole scenario. */
    LATENCY_MILLIS("latency in ms"),
    /** Time to the first token. */
    PREFILL_MILLIS("time to first token in ms"),
    /** Weights and KV cache. */
    MEMORY_BYTES("memory in bytes"),
    /** Number of parameters. */
    PARAMETERS("parameters"),
    /** A cost of the user's own, which {@link Limit#cost} names. */
    OWN_COST("own cost");

    /** What this library measures: all but the user's own. */
    public static final ImmutableSet<Quantity> MEASURED =
        Sets.immutableEnumSet(EnumSet.complementOf(EnumSet.of(OWN_COST)));

    private final String words;

    Quantity(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /** From which side a quantity is limited. */
  public enum Bound {
    /** From below. */
    AT_LEAST("at least"),
    /** From above. */
    AT_MOST("at most");

    private final String words;

    Bound(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }
}
