package org.nemotron.nas.shard;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.util.Map;

/**
 * Tensors in one row, divided among ranks: each tensor begins at a block of 256 elements, and each
 * rank has a slot of equally many consecutive blocks, of which the last may be beyond the row's
 * end. A slot has at most one piece of a tensor, and a piece begins at a block, so that what an
 * optimizer keeps for each block belongs to one rank.
 *
 * <p>Of {@code n} blocks and {@code r} ranks, rank {@code i} has those from {@code i * ceil(n / r)}
 * on, up to the next rank's first or the end.
 *
 * @param elements of each tensor, in the order of the row
 * @param ranks how many ranks
 */
public record FlatShards(ImmutableMap<String, Long> elements, int ranks) {
  /** Elements of a block. */
  public static final int BLOCK = 256;

  /** Checks the ranges. */
  public FlatShards {
    checkArgument(ranks > 0, "ranks (%s) must be positive", ranks);
    elements.forEach(
        (name, count) ->
            checkArgument(count > 0, "tensor %s: elements (%s) must be positive", name, count));
  }

  /**
   * Part of a tensor that one rank has.
   *
   * @param begin its first element in the tensor, a multiple of {@link #BLOCK}
   * @param end behind its last
   * @param offset of its first element in the rank's slot
   */
  public record Piece(long begin, long end, long offset) {
    /** Returns how many elements it has. */
    public long size() {
      return end - begin;
    }
  }

  private static long blocksOf(long count) {
    return (count + BLOCK - 1) / BLOCK;
  }

  /** Returns how many blocks the row has. */
  public long blocks() {
    return elements.values().stream().mapToLong(FlatShards::blocksOf).sum();
  }

  /** Returns how many elements a rank's slot has, those beyond the row's end included. */
  public long slotElements() {
    return (blocks() + ranks - 1) / ranks * BLOCK;
  }

  /** Returns how many elements all slots have. */
  public long wholeElements() {
    return ranks * slotElements();
  }

  /** Returns where each tensor begins in the row, in elements. */
  public ImmutableMap<String, Long> offsets() {
    ImmutableMap.Builder<String, Long> offsets = ImmutableMap.builder();
    long block = 0;
    for (Map.Entry<String, Long> tensor : elements.entrySet()) {
      offsets.put(tensor.getKey(), block * BLOCK);
      block += blocksOf(tensor.getValue());
    }
    return offsets.buildOrThrow();
  }

  /** Returns what a rank has, by the names of the tensors, in their order. */
  public ImmutableMap<String, Piece> pieces(int rank) {
    checkArgument(rank >= 0 && rank < ranks, "rank (%s) must be less than %s", rank, ranks);
    long slotBegin = rank * slotElements();
    long slotEnd = slotBegin + slotElements();
    ImmutableMap.Builder<String, Piece> pieces = ImmutableMap.builder();
    offsets()
        .forEach(
            (name, offset) -> {
              long begin = Math.max(0, slotBegin - offset);
              long end = Math.min(count(name), slotEnd - offset);
              if (begin < end) {
                pieces.put(name, new Piece(begin, end, offset + begin - slotBegin));
              }
            });
    return pieces.buildOrThrow();
  }

  private long count(String name) {
    return elements.getOrDefault(name, 0L);
  }
}
