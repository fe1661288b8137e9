package org.nemotron.nas.library;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Tensors;

/**
 * Attention with fewer key/value heads, made from the parent's; results belong to the current
 * scope.
 */
final class KvHeadWeights {
  // Shape letters in this file: D = model width, N = query heads, K = key/value heads of the
  // parent,
  // C = key/value heads of the child, H = head size.

  private static final String QUERY = "self_attn.q_proj.weight";
  private static final String KEY = "self_attn.k_proj.weight";
  private static final String VALUE = "self_attn.v_proj.weight";
  private static final String OUTPUT = "self_attn.o_proj.weight";
  private static final String NORM = "input_layernorm.weight";

  private KvHeadWeights() {}

  /**
   * Returns weights in which each key/value head is the mean of {@code K / C} neighbouring ones of
   * the parent.
   *
   * <p>Source: Ainslie et al., arXiv:2305.13245.
   */
  static ImmutableMap<String, Tensor> meanPooled(
      NamedTensors parent, AttentionSpec.GroupedQuery child) {
    return ImmutableMap.of(
        NORM, parent.get(NORM),
        QUERY, parent.get(QUERY),
        KEY, pooled(parent.get(KEY), child),
        VALUE, pooled(parent.get(VALUE), child),
        OUTPUT, parent.get(OUTPUT));
  }

  private static Tensor pooled(Tensor weight, AttentionSpec.GroupedQuery child) {
    long width = weight.size(1);
    long merged = weight.size(0) / child.headDim() / child.kvHeads();
    return weight
        .view(child.kvHeads(), merged, child.headDim(), width)
        .mean(1)
        .reshape((long) child.kvHeads() * child.headDim(), width);
  }

  /**
   * Returns weights with the best key/value heads of the parent. Each new group begins with the
   * query heads that read its head before; the query heads of the heads left out fill the rest of
   * the groups, their columns of the output projection zero.
   *
   * @param ranked the parent's key/value heads, most important first
   */
  static ImmutableMap<String, Tensor> best(
      NamedTensors parent, AttentionSpec.GroupedQuery child, ImmutableIntArray ranked) {
    int[] kept = ranked.subArray(0, child.kvHeads()).stream().sorted().toArray();
    int[] others = ranked.subArray(child.kvHeads(), ranked.length()).stream().sorted().toArray();
    int group = child.queryHeads() / ranked.length();
    List<Integer> queryOrder = new ArrayList<>();
    List<Boolean> effective = new ArrayList<>();
    int perKept = others.length / kept.length;
    for (int head = 0; head < kept.length; head++) {
      append(queryOrder, effective, kept[head], group, true);
      for (int spare = 0; spare < perKept; spare++) {
        append(queryOrder, effective, others[head * perKept + spare], group, false);
      }
    }
    int size = child.headDim();
    Tensor queryRows = rows(queryOrder.stream().mapToInt(Integer::intValue).toArray(), size);
    Tensor keyRows = rows(kept, size);
    float[] mask = new float[child.queryHeads() * size];
    for (int column = 0; column < mask.length; column++) {
      mask[column] = effective.get(column / size) ? 1 : 0;
    }
    Tensor output = parent.get(OUTPUT);
    return ImmutableMap.of(
        NORM, parent.get(NORM),
        QUERY, parent.get(QUERY).index_select(0, queryRows),
        KEY, parent.get(KEY).index_select(0, keyRows),
        VALUE, parent.get(VALUE).index_select(0, keyRows),
        OUTPUT,
            output
                .index_select(1, queryRows)
                .mul(
                    Tensors.move(
                        Tensors.of(mask, mask.length),
                        Tensors.device(output),
                        org.nemotron.core.tensor.DType.of(output))));
  }

  private static void append(
      List<Integer> order, List<Boolean> effective, int kvHead, int group, boolean kept) {
    for (int query = 0; query < group; query++) {
      order.add(kvHead * group + query);
      effective.add(kept);
    }
  }

  private static Tensor rows(int[] heads, int size) {
    long[] rows =
        IntStream.of(heads)
            .boxed()
            .flatMap(head -> IntStream.range(head * size, (head + 1) * size).boxed())
            .mapToLong(Integer::longValue)
            .toArray();
    return Tensors.of(rows, rows.length);
  }
}
