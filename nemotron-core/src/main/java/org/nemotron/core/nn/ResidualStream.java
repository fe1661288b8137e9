package org.nemotron.core.nn;

import com.google.common.base.VerifyException;
import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.SideBySide;

/**
 * What a model computes for one batch, at every seam between its sub-blocks: training and scoring
 * of all replacements start from this. Owned by the scope it was made in.
 *
 * @param seamsBTD the input of every layer, then the output of the last: {@code layers + 1} tensors
 *     {@code [B, T, D]}
 * @param middlesBTD the stream between attention and network of every layer, {@code [B, T, D]}
 */
public record ResidualStream(ImmutableList<Tensor> seamsBTD, ImmutableList<Tensor> middlesBTD) {
  /**
   * Runs {@code model} once.
   *
   * @param idsBT {@code [B, T]} token ids, int64
   */
  public static ResidualStream of(HeterogeneousModel model, Tensor idsBT) {
    ImmutableList.Builder<Tensor> seams = ImmutableList.builder();
    ImmutableList.Builder<Tensor> middles = ImmutableList.builder();
    Tensor hidden = model.embed(idsBT);
    seams.add(hidden);
    for (int layer = 0; layer < model.spec().layers(); layer++) {
      Block block = model.block(layer);
      Tensor before = hidden;
      Tensor middle = NativeScope.only(() -> block.attention().forward(before));
      hidden = NativeScope.only(() -> block.ffn().forward(middle));
      middles.add(middle);
      seams.add(hidden);
    }
    return new ResidualStream(seams.build(), middles.build());
  }

  /**
   * Runs {@code model} once; on the CPU, the sequences of the batch side by side.
   *
   * <p>There every sequence is computed by itself, so that the result does not depend on how many
   * threads there are.
   *
   * @param idsBT {@code [B, T]} token ids, int64
   */
  public static ResidualStream of(HeterogeneousModel model, Tensor idsBT, SideBySide sideBySide) {
    if (!model.device().equals(Device.CPU)) {
      return of(model, idsBT);
    }
    int sequences = Math.toIntExact(idsBT.size(0));
    List<Integer> rows = IntStream.range(0, sequences).boxed().toList();
    List<List<Tensor>> streams = new ArrayList<>();
    rows.forEach(row -> streams.add(new ArrayList<>()));
    sideBySide.forEach(
        rows,
        row -> {
          try (NoGradGuard inference = new NoGradGuard()) {
            ResidualStream own = of(model, idsBT.narrow(0, row, 1));
            own.seamsBTD().forEach(tensor -> streams.get(row).add(NativeScope.keep(tensor)));
            own.middlesBTD().forEach(tensor -> streams.get(row).add(NativeScope.keep(tensor)));
          }
        });
    int seams = model.spec().layers() + 1;
    ImmutableList<Tensor> joined = joined(streams);
    return new ResidualStream(joined.subList(0, seams), joined.subList(seams, joined.size()));
  }

  private static ImmutableList<Tensor> joined(List<List<Tensor>> streams) {
    ImmutableList.Builder<Tensor> joined = ImmutableList.builder();
    for (int index = 0; index < streams.get(0).size(); index++) {
      TensorVector parts = new TensorVector();
      for (List<Tensor> stream : streams) {
        parts.push_back(stream.get(index));
      }
      joined.add(torch.cat(parts, 0));
      for (List<Tensor> stream : streams) {
        NativeScope.release(stream.get(index));
      }
    }
    return joined.build();
  }

  /**
   * Returns where the first value that is NaN or infinite arose, for example {@code layer 3,
   * attention}; nothing where all are finite.
   *
   * <p>The stream is a sum, so that what is not finite stays so: only the last seam is looked at
   * where all is well.
   */
  public Optional<String> notFinite() {
    if (isFinite(lastBTD())) {
      return Optional.empty();
    }
    if (!isFinite(seamsBTD.get(0))) {
      return Optional.of("embedding");
    }
    for (int layer = 0; layer < middlesBTD.size(); layer++) {
      if (!isFinite(middlesBTD.get(layer))) {
        return Optional.of("layer " + layer + ", attention");
      }
      if (!isFinite(seamsBTD.get(layer + 1))) {
        return Optional.of("layer " + layer + ", network");
      }
    }
    throw new VerifyException("the last seam must be that of the last layer");
  }

  /**
   * Returns this stream, all of which is finite.
   *
   * @param what which model and step this is, for the message
   * @throws NonFiniteException if a value is not; it names where the first one arose
   */
  @CanIgnoreReturnValue
  public ResidualStream checkFinite(String what) {
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

  private static boolean isFinite(Tensor tensor) {
    try (NativeScope scope = NativeScope.open()) {
      return Finiteness.of(tensor.detach().contiguous());
    }
  }

  /** Returns the output of the last layer, before the final norm. */
  public Tensor lastBTD() {
    return seamsBTD.get(seamsBTD.size() - 1);
  }
}
