package org.nemotron.core.backend.cpu;

import com.google.common.annotations.VisibleForTesting;
import java.util.HashMap;
import java.util.Map;
import org.nemotron.core.spec.AttentionSpec;

/**
 * Attention of single rows by one thread: in Java where there is little to do, else by {@link
 * WeightedRowSums}, whose calls cost some ten microseconds. Both compute the same bits.
 */
final class DecodeAttention implements AutoCloseable {
  /** Multiply-adds of each of the two products from which on native calls are worth their cost. */
  private static final long NATIVE_FROM = 60_000;

  /** Rows of values added up by one call: their numbers and weights stay in the cache. */
  private static final long MOST_ROWS = 1 << 16;

  private final Softmax softmax;
  private final long nativeFrom;
  private final long mostRows;
  private final Map<AttentionSpec.GroupedQuery, RowAttention> inJava = new HashMap<>();
  private final Map<AttentionSpec.GroupedQuery, GatheredAttention> gathered = new HashMap<>();

  DecodeAttention(Softmax softmax) {
    this(softmax, FusedMultiplyAdd.AVAILABLE ? NATIVE_FROM : 0, MOST_ROWS);
  }

  @VisibleForTesting
  DecodeAttention(Softmax softmax, long nativeFrom, long mostRows) {
    this.softmax = softmax;
    this.nativeFrom = nativeFrom;
    this.mostRows = mostRows;
  }

  /** The areas of a layer in a step. */
  record Areas(CpuKvCache.Layer memory, NativeFloats queries, NativeFloats result) {}

  /** Attends for the items of {@code share}, a part of {@code rows}. */
  void attend(AttentionSpec.GroupedQuery spec, BatchRows rows, DecodeShare share, Areas areas) {
    if (share.items() == 0) {
      return;
    }
    if (share.seen() * spec.groupSize() * spec.headDim() < nativeFrom) {
      RowAttention attention =
          inJava.computeIfAbsent(spec, unused -> new RowAttention(spec, softmax));
      for (int item = share.from(); item < share.to(); item++) {
        attention.attend(share.piece(item), share.kvHead(item), areas);
      }
      return;
    }
    GatheredAttention attention =
        gathered.computeIfAbsent(spec, unused -> new GatheredAttention(spec, softmax));
    int from = share.from();
    while (from < share.to()) {
      int to = end(share, from, spec.groupSize());
      attention.attend(rows, share.range(from, to), areas);
      from = to;
    }
  }

  /** Returns the end of the items from {@code from} on that one call takes: at least one. */
  private int end(DecodeShare share, int from, int groupSize) {
    int to = from;
    long sum = 0;
    do {
      sum += (long) share.piece(to).seen() * groupSize;
      to++;
    } while (to < share.to() && sum + (long) share.piece(to).seen() * groupSize <= mostRows);
    return to;
  }

  @Override
  public void close() {
    gathered.values().forEach(GatheredAttention::close);
    gathered.clear();
  }
}
