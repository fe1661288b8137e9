package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The random numbers of Python's {@code random.Random(seed)}, to the bit.
 *
 * <p>MT19937 (Matsumoto and Nishimura, 1998), seeded by init_by_array as Python seeds it by a
 * number.
 */
final class PythonRandom {
  private static final int SIZE = 624;
  private static final int SHIFT = 397;
  private static final int SEED_OF_ARRAYS = 19650218;

  private final int[] state = new int[SIZE];
  private int next = SIZE;

  PythonRandom(long seed) {
    long magnitude = Math.abs(seed);
    int[] key =
        magnitude >>> 32 == 0
            ? new int[] {(int) magnitude}
            : new int[] {(int) magnitude, (int) (magnitude >>> 32)};
    seed(SEED_OF_ARRAYS);
    seed(key);
  }

  private void seed(int number) {
    state[0] = number;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  private void seed(int[] key) {
    int i = 1;
    int j = 0;
    for (int k = Math.max(SIZE, key.length); k > 0; k--) {
      state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1664525)) + key[j] + j;
      i = after(i);
      j = (j + 1) % key.length;
    }
    for (int k = SIZE - 1; k > 0; k--) {
      state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1566083941)) - i;
      i = after(i);
    }
    state[0] = 0x80000000;
  }

  private int after(int i) {
    if (i + 1 < SIZE) {
      return i + 1;
    }
    state[0] = state[SIZE - 1];
    return 1;
  }

  /** Returns the next 32 bits. */
  int word() {
    if (next == SIZE) {
      refill();
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  private void refill() {
    for (int i = 0; i < SIZE; i++) {
      int y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
      state[i] = state[(i + SHIFT) % SIZE] ^ (y >>> 1) ^ ((y & 1) * 0x9908b0df);
    }
    next = 0;
  }

  /** Returns a number in [0, 1) of 53 random bits: Python's {@code random()}. */
  double uniform() {
    int high = word() >>> 5;
    int low = word() >>> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  /** Returns a number from 0 to {@code bound} - 1. */
  int below(int bound) {
    int bits = 32 - Integer.numberOfLeadingZeros(bound);
    int number = word() >>> (32 - bits);
    while (number >= bound) {
      number = word() >>> (32 - bits);
    }
    return number;
  }

  /** Returns {@code count} different numbers below {@code size}, in the order drawn. */
  ImmutableIntArray sample(int size, int count) {
    checkArgument(
        0 <= count && count <= size, "count (%s) must be from 0 to size (%s)", count, size);
    return size <= mostToShuffle(count) ? shuffled(size, count) : distinct(size, count);
  }

  /** Up to this size a list of what is left takes less memory than a set of what was drawn. */
  private static int mostToShuffle(int count) {
    if (count <= 5) {
      return 21;
    }
    return 21 + (int) Math.pow(4, Math.ceil(Math.log(count * 3.0) / Math.log(4)));
  }

  private ImmutableIntArray shuffled(int size, int count) {
    int[] left = new int[size];
    for (int i = 0; i < size; i++) {
      left[i] = i;
    }
    ImmutableIntArray.Builder drawn = ImmutableIntArray.builder(count);
    for (int i = 0; i < count; i++) {
      int j = below(size - i);
      drawn.add(left[j]);
      left[j] = left[size - i - 1];
    }
    return drawn.build();
  }

  private ImmutableIntArray distinct(int size, int count) {
    Set<Integer> seen = new HashSet<>();
    ImmutableIntArray.Builder drawn = ImmutableIntArray.builder(count);
    while (seen.size() < count) {
      int j = below(size);
      if (seen.add(j)) {
        drawn.add(j);
      }
    }
    return drawn.build();
  }

  /** Returns {@code count} different elements of {@code pool}, in the order drawn. */
  <T> ImmutableList<T> sample(List<T> pool, int count) {
    List<T> drawn = new ArrayList<>();
    sample(pool.size(), count).forEach(i -> drawn.add(pool.get(i)));
    return ImmutableList.copyOf(drawn);
  }
}
