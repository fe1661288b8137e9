package org.nemotron.core.tensor;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Where randomness comes from: an explicit number, and names for what is drawn from it. Immutable.
 *
 * <p>Two draws with different names are independent, and neither changes when the other is added or
 * left out.
 */
public record Seed(long value) {
  /** Returns the seed of the part called {@code name}. */
  public Seed named(String name) {
    return new Seed(
        Hashing.sha256()
            .newHasher()
            .putLong(value)
            .putString(name, StandardCharsets.UTF_8)
            .hash()
            .asLong());
  }

  /** Returns the seed of the part numbered {@code index}. */
  public Seed numbered(long index) {
    return named(Long.toString(index));
  }

  /** Returns a generator started from this seed; the same one every time. */
  public SplittableRandom random() {
    return new SplittableRandom(value);
  }
}
