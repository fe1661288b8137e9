package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * A unit as one batch uses it: its tensors gathered once, and for each part of the batch leaves
 * over them and what computes with these. Its memory ends with it and with the graphs of gradients.
 *
 * @param <T> what computes
 */
final class GatheredUnit<T> implements AutoCloseable {
  private final ShardedUnit unit;
  private final ImmutableList<NamedTensors> leaves;
  private final ImmutableList<T> users;
  private final Resources held;

  /**
   * Takes what was gathered of the unit.
   *
   * @param gathering closed by this
   * @param parts of this rank's batch; 0 where it has none
   * @param user makes what computes with leaves, which it takes a share in
   * @param close closes that
   */
  GatheredUnit(
      ShardedUnit unit,
      Gathering gathering,
      int parts,
      Function<NamedTensors, T> user,
      Consumer<T> close) {
    this.unit = unit;
    try (Resources made = new Resources();
        Gathering ended = gathering) {
      NamedTensors whole = ended.tensors();
      ImmutableList.Builder<NamedTensors> allLeaves = ImmutableList.builder();
      ImmutableList.Builder<T> allUsers = ImmutableList.builder();
      for (int part = 0; part < parts; part++) {
        NamedTensors own = made.add(leaves(whole), NamedTensors::close);
        allLeaves.add(own);
        allUsers.add(made.add(user.apply(own), close));
      }
      this.leaves = allLeaves.build();
      this.users = allUsers.build();
      this.held = made.complete();
    }
  }

  private static NamedTensors leaves(NamedTensors whole) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> leaves = ImmutableMap.builder();
      for (Map.Entry<String, Tensor> entry : whole.asMap().entrySet()) {
        Tensor leaf = entry.getValue().detach();
        leaf.set_requires_grad(true);
        leaves.put(entry.getKey(), leaf);
      }
      return NamedTensors.of(leaves.buildOrThrow());
    }
  }

  /** Returns what computes a part. */
  T of(int part) {
    return users.get(part);
  }

  /** Returns what computes each part, by its number. */
  ImmutableList<T> users() {
    return users;
  }

  /** Begins to add the gradients of all parts and ranks; see {@link ShardedUnit#reduce}. */
  Reduction reduce() {
    return unit.reduce(leaves);
  }

  @Override
  public void close() {
    held.close();
  }
}
