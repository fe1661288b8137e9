package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How often costs are measured; a cost is the median. Immutable.
 *
 * @param prefillRounds measurements of the prefill of each part
 * @param decodeRounds measurements of a decode step of each part
 * @param generationRounds measurements of each whole model, at least; see {@link
 *     #mostGenerationRounds}
 */
public record MeterSettings(int prefillRounds, int decodeRounds, int generationRounds) {
  /** 12 prefills, 300 decode steps and 4 generations. */
  public static final MeterSettings DEFAULT = new MeterSettings(12, 300, 4);

  /** As few as show that everything runs: 3, 10 and 2. */
  public static final MeterSettings BRIEF = new MeterSettings(3, 10, 2);

  private static final int TIMES_AS_MANY = 4;

  /** Checks that all are positive. */
  public MeterSettings {
    checkArgument(prefillRounds > 0, "prefillRounds (%s) must be positive", prefillRounds);
    checkArgument(decodeRounds > 0, "decodeRounds (%s) must be positive", decodeRounds);
    checkArgument(generationRounds > 0, "generationRounds (%s) must be positive", generationRounds);
  }

  /**
   * Returns up to how many times each whole model is measured while the ratio of two is not known:
   * four times {@link #generationRounds}.
   */
  public int mostGenerationRounds() {
    return TIMES_AS_MANY * generationRounds;
  }

  /** Returns these settings with another number of prefills and of decode steps. */
  public MeterSettings withPartRounds(int prefills, int decodes) {
    return new MeterSettings(prefills, decodes, generationRounds);
  }

  /** Returns these settings with another number of generations. */
  public MeterSettings withGenerationRounds(int other) {
    return new MeterSettings(prefillRounds, decodeRounds, other);
  }
}
