package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.shard.FlatShards;

/**
 * A model whose weights are divided among ranks: a {@link ShardedUnit} for each layer, and one for
 * embedding, final norm and head. All ranks call the same methods in the same order.
 */
final class ShardedModel implements PassedModel, AutoCloseable {
  private final ModelSpec spec;
  private final DType dtype;
  private final Device device;
  private final ImmutableList<ShardedUnit> layers;
  private final ShardedUnit outside;
  private final Exchanges exchanges;

  /** Layers that are being gathered before their turn. */
  private final Map<Integer, Gathering> early = new HashMap<>();

  private final NamedTensors pieces;
  private final Resources held;

  /**
   * Divides the weights that rank 0 has.
   *
   * @param dtype in which the model computes
   * @param device where
   * @param ofRank0 on rank 0 the tensors by their names; not looked at elsewhere
   */
  ShardedModel(
      Communicator ranks, ModelSpec spec, DType dtype, Device device, Map<String, Tensor> ofRank0) {
    this.spec = spec;
    this.dtype = dtype;
    this.device = device;
    try (Resources made = new Resources()) {
      this.exchanges = made.add(new Exchanges(device), Exchanges::close);
      this.outside =
          made.add(
              new ShardedUnit(
                  ranks, exchanges, "", spec.nonBlockTensorShapes(), dtype, device, ofRank0),
              ShardedUnit::close);
      ImmutableList.Builder<ShardedUnit> all = ImmutableList.builder();
      for (int layer = 0; layer < spec.layers(); layer++) {
        all.add(
            made.add(
                new ShardedUnit(
                    ranks,
                    exchanges,
                    ModelSpec.layerPrefix(layer),
                    spec.block(layer).tensorShapes(spec.width()),
                    dtype,
                    device,
                    ofRank0),
                ShardedUnit::close));
      }
      this.layers = all.build();
      ImmutableMap.Builder<String, Tensor> named = ImmutableMap.builder();
      units().forEach(unit -> named.putAll(unit.pieces().asMap()));
      this.pieces = made.add(NamedTensors.of(named.buildOrThrow()), NamedTensors::close);
      this.held = made.complete();
    }
  }

  private Iterable<ShardedUnit> units() {
    return Iterables.concat(ImmutableList.of(outside), layers);
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public Device device() {
    return device;
  }

  /** Returns all that this rank has, by the names of the tensors; it belongs to this object. */
  NamedTensors pieces() {
    return pieces;
  }

  /** Returns which elements of each tensor a rank has. */
  ImmutableMap<String, FlatShards.Piece> pieces(int rank) {
    ImmutableMap.Builder<String, FlatShards.Piece> all = ImmutableMap.builder();
    units().forEach(unit -> all.putAll(unit.pieces(rank)));
    return all.buildOrThrow();
  }

  /** Returns the unit of a layer; it belongs to this object. */
  ShardedUnit layer(int layer) {
    return layers.get(layer);
  }

  /** Gathers what lies outside the layers, as a model whose layers do nothing. */
  GatheredUnit<HeterogeneousModel> gatheredOutside(int parts) {
    ModelSpec without =
        spec.withBlocks(ImmutableList.copyOf(Collections.nCopies(spec.layers(), BlockSpec.NO_OP)));
    return new GatheredUnit<>(
        outside,
        outside.gather(),
        parts,
        leaves -> HeterogeneousModel.of(without, leaves),
        HeterogeneousModel::close);
  }

  /**
   * Gathers a layer.
   *
   * @param outside for the rotary tables of each part; open
   */
  GatheredUnit<Block> gatheredLayer(int layer, GatheredUnit<HeterogeneousModel> outside) {
    return gatheredLayer(layer, outside.users());
  }

  private GatheredUnit<Block> gatheredLayer(int layer, ImmutableList<HeterogeneousModel> outside) {
    return new GatheredUnit<>(
        layers.get(layer),
        gathering(layer),
        outside.size(),
        leaves -> new Block(spec.block(layer), leaves, outside.get(0).rotary(), spec.rmsNormEps()),
        Block::close);
  }

  private Gathering gathering(int layer) {
    Gathering begun = early.remove(layer);
    return begun != null ? begun : layers.get(layer).gather();
  }

  /** Begins to gather a layer, if that goes on beside other work. */
  @Override
  public void ahead(int layer) {
    if (exchanges.besideWork() && layer >= 0 && layer < layers.size()) {
      early.computeIfAbsent(layer, next -> layers.get(next).gather());
    }
  }

  @Override
  public HeterogeneousModel outside(Resources until) {
    return until.add(gatheredOutside(1), GatheredUnit::close).of(0);
  }

  @Override
  public Block block(int layer, HeterogeneousModel outside, Resources until) {
    return until.add(gatheredLayer(layer, ImmutableList.of(outside)), GatheredUnit::close).of(0);
  }

  /**
   * Returns this model with the embedding, final norm and head of {@code whole}, which is the same
   * model on the same device, in place of gathered ones; both stay their owners'.
   */
  PassedModel withOutside(HeterogeneousModel whole) {
    ShardedModel layersOf = this;
    return new PassedModel() {
      @Override
      public ModelSpec spec() {
        return spec;
      }

      @Override
      public DType dtype() {
        return dtype;
      }

      @Override
      public Device device() {
        return device;
      }

      @Override
      public HeterogeneousModel outside(Resources until) {
        return whole;
      }

      @Override
      public Block block(int layer, HeterogeneousModel outside, Resources until) {
        return layersOf.block(layer, outside, until);
      }

      @Override
      public void ahead(int layer) {
        layersOf.ahead(layer);
      }
    };
  }

  /**
   * Gathers everything, a unit at a time.
   *
   * @param wanted whether this rank keeps it
   * @return the tensors in host memory, held by the caller; none where they are not wanted
   */
  NamedTensors gathered(boolean wanted) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
      for (ShardedUnit unit : units()) {
        try (Gathering whole = unit.gather()) {
          if (wanted) {
            whole
                .tensors()
                .asMap()
                .forEach(
                    (name, tensor) ->
                        all.put(
                            unit.prefix() + name, Tensors.move(tensor, Device.CPU, dtype).clone()));
          }
        }
      }
      return NamedTensors.of(all.buildOrThrow());
    }
  }

  @Override
  public void close() {
    early.values().forEach(Gathering::close);
    early.clear();
    held.close();
  }
}
