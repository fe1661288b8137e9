package org.nemotron.core.activation;

import com.google.common.base.VerifyException;
import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;

/**
 * What a model computes for one batch, at every hidden state between the sub-blocks of some of its
 * layers: training and scoring of all replacements start from this. Owned by the scope it was made
 * in.
 *
 * @param device where {@link #hiddenState} and {@link #middle} give tensors
 * @param firstLayer the first of the layers
 * @param hiddenStatesBTD the input of every layer, then the output of the last: one more than
 *     layers, {@code [B, T, D]}
 * @param middlesBTD the stream between attention and FFN of every layer, {@code [B, T, D]}
 */
public record HiddenStates(
    Device device,
    int firstLayer,
    ImmutableList<Tensor> hiddenStatesBTD,
    ImmutableList<Tensor> middlesBTD) {

  /** Where the tensors lie until they are asked for. */
  public enum Place {
    /** Where they were computed. */
    DEVICE,
    /** In the machine's memory: a GPU keeps only what it works on. */
    HOST
  }

  /**
   * Runs {@code model} once.
   *
   * @param idsBT {@code [B, T]} token ids, int64
   */
  public static HiddenStates of(HeterogeneousModel model, Tensor idsBT) {
    return of(model::block, model.embed(idsBT), 0, model.spec().layers(), Place.DEVICE);
  }

  /** Runs {@code model} once, as the other {@code of} with all layers. */
  public static HiddenStates of(HeterogeneousModel model, Tensor idsBT, TensorThreads sideBySide) {
    return of(model, idsBT, sideBySide, Place.DEVICE);
  }

  /** Runs {@code model} once, as the other {@code of} with all layers. */
  public static HiddenStates of(
      HeterogeneousModel model, Tensor idsBT, TensorThreads sideBySide, Place place) {
    Tensor firstBTD = model.embed(idsBT);
    return of(model::block, firstBTD, 0, model.spec().layers(), sideBySide, place);
  }

  /**
   * Runs some layers once; on the CPU, the sequences of the batch side by side.
   *
   * <p>There every sequence is computed by itself, so that the result does not depend on how many
   * threads there are.
   *
   * @param blocks gives each layer, on the device of {@code inputBTD}
   * @param inputBTD {@code [B, T, D]}, the input of layer {@code from}
   * @param from the first layer
   * @param to behind the last layer
   */
  public static HiddenStates of(
      IntFunction<Block> blocks,
      Tensor inputBTD,
      int from,
      int to,
      TensorThreads sideBySide,
      Place place) {
    if (inputBTD.is_cuda()) {
      return of(blocks, inputBTD, from, to, place);
    }
    int sequences = Math.toIntExact(inputBTD.size(0));
    List<Integer> rows = IntStream.range(0, sequences).boxed().toList();
    List<List<Tensor>> streams = new ArrayList<>();
    rows.forEach(row -> streams.add(new ArrayList<>()));
    sideBySide.forEach(
        rows,
        row -> {
          try (NoGradGuard inference = new NoGradGuard()) {
            HiddenStates own = of(blocks, inputBTD.narrow(0, row, 1), from, to, place);
            own.hiddenStatesBTD().forEach(tensor -> streams.get(row).add(NativeScope.keep(tensor)));
            own.middlesBTD().forEach(tensor -> streams.get(row).add(NativeScope.keep(tensor)));
          }
        });
    int hiddenStates = to - from + 1;
    ImmutableList<Tensor> joined = joined(streams);
    return new HiddenStates(
        Device.CPU,
        from,
        joined.subList(0, hiddenStates),
        joined.subList(hiddenStates, joined.size()));
  }

  /** Returns the stream behind one layer, computed as {@link #of} does. */
  static Tensor through(Block block, Tensor inputBTD, TensorThreads sideBySide) {
    return of(layer -> block, inputBTD, 0, 1, sideBySide, Place.DEVICE).lastBTD();
  }

  private static HiddenStates of(
      IntFunction<Block> blocks, Tensor inputBTD, int from, int to, Place place) {
    return switch (place) {
      case DEVICE -> onDevice(blocks, inputBTD, from, to);
      case HOST -> onHost(blocks, inputBTD, from, to);
    };
  }

  private static HiddenStates onDevice(
      IntFunction<Block> blocks, Tensor inputBTD, int from, int to) {
    ImmutableList.Builder<Tensor> hiddenStates = ImmutableList.builder();
    ImmutableList.Builder<Tensor> middles = ImmutableList.builder();
    Tensor hidden = inputBTD;
    hiddenStates.add(hidden);
    for (int layer = from; layer < to; layer++) {
      Block block = blocks.apply(layer);
      Tensor before = hidden;
      Tensor middle = NativeScope.only(() -> block.attention().forward(before));
      hidden = NativeScope.only(() -> block.ffn().forward(middle));
      middles.add(middle);
      hiddenStates.add(hidden);
    }
    return new HiddenStates(Tensors.device(inputBTD), from, hiddenStates.build(), middles.build());
  }

  /**
   * As {@link #onDevice}, but a layer's tensors leave the device before the next one's are made.
   */
  private static HiddenStates onHost(IntFunction<Block> blocks, Tensor inputBTD, int from, int to) {
    ImmutableList.Builder<Tensor> hiddenStates = ImmutableList.builder();
    ImmutableList.Builder<Tensor> middles = ImmutableList.builder();
    Tensor hidden = NativeScope.keep(inputBTD);
    try {
      hiddenStates.add(Tensors.toHost(hidden));
      for (int layer = from; layer < to; layer++) {
        try (NativeScope scope = NativeScope.open()) {
          Block block = blocks.apply(layer);
          Tensor before = hidden;
          Tensor middle = NativeScope.only(() -> block.attention().forward(before));
          Tensor after = NativeScope.only(() -> block.ffn().forward(middle));
          middles.add(scope.handOver(Tensors.toHost(middle)));
          hiddenStates.add(scope.handOver(Tensors.toHost(after)));
          hidden = NativeScope.keep(after);
          NativeScope.release(before);
        }
      }
    } finally {
      NativeScope.release(hidden);
    }
    return new HiddenStates(Tensors.device(inputBTD), from, hiddenStates.build(), middles.build());
  }

  private static ImmutableList<Tensor> joined(List<List<Tensor>> streams) {
    ImmutableList.Builder<Tensor> joined = ImmutableList.builder();
    for (int index = 0; index < streams.get(0).size(); index++) {
      List<Tensor> parts = new ArrayList<>();
      for (List<Tensor> stream : streams) {
        parts.add(stream.get(index));
      }
      joined.add(Tensors.joined(parts));
      parts.forEach(NativeScope::release);
    }
    return joined.build();
  }

  /** Returns the input of {@code layer}, or the output of the one before, on the device. */
  public Tensor hiddenState(int layer) {
    return Tensors.toDevice(hiddenStatesBTD.get(layer - firstLayer), device);
  }

  /** Returns the stream between attention and FFN of {@code layer}, on the device. */
  public Tensor middle(int layer) {
    return Tensors.toDevice(middlesBTD.get(layer - firstLayer), device);
  }

  /**
   * Returns where the first value that is NaN or infinite arose, for example {@code layer 3,
   * attention}; nothing where all are finite. Of what came into a first layer other than 0 it can
   * only say so.
   *
   * <p>The stream is a sum, so that what is not finite stays so: only the last hidden state is
   * looked at where all is well. The device is read, and so waited for.
   */
  public Optional<String> notFinite() {
    int end = firstLayer + middlesBTD.size();
    if (isFinite(this::lastBTD)) {
      return Optional.empty();
    }
    if (!isFinite(() -> hiddenState(firstLayer))) {
      return Optional.of(firstLayer == 0 ? "embedding" : "what comes into layer " + firstLayer);
    }
    for (int index = firstLayer; index < end; index++) {
      int layer = index;
      if (!isFinite(() -> middle(layer))) {
        return Optional.of("layer " + layer + ", attention");
      }
      if (!isFinite(() -> hiddenState(layer + 1))) {
        return Optional.of("layer " + layer + ", FFN");
      }
    }
    throw new VerifyException("the last hidden state must be that of the last layer");
  }

  /**
   * Returns this stream, all of which is finite.
   *
   * @param what which model and step this is, for the message
   * @throws NonFiniteException if a value is not; it names where the first one arose
   */
  @CanIgnoreReturnValue
  public HiddenStates checkFinite(String what) {
    Optional<String> where = notFinite();
    if (where.isPresent()) {
      throw new NonFiniteException(
          what
              + ": "
              + where.get()
              + " gives values that are not finite.\n"
              + "Maybe the weights are damaged, or the model overflows in this element type.");
    }
    return this;
  }

  private static boolean isFinite(Supplier<Tensor> tensor) {
    try (NativeScope scope = NativeScope.open()) {
      return Finiteness.of(tensor.get().detach().contiguous());
    }
  }

  /** Returns the output of the last layer, before the final norm, on the device. */
  public Tensor lastBTD() {
    return hiddenState(firstLayer + middlesBTD.size());
  }
}
