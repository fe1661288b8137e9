package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.KvCacheSpec;
import org.nemotron.core.spec.Shapes;

/**
 * How {@code degree} ranks divide what layers hold. Immutable.
 *
 * <p>Projections to heads and to channels are divided by rows of {@code [out, in]}, those back by
 * columns, a linear layer by its inputs: every rank then has a partial sum of the sub-block's
 * output, and one all-reduce makes it whole. Norms, and the bias of an output projection, are on
 * every rank. Nothing needs to be divisible by the degree.
 *
 * <p>Source: Shoeybi et al., arXiv:1909.08053 (Megatron-LM), for layers that differ.
 *
 * @param degree how many ranks compute a model together; 1: nothing is divided
 */
public record TensorParallel(int degree) {
  /** One rank by itself. */
  public static final TensorParallel NONE = new TensorParallel(1);

  /** Checks that there is a rank. */
  public TensorParallel {
    checkArgument(degree > 0, "degree (%s) must be positive", degree);
  }

  /** Returns what a rank holds of an attention's tensors, by their names below a layer. */
  public ImmutableMap<String, TensorSlice> slices(AttentionSpec attention, int width, int rank) {
    return attention.accept(new SubBlockSlices(width, rank, degree));
  }

  /** Returns what a rank holds of an FFN's tensors, by their names below a layer. */
  public ImmutableMap<String, TensorSlice> slices(FfnSpec ffn, int width, int rank) {
    return ffn.accept(new SubBlockSlices(width, rank, degree));
  }

  /** Returns what a rank holds of a block's tensors, by their names below a layer. */
  public ImmutableMap<String, TensorSlice> slices(BlockSpec block, int width, int rank) {
    return ImmutableMap.<String, TensorSlice>builder()
        .putAll(slices(block.attention(), width, rank))
        .putAll(slices(block.ffn(), width, rank))
        .buildOrThrow();
  }

  /** Returns what a rank keeps of the tokens that an attention has seen: its own heads' part. */
  public KvCacheSpec kvCache(AttentionSpec attention, int rank) {
    return attention
        .kvCache()
        .accept(
            new KvCacheSpec.Visitor<>() {
              @Override
              public KvCacheSpec visit(KvCacheSpec.Full cache) {
                long heads =
                    HeadShare.of(attention.queryHeads(), cache.kvHeads(), rank, degree)
                        .kvHeads()
                        .size();
                return heads == 0
                    ? new KvCacheSpec.None()
                    : new KvCacheSpec.Full(Math.toIntExact(heads), cache.headDim());
              }

              @Override
              public KvCacheSpec visit(KvCacheSpec.None cache) {
                return cache;
              }
            });
  }

  /** Returns the number of an attention's parameters that a rank holds, its norm included. */
  public long parameters(AttentionSpec attention, int width, int rank) {
    return elements(attention.tensorShapes(width), slices(attention, width, rank));
  }

  /** Returns the number of an FFN's parameters that a rank holds, its norm included. */
  public long parameters(FfnSpec ffn, int width, int rank) {
    return elements(ffn.tensorShapes(width), slices(ffn, width, rank));
  }

  /** Returns the same of the rank that holds most of this attention. */
  public long mostParameters(AttentionSpec attention, int width) {
    return most(rank -> parameters(attention, width, rank));
  }

  /** Returns the same of the rank that holds most of this FFN. */
  public long mostParameters(FfnSpec ffn, int width) {
    return most(rank -> parameters(ffn, width, rank));
  }

  /**
   * Returns the KV cache of one sequence in this attention, in bytes, of the rank that keeps most:
   * {@code max(1, kvHeads / degree)} heads, rounded up.
   *
   * @param contextTokens tokens seen so far
   * @param dtypeBytes bytes of an element
   */
  public long mostKvCacheBytes(AttentionSpec attention, long contextTokens, int dtypeBytes) {
    return most(rank -> kvCache(attention, rank).bytes(contextTokens, dtypeBytes));
  }

  /** Returns the rows of a vocabulary that a rank holds, of the embedding and of the head. */
  public IndexRange vocabulary(int rows, int rank) {
    return IndexRange.share(rows, rank, degree);
  }

  /** Returns how many sums over all ranks a block needs, whatever the tokens of a step. */
  public int sums(BlockSpec block) {
    return degree == 1 ? 0 : (block.attention().isNoOp() ? 0 : 1) + (block.ffn().isNoOp() ? 0 : 1);
  }

  static long elements(
      ImmutableMap<String, ImmutableList<Long>> shapes, ImmutableMap<String, TensorSlice> slices) {
    return slices.entrySet().stream()
        .mapToLong(entry -> sliceElements(shapes, entry.getKey(), entry.getValue()))
        .reduce(0L, Math::addExact);
  }

  private static long sliceElements(
      ImmutableMap<String, ImmutableList<Long>> shapes, String name, TensorSlice slice) {
    return Shapes.elements(slice.shape(shapes.getOrDefault(name, ImmutableList.of())));
  }

  private long most(IntToLongFunction ofRank) {
    return IntStream.range(0, degree).mapToLong(ofRank).max().orElseThrow();
  }
}
