package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.stream.DoubleStream;

/**
 * What the 8-bit floats of a layer's KV cache are multiplied by to be keys and values: one number
 * for the layer, or one for each KV head. A scale moves the range of what can be held, from 0.002
 * to 448 times itself, and changes nothing else. Immutable.
 *
 * @param keys positive and finite, at least one
 * @param values likewise
 */
public record KvScales(ImmutableDoubleArray keys, ImmutableDoubleArray values) {
  /** Scales of 1. */
  public static final KvScales ONE =
      new KvScales(ImmutableDoubleArray.of(1), ImmutableDoubleArray.of(1));

  /** Checks that there are positive numbers. */
  public KvScales {
    check("keys", keys);
    check("values", values);
  }

  private static void check(String what, ImmutableDoubleArray scales) {
    checkArgument(!scales.isEmpty(), "the scales of %s must have a number", what);
    scales.forEach(
        scale ->
            checkArgument(
                scale > 0 && Double.isFinite(scale),
                "the scales of %s (%s) must be positive",
                what,
                scale));
  }

  /**
   * Returns the scales of {@code kvHeads} heads, those of keys and then those of values.
   *
   * @throws IllegalArgumentException if there are more than one, and not as many as heads
   */
  public ImmutableDoubleArray ofHeads(int kvHeads) {
    ImmutableDoubleArray.Builder all = ImmutableDoubleArray.builder(2 * kvHeads);
    ofHeads("keys", keys, kvHeads).forEach(all::add);
    ofHeads("values", values, kvHeads).forEach(all::add);
    return all.build();
  }

  private static DoubleStream ofHeads(String what, ImmutableDoubleArray scales, int kvHeads) {
    checkArgument(
        scales.length() == 1 || scales.length() == kvHeads,
        "the scales of %s (%s numbers) must be one, or one for each of %s KV heads",
        what,
        scales.length(),
        kvHeads);
    return scales.length() == 1
        ? DoubleStream.generate(() -> scales.get(0)).limit(kvHeads)
        : scales.stream();
  }

  /** Returns the largest of each as one number, which holds all that these hold at the top. */
  public KvScales largest() {
    return new KvScales(largest(keys), largest(values));
  }

  private static ImmutableDoubleArray largest(ImmutableDoubleArray scales) {
    return ImmutableDoubleArray.of(scales.stream().max().orElseThrow());
  }
}
