package org.nemotron.core.backend.cpu;

import java.util.Arrays;
import java.util.List;
import org.nemotron.core.backend.parallel.RankMember;

/**
 * What a rank's sub-blocks have to add to the residual stream, before the others' parts are added
 * to it.
 *
 * <p>Two arrays take turns: others may read the one until they come to the next sum.
 */
final class RankPartials {
  private final RankMember member;
  private float[] current = new float[0];
  private float[] other = new float[0];

  RankPartials(RankMember member) {
    this.member = member;
  }

  /** Begins a step with this stream. */
  void start(float[] residualRD) {
    if (!member.isAlone() && current.length < residualRD.length) {
      current = new float[residualRD.length];
      other = new float[residualRD.length];
    }
  }

  /** Returns where sub-blocks add: to the stream itself where there are no other ranks. */
  float[] target(float[] residualRD) {
    return member.isAlone() ? residualRD : current;
  }

  /**
   * Adds what all ranks have, in the order of the ranks, so that the stream has the same bits on
   * each.
   *
   * @param at which sum this is, for messages
   * @param count floats of the stream
   */
  void addAll(String at, float[] residualRD, int count) {
    List<float[]> all = member.exchange(at, current);
    for (float[] partial : all) {
      for (int i = 0; i < count; i++) {
        residualRD[i] += partial[i];
      }
    }
    float[] next = other;
    other = current;
    current = next;
    Arrays.fill(current, 0, count, 0);
  }
}
