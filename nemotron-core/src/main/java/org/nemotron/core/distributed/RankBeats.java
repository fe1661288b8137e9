package org.nemotron.core.distributed;

import java.util.Arrays;
import java.util.Optional;

/**
 * What one rank knows of the others: each sends its stage and step every second, and all look every
 * second. Time is counted in looks, so that a process that was stopped itself blames nobody.
 *
 * <p>Safe for use by several threads.
 */
final class RankBeats {
  /** How a rank ends that has not failed. */
  static final String DONE = "done";

  private static final String STEP = ", step ";

  /** So many looks without news: the rank is gone. */
  static final int SILENT_LOOKS = 8;

  private final int rank;
  private final int size;
  private final int lateLooks;
  private final String[] beats;
  private final String[] positions;
  private final String[] ends;
  private final int[] silent;
  private final int[] standing;
  private String own = "";

  /**
   * Begins with no news.
   *
   * @param lateLooks so many looks at the same step: the rank is stuck
   */
  RankBeats(int rank, int size, int lateLooks) {
    this.rank = rank;
    this.size = size;
    this.lateLooks = lateLooks;
    this.beats = filled(size);
    this.positions = filled(size);
    this.ends = filled(size);
    this.silent = new int[size];
    this.standing = new int[size];
  }

  private static String[] filled(int size) {
    String[] texts = new String[size];
    Arrays.fill(texts, "");
    return texts;
  }

  /** A rank's beat: a number that grows, and where the rank is. */
  static String beat(long number, String position) {
    return number + "\t" + position;
  }

  /** Returns where a rank is. */
  static String position(String stage, long step) {
    return step < 0 ? stage : stage + STEP + step;
  }

  /** Takes in what was seen of another rank; empty: nothing yet. */
  synchronized void look(int other, String beat) {
    if (beat.equals(beats[other])) {
      silent[other]++;
    } else {
      silent[other] = 0;
      beats[other] = beat;
    }
    String position = beat.substring(beat.indexOf('\t') + 1);
    standing[other] = position.equals(positions[other]) ? standing[other] + 1 : 0;
    positions[other] = position;
  }

  /** Takes in where this rank is. */
  synchronized void at(String position) {
    own = position;
  }

  /** Takes in a look at which nobody could be seen. */
  synchronized void noNews() {
    for (int other = 0; other < size; other++) {
      if (other != rank && !beats[other].isEmpty()) {
        silent[other]++;
      }
    }
  }

  /** Takes in that a rank has ended: {@code done}, or why it failed. */
  synchronized void ended(int other, String how) {
    ends[other] = how;
  }

  synchronized boolean isSilent(int other) {
    return silent[other] >= SILENT_LOOKS;
  }

  /** Returns a sentence about the first rank that has failed or is silent, if one is. */
  synchronized Optional<String> failure() {
    for (int other = 0; other < size; other++) {
      if (other != rank && !ends[other].isEmpty() && !ends[other].equals(DONE)) {
        return Optional.of(name(other) + " stopped at " + positions[other] + ": " + ends[other]);
      }
    }
    for (int other = 0; other < size; other++) {
      if (other != rank && ends[other].isEmpty() && silent[other] >= SILENT_LOOKS) {
        return Optional.of(
            name(other)
                + " has been silent for "
                + silent[other]
                + " s; it was at "
                + positions[other]
                + ".\nMaybe its process was ended, or its machine: the log there says more.");
      }
    }
    return Optional.empty();
  }

  /**
   * Returns a sentence about {@code other}, which this rank waits for, if it will not come.
   *
   * @param waiting at what
   */
  synchronized Optional<String> absence(int other, String waiting) {
    if (ends[other].equals(DONE)) {
      return Optional.of(
          name(other) + " has ended, and rank " + rank + " waits for it: " + waiting);
    }
    return standing[other] < lateLooks ? Optional.empty() : Optional.of(stuck(other, waiting));
  }

  /**
   * Returns a sentence about the first rank that has been behind this one's stage and step for too
   * long, if one has. Others that wait at the same step are not to blame, nor those at a later one.
   *
   * @param waiting at what
   */
  synchronized Optional<String> laggard(String waiting) {
    for (int other = 0; other < size; other++) {
      if (other != rank && standing[other] >= lateLooks && isBehind(positions[other])) {
        return Optional.of(stuck(other, waiting));
      }
    }
    return Optional.empty();
  }

  private boolean isBehind(String position) {
    return !position.isEmpty()
        && !position.equals(own)
        && !(stage(position).equals(stage(own)) && step(position) > step(own));
  }

  private static String stage(String position) {
    return position.contains(STEP) ? position.substring(0, position.lastIndexOf(STEP)) : position;
  }

  private static long step(String position) {
    return position.contains(STEP)
        ? Long.parseLong(position.substring(position.lastIndexOf(STEP) + STEP.length()))
        : -1;
  }

  private String stuck(int other, String waiting) {
    return name(other)
        + " has been at "
        + positions[other]
        + " for "
        + standing[other]
        + " s, and rank "
        + rank
        + " waits for it: "
        + waiting
        + ".\nMaybe it is stuck: the log there says more.";
  }

  private String name(int other) {
    return "rank " + other + " of " + size;
  }
}
