package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.primitives.Longs;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.shard.FlatShards;

/**
 * The tensors of one layer, or of all that lies outside the layers, divided among ranks: this rank
 * has its slot of {@link FlatShards}. All ranks call the same methods in the same order.
 *
 * <p>Source: Rajbhandari et al., arXiv:1910.02054 (ZeRO, stage 3).
 */
final class ShardedUnit implements AutoCloseable {
  private final Communicator ranks;
  private final Exchanges exchanges;
  private final String prefix;
  private final ImmutableMap<String, ImmutableList<Long>> shapes;
  private final FlatShards shards;
  private final DType dtype;
  private final Device device;

  /** {@code [slot]}: what this rank has. */
  private final Tensor slot;

  private final NamedTensors pieces;
  private final Resources held;

  /**
   * Divides the tensors that rank 0 has.
   *
   * @param exchanges by which it gathers and reduces
   * @param prefix of the names that the tensors have in the model
   * @param shapes of the tensors, by their names without it
   * @param ofRank0 on rank 0 the tensors by their names in the model; not looked at elsewhere
   */
  ShardedUnit(
      Communicator ranks,
      Exchanges exchanges,
      String prefix,
      ImmutableMap<String, ImmutableList<Long>> shapes,
      DType dtype,
      Device device,
      Map<String, Tensor> ofRank0) {
    this.ranks = ranks;
    this.exchanges = exchanges;
    this.prefix = prefix;
    this.shapes = shapes;
    this.dtype = dtype;
    this.device = device;
    this.shards =
        new FlatShards(
            ImmutableMap.copyOf(Maps.transformValues(shapes, Shapes::elements)), ranks.size());
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Tensor whole = Tensors.zeros(device, dtype, shards.wholeElements());
      if (ranks.rank() == 0) {
        shards
            .offsets()
            .forEach(
                (name, offset) ->
                    view(whole, name, offset)
                        .copy_(
                            verifyNotNull(ofRank0.get(prefix + name), prefix + name).detach(),
                            false));
      }
      if (!isEmpty()) {
        ranks.broadcast(whole, 0);
      }
      this.slot =
          made.add(
              NativeScope.keep(
                  whole
                      .narrow(0, ranks.rank() * shards.slotElements(), shards.slotElements())
                      .clone()),
              NativeScope::release);
      this.pieces =
          made.add(
              NamedTensors.of(
                  Maps.transformValues(pieces(ranks.rank()), piece -> leaf(part(slot, piece)))),
              NamedTensors::close);
      this.held = made.complete();
    }
  }

  private static Tensor part(Tensor slot, FlatShards.Piece piece) {
    return slot.narrow(0, piece.offset(), piece.size());
  }

  private static Tensor leaf(Tensor tensor) {
    Tensor leaf = tensor.detach();
    leaf.set_requires_grad(true);
    return leaf;
  }

  private Tensor view(Tensor whole, String name, long offset) {
    ImmutableList<Long> shape = verifyNotNull(shapes.get(name), name);
    return whole.narrow(0, offset, Shapes.elements(shape)).view(Longs.toArray(shape));
  }

  /** Returns what stands before the names of the tensors in the model. */
  String prefix() {
    return prefix;
  }

  /** Returns whether there are no tensors, as in a layer that does nothing. */
  boolean isEmpty() {
    return shapes.isEmpty();
  }

  /** Returns which elements of each tensor a rank has, by the names in the model. */
  ImmutableMap<String, FlatShards.Piece> pieces(int rank) {
    ImmutableMap.Builder<String, FlatShards.Piece> named = ImmutableMap.builder();
    shards.pieces(rank).forEach((name, piece) -> named.put(prefix + name, piece));
    return named.buildOrThrow();
  }

  /**
   * Returns this rank's pieces of the tensors, in one dimension, by the names in the model: leaves
   * that are trained. They belong to this object.
   */
  NamedTensors pieces() {
    return pieces;
  }

  /** Returns the bytes of the whole unit. */
  long wholeBytes() {
    return shards.wholeElements() * dtype.bytes();
  }

  /**
   * Begins to gather the whole tensors from all ranks.
   *
   * @return views over one tensor, by their names without the prefix, closed by the caller; they do
   *     not change with the pieces
   */
  Gathering gather() {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard frozen = new NoGradGuard()) {
      Tensor whole = Tensors.uninitialized(device, dtype, shards.wholeElements());
      ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
      shards.offsets().forEach((name, offset) -> tensors.put(name, view(whole, name, offset)));
      return new Gathering(
          NamedTensors.of(tensors.buildOrThrow()),
          isEmpty() ? Exchanges.NONE : exchanges.start(() -> ranks.allGather(whole, slot)));
    }
  }

  /**
   * Begins to add the gradients of all parts of the batch on all ranks; the end of that adds to
   * those of each piece those of its elements, in float32, zeros for tensors that have none.
   *
   * @param parts the tensors, gathered, with this rank's gradients; one holder for each part
   */
  Reduction reduce(List<NamedTensors> parts) {
    if (isEmpty()) {
      return new Reduction(new Resources(), () -> {});
    }
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Tensor whole =
          made.add(
              NativeScope.keep(
                  Tensors.uninitialized(device, DType.FLOAT32, shards.wholeElements())),
              NativeScope::release);
      Tensor own =
          made.add(
              NativeScope.keep(Tensors.uninitialized(device, DType.FLOAT32, shards.slotElements())),
              NativeScope::release);
      shards
          .offsets()
          .forEach((name, offset) -> sumGradients(view(whole, name, offset), name, parts));
      Exchanges.Exchange exchange =
          made.add(
              exchanges.start(() -> ranks.reduceScatter(own, whole)), Exchanges.Exchange::close);
      return new Reduction(
          made.complete(),
          () -> {
            exchange.close();
            takeGradients(own);
          });
    }
  }

  private void takeGradients(Tensor slotOfSum) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      pieces(ranks.rank()).forEach((name, piece) -> add(pieces.get(name), part(slotOfSum, piece)));
    }
  }

  private static void add(Tensor piece, Tensor gradient) {
    if (piece.grad().defined()) {
      piece.grad().add_(gradient);
    } else {
      piece.mutable_grad().put(gradient);
    }
  }

  private static void sumGradients(Tensor sum, String name, List<NamedTensors> parts) {
    boolean begun = false;
    for (NamedTensors part : parts) {
      Tensor tensor = part.get(name);
      if (tensor.grad().defined()) {
        Tensor unused = begun ? sum.add_(tensor.grad()) : sum.copy_(tensor.grad(), false);
        begun = true;
        tensor.mutable_grad().reset();
      }
    }
    if (!begun) {
      sum.zero_();
    }
  }

  @Override
  public void close() {
    held.close();
  }
}
