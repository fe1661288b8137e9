package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.parallel.SlicePlan;

/** Logits of which every rank has made those of its rows of the head. */
final class RankLogits {
  private RankLogits() {}

  /**
   * Returns the logits of the whole vocabulary, {@code [R, V]}.
   *
   * @param all of each rank {@code [R, own rows of the vocabulary]}, perhaps with room behind
   */
  static float[] joined(SlicePlan plan, ImmutableList<float[]> all, int rows) {
    int vocabulary = plan.spec().vocabularySize();
    float[] joined = new float[rows * vocabulary];
    for (int rank = 0; rank < all.size(); rank++) {
      IndexRange own = plan.vocabulary(rank);
      int count = Math.toIntExact(own.size());
      for (int row = 0; row < rows; row++) {
        int to = Math.toIntExact((long) row * vocabulary + own.begin());
        System.arraycopy(all.get(rank), row * count, joined, to, count);
      }
    }
    return joined;
  }
}
