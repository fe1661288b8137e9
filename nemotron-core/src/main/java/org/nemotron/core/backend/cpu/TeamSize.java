package org.nemotron.core.backend.cpu;

import com.google.common.math.IntMath;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;

/**
 * How many threads are best for the steps of one model: found by measuring steps as they come, and
 * measured again now and then, since other programs come and go.
 *
 * <p>Two threads may be slower than one: where a step is so small that threads wait longer for each
 * other than they compute, and where another program has one of the cores. Steps of similar numbers
 * of rows are taken together. For each of a few sizes of the team there is an average of the time
 * of a row; the size with the least is used, and another one is tried now and then, more seldom the
 * more it loses. A cgroup's quota counts as the time for which a team of that size would stand
 * still. Long steps, whose threads hardly wait for each other, have the largest team at first.
 *
 * <p>Used by one thread at a time. No result depends on it.
 */
final class TeamSize {
  /** Steps that take longer have the largest team until there have been several of them. */
  private static final long LONG_NANOS = 25_000_000;

  private static final int LONG_STEPS = 16;

  /** A size is used for at least this long before it is judged: longer than a time slice. */
  private static final long WINDOW_NANOS = 12_000_000;

  private static final int FIRST_WINDOWS = 3;
  private static final long LEAST_PERIOD_NANOS = 250_000_000;
  private static final long MOST_PERIOD_NANOS = 3_000_000_000L;

  /** After a change the next trial comes so soon. */
  private static final long CHANGED_PERIOD_NANOS = 50_000_000;

  /** The time lost by trying is at most one part in so many. */
  private static final int LEAST_GAIN = 250;

  /** The same where steps are so long that waiting for it would take minutes. */
  private static final int LONG_GAIN = 50;

  /** How much of an average a new window is: much of that of a size which is seldom tried. */
  private static final double WEIGHT = 0.3;

  /** Another size must be this much faster than the best so far. */
  private static final double MARGIN = 0.96;

  private static final double TRIAL_WEIGHT = 0.6;

  /** A window so much slower than the average means that something has changed. */
  private static final double CHANGED = 1.35;

  private final int[] sizes;
  private final double quota;
  private final Map<Integer, Choice> choices = new HashMap<>();

  /**
   * Chooses among the powers of two up to {@code most}, and {@code most}.
   *
   * @param quota of the cgroup, in cores
   */
  static TeamSize upTo(int most, double quota) {
    int powers = IntMath.log2(most, RoundingMode.CEILING);
    int[] sizes = new int[powers + 1];
    for (int i = 0; i <= powers; i++) {
      sizes[i] = Math.min(1 << i, most);
    }
    return new TeamSize(sizes, quota);
  }

  /** Always chooses {@code threads}. */
  static TeamSize only(int threads) {
    return new TeamSize(new int[] {threads}, threads);
  }

  private TeamSize(int[] sizes, double quota) {
    this.sizes = sizes;
    this.quota = quota;
  }

  /** Returns how many threads a step of {@code rows} should have. */
  int choose(int rows) {
    return sizes[choice(rows).current];
  }

  /** Takes notice that {@code threads} computed a step of {@code rows} in {@code nanos}. */
  void took(int rows, int threads, long nanos) {
    choice(rows).took(threads, (double) nanos / rows, nanos);
  }

  private Choice choice(int rows) {
    return choices.computeIfAbsent(
        IntMath.log2(rows, RoundingMode.CEILING), unused -> new Choice());
  }

  /** What is known of steps of about as many rows. */
  private final class Choice {
    private final double[] average = new double[sizes.length];
    private final int[] windows = new int[sizes.length];
    private int best = sizes.length - 1;
    private int current = best;
    private int steps;
    private int longSteps;
    private long nanos;
    private double rowNanos;
    private long untilTrial = LEAST_PERIOD_NANOS;
    private int tried;

    void took(int threads, double perRow, long taken) {
      if (sizes.length == 1) {
        return;
      }
      if (threads != sizes[current]) {
        restart(); // others compute too: what is measured says nothing of this size
        return;
      }
      if (taken > LONG_NANOS && windows[current] == 0 && longSteps < LONG_STEPS) {
        longSteps++;
        restart();
        return;
      }
      steps++;
      nanos += taken;
      rowNanos += perRow;
      if (nanos >= windowNanos()) {
        judge();
      }
    }

    /** The first windows are short: they are many. */
    private long windowNanos() {
      return windows[current] < FIRST_WINDOWS ? WINDOW_NANOS / 4 : WINDOW_NANOS;
    }

    private void restart() {
      steps = 0;
      nanos = 0;
      rowNanos = 0;
    }

    private void judge() {
      double mean = rowNanos / steps * Math.max(1, sizes[current] / quota);
      boolean changed = windows[current] > FIRST_WINDOWS && mean > CHANGED * average[current];
      average[current] =
          windows[current] == 0
              ? mean
              : average[current]
                  + (current == best ? WEIGHT : TRIAL_WEIGHT) * (mean - average[current]);
      windows[current]++;
      best = least();
      untilTrial = current == best ? untilTrial - nanos : afterTrial(mean);
      if (changed) {
        untilTrial = Math.min(untilTrial, CHANGED_PERIOD_NANOS);
      }
      restart();
      current = next();
    }

    /** The next trial comes when what this one has lost is little beside the time until then. */
    private long afterTrial(double mean) {
      long lost = (long) (nanos * Math.max(0, 1 - average[best] / mean));
      long most = Math.max(MOST_PERIOD_NANOS, LONG_GAIN * lost);
      return Math.max(LEAST_PERIOD_NANOS, Math.min(most, LEAST_GAIN * lost));
    }

    private int next() {
      int unknown = unknown();
      if (unknown >= 0) {
        return unknown;
      }
      return untilTrial <= 0 ? trial() : best;
    }

    /** Returns a size that has had fewer first windows than it must, the least tried; or -1. */
    private int unknown() {
      int least = 0;
      for (int i = 1; i < sizes.length; i++) {
        least = windows[i] < windows[least] ? i : least;
      }
      return windows[least] < (longSteps > 0 ? 1 : FIRST_WINDOWS) ? least : -1;
    }

    /** Returns the best size; the best so far stays it until another is better by more than noise. */
    private int least() {
      int least = best;
      for (int i = 0; i < sizes.length; i++) {
        double mustBeat = average[least] * (least == best ? MARGIN : 1);
        if (windows[i] > 0 && windows[least] > 0 && average[i] < mustBeat) {
          least = i;
        }
      }
      return least;
    }

    /** The sizes beside the best take turns. */
    private int trial() {
      tried = (tried + 1) % sizes.length;
      if (tried == best) {
        tried = (tried + 1) % sizes.length;
      }
      return tried;
    }
  }
}
