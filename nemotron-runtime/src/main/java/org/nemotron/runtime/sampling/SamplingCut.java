package org.nemotron.runtime.sampling;

/**
 * Where a row of logits is cut: tokens are ordered by logit, equal ones by id, and those before the
 * cut may be chosen. Immutable.
 *
 * <p>Every filter keeps the head of that order, so that filters one after another are one cut.
 *
 * @param logit a token with a larger logit stays, one with a smaller logit goes
 * @param lastId a token of exactly {@code logit} stays when its id is at most this
 */
record SamplingCut(float logit, int lastId) {
  /** Keeps every token that can be chosen at all. */
  static final SamplingCut NONE = new SamplingCut(-Float.MAX_VALUE, Integer.MAX_VALUE);

  /** Returns whether {@code token} may be chosen. */
  boolean keeps(int token, float itsLogit) {
    return itsLogit > logit || (itsLogit == logit && token <= lastId);
  }

  /** Returns the cut that keeps what this one and one at {@code floor} both keep. */
  SamplingCut andAtLeast(double floor) {
    float least = (float) floor;
    if (least < floor) {
      least = Math.nextUp(least);
    }
    return least > logit ? new SamplingCut(least, Integer.MAX_VALUE) : this;
  }
}
