package org.nemotron.nas.library;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
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

  private static final String OUTPUT = "self_attn.o_proj.weight";

  private static final ImmutableSet<String> QUERIES =
      ImmutableSet.of("self_attn.q_proj.weight", "self_attn.q_proj.bias");
  private static final ImmutableSet<String> KEYS_AND_VALUES =
      ImmutableSet.of(
          "self_attn.k_proj.weight",
          "self_attn.k_proj.bias",
          "self_attn.v_proj.weight",
          "self_attn.v_proj.bias");

  private KvHeadWeights() {}

  /**
   * Returns weights in which each key/value head is the mean of {@code K / C} neighboring ones of
   * the parent, biases included; norms of heads are the same for all heads and stay.
   *
   * <p>Source: Ainslie et al., arXiv:2305.13245.
   */
  static ImmutableMap<String, Tensor> meanPooled(
      NamedTensors parent, AttentionSpec.GroupedQuery child) {
    return replaced(
        parent, (name, tensor) -> KEYS_AND_VALUES.contains(name) ? pooled(tensor, child) : tensor);
  }

  /** Returns the parent's tensors, each as {@code change} makes it. */
  private static ImmutableMap<String, Tensor> replaced(
      NamedTensors parent, BiFunction<String, Tensor, Tensor> change) {
    ImmutableMap.Builder<String, Tensor> changed = ImmutableMap.builder();
    parent.asMap().forEach((name, tensor) -> changed.put(name, change.apply(name, tensor)));
    return changed.buildOrThrow();
  }

  /** Returns the mean of neighboring heads of a projection or a bias. */
  private static Tensor pooled(Tensor rows, AttentionSpec.GroupedQuery child) {
    long merged = rows.size(0) / child.headDim() / child.kvHeads();
    Tensor mean = rows.view(child.kvHeads(), merged, child.headDim(), -1).mean(1).flatten(0, 1);
    return rows.dim() == 1 ? mean.flatten() : mean;
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
    Device device = Tensors.device(parent.get(OUTPUT));
    int[] queries = queryOrder.stream().mapToInt(Integer::intValue).toArray();
    Tensor queryRows = Tensors.move(rows(queries, size), device, DType.INT64);
    Tensor keyRows = Tensors.move(rows(kept, size), device, DType.INT64);
    float[] mask = new float[child.queryHeads() * size];
    for (int column = 0; column < mask.length; column++) {
      mask[column] = effective.get(column / size) ? 1 : 0;
    }
    Tensor output = parent.get(OUTPUT);
    Tensor effectiveColumns = Tensors.move(Tensors.of(mask, mask.length), device, DType.of(output));
    return replaced(
        parent,
        (name, tensor) -> {
          if (name.equals(OUTPUT)) {
            return tensor.index_select(1, queryRows).mul(effectiveColumns);
          }
          if (QUERIES.contains(name)) {
            return tensor.index_select(0, queryRows);
          }
          return KEYS_AND_VALUES.contains(name) ? tensor.index_select(0, keyRows) : tensor;
        });
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
