package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.math.LongMath;
import java.math.RoundingMode;

/**
 * The heads of grouped-query attention that one rank has. Immutable.
 *
 * <p>With as many key/value heads as ranks or more, a rank has whole groups: key/value heads and
 * all query heads that read them. With fewer, each key/value head is replicated on several ranks,
 * which divide the query heads that read it; a rank has one key/value head then, or none where
 * there are more ranks than query heads.
 *
 * @param queryHeads those that the rank computes
 * @param kvHeads those that they read, and that the rank's KV cache holds
 */
public record HeadShare(IndexRange queryHeads, IndexRange kvHeads) {
  /**
   * Returns the share of one rank.
   *
   * @param queryHeads a multiple of {@code kvHeads}
   * @param degree how many ranks there are
   */
  public static HeadShare of(int queryHeads, int kvHeads, int rank, int degree) {
    checkArgument(
        kvHeads > 0 && queryHeads > 0 && queryHeads % kvHeads == 0,
        "queryHeads (%s) must be a positive multiple of kvHeads (%s)",
        queryHeads,
        kvHeads);
    int group = queryHeads / kvHeads;
    if (kvHeads >= degree) {
      IndexRange own = IndexRange.share(kvHeads, rank, degree);
      return new HeadShare(own.times(group), own);
    }
    long head = IndexRange.share(kvHeads, rank, degree).begin();
    long first = firstRank(head, kvHeads, degree);
    long next = firstRank(head + 1, kvHeads, degree);
    IndexRange inGroup =
        IndexRange.share(group, Math.toIntExact(rank - first), Math.toIntExact(next - first));
    IndexRange queries = inGroup.from(head * group + inGroup.begin());
    return new HeadShare(queries, new IndexRange(head, queries.isEmpty() ? head : head + 1));
  }

  /** Returns the first rank of those that share a key/value head. */
  private static long firstRank(long head, int kvHeads, int degree) {
    return LongMath.divide(head * degree, kvHeads, RoundingMode.CEILING);
  }
}
