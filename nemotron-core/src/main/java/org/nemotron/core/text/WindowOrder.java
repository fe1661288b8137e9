package org.nemotron.core.text;

import java.util.SplittableRandom;

/** An order of the numbers below a count, by chance. Immutable. */
interface WindowOrder {
  /** Up to so many numbers stand in an array, of 4 MiB at most. */
  long MOST_LISTED = 1 << 20;

  /** Returns the number at {@code place}. */
  long at(long place);

  /** Returns an order; {@code random} is used up to a different extent for each count. */
  static WindowOrder of(long count, SplittableRandom random) {
    return count <= MOST_LISTED ? listed((int) count, random) : new Scrambled(count, random);
  }

  private static WindowOrder listed(int count, SplittableRandom random) {
    int[] order = new int[count];
    for (int i = 0; i < order.length; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return place -> order[(int) place];
  }

  /**
   * An order that takes no memory: a Feistel network permutes the numbers of an even count of bits,
   * and a number beyond the count is permuted again until it is below.
   *
   * <p>Fewer than four of that many numbers are below the count on average, so that it takes at
   * most four permutations in the mean. Source: Black and Rogaway, Ciphers with arbitrary finite
   * domains, 2002 (cycle walking).
   */
  final class Scrambled implements WindowOrder {
    private static final int ROUNDS = 6;

    private final long count;
    private final int halfBits;
    private final long mask;
    private final long[] keys = new long[ROUNDS];

    Scrambled(long count, SplittableRandom random) {
      this.count = count;
      this.halfBits = (Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, count - 1)) + 1) / 2;
      this.mask = (1L << halfBits) - 1;
      for (int round = 0; round < ROUNDS; round++) {
        keys[round] = random.nextLong();
      }
    }

    @Override
    public long at(long place) {
      long number = permuted(place);
      while (number >= count) {
        number = permuted(number);
      }
      return number;
    }

    private long permuted(long number) {
      long left = number >>> halfBits;
      long right = number & mask;
      for (long key : keys) {
        long next = left ^ (mixed(right + key) & mask);
        left = right;
        right = next;
      }
      return left << halfBits | right;
    }

    /** The last steps of MurmurHash3: every bit of the result depends on every bit. */
    private static long mixed(long bits) {
      long once = (bits ^ bits >>> 33) * 0xFF51AFD7ED558CCDL;
      long twice = (once ^ once >>> 33) * 0xC4CEB9FE1A85EC53L;
      return twice ^ twice >>> 33;
    }
  }
}
