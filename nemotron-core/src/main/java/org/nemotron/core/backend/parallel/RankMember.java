package org.nemotron.core.backend.parallel;

import com.google.common.collect.ImmutableList;

/**
 * One rank's part in a {@link RankGroup}.
 *
 * @param group the ranks of a model
 * @param rank which of them, from 0
 */
public record RankMember(RankGroup group, int rank) {
  /** Returns a rank by itself. */
  public static RankMember alone() {
    return new RankMember(RankGroup.alone(), 0);
  }

  /** Returns whether there are no others. */
  public boolean isAlone() {
    return group.size() == 1;
  }

  /** Waits for all ranks, and returns what they hand over: see {@link RankGroup#exchange}. */
  public <T> ImmutableList<T> exchange(String at, T own) {
    return group.exchange(rank, at, own);
  }

  /** Returns whether something is so on all ranks, which then all do the same. */
  public boolean agree(String on, boolean own) {
    return exchange(on, own).stream().allMatch(Boolean::booleanValue);
  }
}
