package org.nemotron.core.activation;

import static com.google.common.base.Preconditions.checkState;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ContiguousSet;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.RotaryEmbedding;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;

/**
 * A model's layers on the device where they are computed: the model's own if they lie there, else
 * copies in the model's element type that come one after the other, so that a model may be larger
 * than the device.
 *
 * <p>While a layer is computed, the one behind it is copied by another thread, on a stream of its
 * own. Layers that are {@linkplain #keep kept} stay until others are; of the rest, only the latest
 * and the one under way are there.
 *
 * <p>Safe for use by several threads as far as they ask for kept layers.
 */
public final class LayerStreamer implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, D = model width.

  private final HeterogeneousModel model;
  private final Device device;
  private final Optional<Copies> copies;
  private int keptFrom;
  private int keptTo;
  private boolean closed;

  private LayerStreamer(HeterogeneousModel model, Device device, Optional<Copies> copies) {
    this.model = model;
    this.device = device;
    this.copies = copies;
  }

  /** Returns a feed of {@code model} where it computes; the model stays the caller's. */
  public static LayerStreamer of(HeterogeneousModel model) {
    return of(model, model.device());
  }

  /** Returns a feed of {@code model} on {@code device}; the model stays the caller's. */
  public static LayerStreamer of(HeterogeneousModel model, Device device) {
    if (!model.device().equals(device)) {
      return streamed(model, device);
    }
    return model.offloaded().isEmpty()
        ? new LayerStreamer(model, device, Optional.empty())
        : copying(model, device, model.offloaded());
  }

  /** Returns a feed of copies, wherever {@code model} lies. */
  public static LayerStreamer streamed(HeterogeneousModel model, Device device) {
    return copying(model, device, ContiguousSet.closedOpen(0, model.spec().layers()));
  }

  private static LayerStreamer copying(
      HeterogeneousModel model, Device device, Set<Integer> layers) {
    return new LayerStreamer(
        model, device, Optional.of(new Copies(model, device, ImmutableSet.copyOf(layers))));
  }

  /** Returns where the layers are computed. */
  public Device device() {
    return device;
  }

  /** Returns the element type of the residual stream. */
  public DType dtype() {
    return model.dtype();
  }

  /** Returns the model width. */
  public int width() {
    return model.spec().width();
  }

  /** Returns the bytes of the largest layer that is copied; 0 where all are there. */
  public long copiedLayerBytes() {
    checkOpen();
    return copies.isEmpty()
        ? 0
        : copies.get().copied.stream()
            .mapToLong(layer -> Shapes.elements(shapes(layer).values()) * dtype().bytes())
            .max()
            .orElse(0);
  }

  private ImmutableMap<String, ImmutableList<Long>> shapes(int layer) {
    return model.spec().block(layer).tensorShapes(width());
  }

  /** Returns the rotary tables there; they belong to this object or to the model. */
  public RotaryEmbedding rotary() {
    checkOpen();
    return copies.map(present -> present.rotary).orElse(model.rotary());
  }

  /**
   * Returns the input of layer 0 on the device.
   *
   * @param idsBT {@code [B, T]} token ids, int64
   */
  public Tensor embed(Tensor idsBT) {
    checkOpen();
    return Tensors.toDevice(model.embed(idsBT), device);
  }

  /** Lets layers {@code from} to {@code to} (exclusive) stay once they are there, and no others. */
  public synchronized void keep(int from, int to) {
    checkOpen();
    keptFrom = from;
    keptTo = to;
  }

  /** Returns a layer; valid until another is asked for, or while it is kept. */
  public synchronized Block block(int layer) {
    checkOpen();
    if (copies.isEmpty() || !copies.get().copied.contains(layer)) {
      return model.block(layer);
    }
    Copies there = copies.get();
    if (there.asked.add(layer)) {
      there.letGo(other -> other != layer && (other < keptFrom || other >= keptTo));
    }
    Block block = there.block(layer);
    if (there.copied.contains(layer + 1)) {
      there.fetch(layer + 1);
    }
    return block;
  }

  /**
   * Returns the residual stream after layers {@code from} (inclusive) to {@code to} (exclusive).
   *
   * @param hiddenBTD {@code [B, T, D]}, the input of layer {@code from}
   */
  public Tensor through(Tensor hiddenBTD, int from, int to, TensorThreads sideBySide) {
    Tensor hidden = NativeScope.keep(hiddenBTD);
    try (NativeScope scope = NativeScope.open()) {
      for (int layer = from; layer < to; layer++) {
        Block block = block(layer);
        Tensor before = hidden;
        hidden =
            NativeScope.keep(
                NativeScope.only(() -> HiddenStates.through(block, before, sideBySide)));
        NativeScope.release(before);
      }
      return scope.handOver(hidden);
    } finally {
      NativeScope.release(hidden);
    }
  }

  private synchronized void checkOpen() {
    checkState(!closed, "these layers are closed");
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      copies.ifPresent(Copies::close);
    }
  }

  /** Which layers are meant. */
  private interface Layers {
    boolean has(int layer);
  }

  /** Copies of layers, and the thread that makes them. */
  private static final class Copies implements AutoCloseable {
    private final HeterogeneousModel model;
    private final Device device;
    private final ImmutableSet<Integer> copied;
    private final RotaryEmbedding rotary;
    private final Optional<CudaStream> uploads;
    private final ExecutorService thread =
        Executors.newSingleThreadExecutor(
            new ThreadFactoryBuilder().setNameFormat("layers-%d").setDaemon(true).build());
    private final Map<Integer, Future<Block>> blocks = new HashMap<>();
    private final Set<Integer> asked = new HashSet<>();

    Copies(HeterogeneousModel model, Device device, ImmutableSet<Integer> copied) {
      this.model = model;
      this.device = device;
      this.copied = copied;
      this.rotary =
          new RotaryEmbedding(
              model.spec().rope(),
              model.spec().headDim(),
              model.spec().maxPositions(),
              model.dtype(),
              device);
      this.uploads =
          device.equals(Device.CPU)
              ? Optional.empty()
              : Optional.of(new CudaStream(Gpu.of(device)));
    }

    void fetch(int layer) {
      blocks.computeIfAbsent(layer, key -> thread.submit(() -> copy(key)));
    }

    Block block(int layer) {
      fetch(layer);
      return Futures.getUnchecked(verifyNotNull(blocks.get(layer)));
    }

    private Block copy(int layer) {
      Block block = model.block(layer);
      try (NoGradGuard constants = new NoGradGuard();
          NamedTensors own = NamedTensors.of(block.tensors());
          NamedTensors there = uploads.isPresent() ? uploaded(own) : own.map(this::cloned)) {
        return new Block(block.spec(), there, rotary, model.spec().rmsNormEps());
      }
    }

    private Tensor cloned(Tensor tensor) {
      return DType.of(tensor) == model.dtype()
          ? tensor.clone()
          : Tensors.cast(tensor, model.dtype());
    }

    private NamedTensors uploaded(NamedTensors own) {
      CudaStream stream = uploads.orElseThrow();
      try (CudaStream.Use use = stream.use()) {
        NamedTensors there =
            own.map(tensor -> Tensors.cast(Tensors.toDevice(tensor, device), model.dtype()));
        stream.synchronize();
        return there;
      }
    }

    /** The memory may be given to the next copy at once: what reads it must have ended. */
    void letGo(Layers unwanted) {
      boolean waited = false;
      for (Iterator<Map.Entry<Integer, Future<Block>>> all = blocks.entrySet().iterator();
          all.hasNext(); ) {
        Map.Entry<Integer, Future<Block>> entry = all.next();
        if (unwanted.has(entry.getKey())) {
          if (!waited && uploads.isPresent()) {
            Gpu.of(device).synchronize();
            waited = true;
          }
          Futures.getUnchecked(entry.getValue()).close();
          asked.remove(entry.getKey());
          all.remove();
        }
      }
    }

    @Override
    public void close() {
      letGo(layer -> true);
      thread.shutdown();
      uploads.ifPresent(CudaStream::close);
      rotary.close();
    }
  }
}
