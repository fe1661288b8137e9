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
 * of rows are taken together. The size in use meets another one now and then in a <em>duel</em>:
 * both compute in turns for some milliseconds each, and the other one takes over when it has been
 * faster three times in a row, which noise seldom is; the first time that it is not ends the duel.
 * The more it lost, the later it is tried again. A cgroup's quota counts as the time for which a
 * team of that size would stand still.
 *
 * <p>Used by one thread at a time. No result depends on it.
 */
final class TeamSize {
  /** Steps that take longer have the largest team until there have been several of them. */
  private static final long LONG_NANOS = 25_000_000;

  private static final int LONG_STEPS = 16;

  /** A size is used for at least this long before it is judged: longer than a time slice. */
  private static final long WINDOW_NANOS = 12_000_000;

  /** The first windows are short: the more steps there will be, the more is lost until then. */
  private static final long FIRST_WINDOW_NANOS = 4_000_000;

  private static final long LEAST_PERIOD_NANOS = 250_000_000;
  private static final long MOST_PERIOD_NANOS = 3_000_000_000L;

  /** After a change the next duel comes so soon. */
  private static final long CHANGED_PERIOD_NANOS = 50_000_000;

  /** The time lost by duels is at most one part in so many. */
  private static final int LEAST_GAIN = 250;

  /** The same where steps are so long that waiting for it would take minutes. */
  private static final int LONG_GAIN = 50;

  /** A challenger must be this much faster, so often in a row. */
  private static final double MARGIN = 0.96;

  private static final int WINS = 3;

  /** How much of the average of the size in use a new window is. */
  private static final double WEIGHT = 0.3;

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
    private final Window window = new Window();
    private int best = sizes.length - 1;
    private int current = best;
    private int challenger = best;
    private int untried = sizes.length - 1;
    private int longSteps;
    private int wins;
    private double bestMean;
    private double average;
    private long untilDuel;

    void took(int threads, double perRow, long taken) {
      if (sizes.length == 1) {
        return;
      }
      if (threads != sizes[current]) {
        window.restart(); // others compute too: what is measured says nothing of this size
      } else if (taken > LONG_NANOS && average == 0 && longSteps < LONG_STEPS) {
        longSteps++;
      } else {
        window.add(perRow, taken);
        if (window.nanos >= (untried > 0 ? FIRST_WINDOW_NANOS : WINDOW_NANOS)) {
          judge(window.mean() * Math.max(1, sizes[current] / quota));
          window.restart();
        }
      }
    }

    private void judge(double mean) {
      if (current == best) {
        ofBest(mean);
      } else {
        ofChallenger(mean);
      }
    }

    private void ofBest(double mean) {
      boolean changed = average > 0 && mean > CHANGED * average;
      average = average == 0 ? mean : average + WEIGHT * (mean - average);
      bestMean = mean;
      untilDuel -= window.nanos;
      if (changed) {
        untilDuel = Math.min(untilDuel, CHANGED_PERIOD_NANOS);
      }
      if (wins > 0) {
        current = challenger;
      } else if (untilDuel <= 0) {
        challenge();
      }
    }

    /** The sizes beside the best take turns. */
    private void challenge() {
      challenger = (challenger + sizes.length - 1) % sizes.length;
      if (challenger == best) {
        challenger = (challenger + sizes.length - 1) % sizes.length;
      }
      current = challenger;
    }

    private void ofChallenger(double mean) {
      if (mean >= MARGIN * bestMean) {
        endDuel();
        untilDuel = untried > 0 ? 0 : afterDuel(mean);
      } else if (++wins < WINS) {
        current = best;
      } else {
        best = challenger;
        average = mean;
        bestMean = mean;
        endDuel();
        untilDuel = untried > 0 ? 0 : LEAST_PERIOD_NANOS;
      }
    }

    private void endDuel() {
      wins = 0;
      untried = Math.max(0, untried - 1);
      current = best;
    }

    /** The next duel comes when what this one has lost is little beside the time until then. */
    private long afterDuel(double mean) {
      long lost = (long) (window.nanos * Math.max(0, 1 - bestMean / mean));
      long most = Math.max(MOST_PERIOD_NANOS, LONG_GAIN * lost);
      return Math.max(LEAST_PERIOD_NANOS, Math.min(most, LEAST_GAIN * lost));
    }
  }

  /** Steps of one size, one after the other. */
  private static final class Window {
    private int steps;
    private long nanos;
    private double rowNanos;

    void add(double perRow, long taken) {
      steps++;
      nanos += taken;
      rowNanos += perRow;
    }

    double mean() {
      return rowNanos / steps;
    }

    void restart() {
      steps = 0;
      nanos = 0;
      rowNanos = 0;
    }
  }
}
