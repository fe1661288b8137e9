package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Locale;

/** One limit of a {@link Target}. Immutable. */
public record Limit(Quantity quantity, Bound bound, double value) {
  /** Checks the value. */
  public Limit {
    checkArgument(
        Double.isFinite(value) && value > 0, "limit on %s (%s) must be positive", quantity, value);
  }

  @Override
  public String toString() {
    return quantity.words() + " " + bound.words() + " " + number();
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
    PARAMETERS("parameters");

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
