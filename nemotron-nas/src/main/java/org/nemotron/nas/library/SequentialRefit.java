package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.TokenBatches;

/**
 * Refits an assembled child from its first sub-block to its last: each last projection is fitted by
 * least squares on the child's own inputs toward the parent's hidden states.
 *
 * <p>Blocks that were trained alone have seen the parent's inputs only; in the child they stand
 * behind each other's errors, which this corrects without a gradient.
 *
 * <p>Models whose layers are offloaded are gone through layer by layer: one layer of each is on the
 * device at a time, and the next.
 */
public final class SequentialRefit {
  // Shape letters in this file: B = batch, T = tokens, R = B * T, D = model width, I = inputs.

  /*
   * Let x be the child's residual stream before a sub-block, h(x) the input of its last projection
   * W, and y the parent's stream before the next sub-block with weights that the child has. Then
   *
   *     W = argmin |h(x) W' - (y - x)|^2 + r |W - W_0|^2
   *
   * over the calibration tokens, after which the child's stream is computed anew with W. Parent and
   * child advance together, so that only their current streams are kept. A sub-block that the child
   * lacks is skipped by the child and passed by the parent: the one before it learns what it added.
   *
   * Sums are gathered in a fixed number of parts, so that the result does not depend on how many
   * threads there are.
   */
  private static final int PARTS = 4;

  private static final String REMEDY = "Maybe refit on fewer batches, or on shorter windows.";

  private final int batches;
  private final double ridge;
  private final int threads;

  /** Makes a refit on all cores. */
  public SequentialRefit(RefitSettings settings) {
    this(settings, CpuThreads.available());
  }

  /**
   * Makes a refit on {@code threads} cores; the result does not depend on how many.
   *
   * @throws IllegalArgumentException if the settings have no batches
   */
  public SequentialRefit(RefitSettings settings, int threads) {
    checkArgument(settings.batches() > 0, "batches (%s) must be positive", settings.batches());
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    this.batches = settings.batches();
    this.ridge = settings.ridge();
    this.threads = threads;
  }

  /**
   * Returns a refitted copy of {@code child}, which stays as it is; the caller closes it.
   *
   * @param parent with as many layers as the child
   * @param data calibration text; batches 0 to {@code batches - 1} are used
   * @param progress is given, after each layer, how many are done
   */
  public HeterogeneousModel refit(
      HeterogeneousModel parent,
      HeterogeneousModel child,
      TokenBatches data,
      LongConsumer progress) {
    checkArgument(
        parent.spec().layers() == child.spec().layers(),
        "the child's layers (%s) must be as many as the parent's (%s)",
        child.spec().layers(),
        parent.spec().layers());
    try (Resources made = new Resources();
        NoGradGuard inference = new NoGradGuard();
        TensorThreads sideBySide = new TensorThreads(threads)) {
      HeterogeneousModel copy = made.add(child.copy(child.dtype()), HeterogeneousModel::close);
      try (LayerStreamer ofParent = LayerStreamer.of(parent);
          LayerStreamer ofChild = LayerStreamer.of(copy);
          Streams streams = new Streams(ofParent, ofChild, data)) {
        ImmutableList<Integer> places = placesWithWeights(copy);
        for (int index = 0; index < places.size(); index++) {
          int place = places.get(index);
          int next = index + 1 < places.size() ? places.get(index + 1) : 2 * copy.spec().layers();
          streams.advanceParent(next, sideBySide);
          SubBlock subBlock = subBlock(ofChild.block(place / 2), place);
          fit(subBlock, streams, sideBySide);
          store(subBlock, subBlock(copy.block(place / 2), place));
          streams.advanceChild(place, sideBySide);
          progress.accept(place / 2 + 1L);
        }
      }
      Resources unused = made.complete();
      return copy;
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, parent.device(), REMEDY);
    }
  }

  /** Returns where sub-blocks with weights stand: 2 * layer, and 1 more for an FFN. */
  private static ImmutableList<Integer> placesWithWeights(HeterogeneousModel model) {
    return IntStream.range(0, 2 * model.spec().layers())
        .filter(place -> hasWeights(model, place))
        .boxed()
        .collect(ImmutableList.toImmutableList());
  }

  private static boolean hasWeights(HeterogeneousModel model, int place) {
    return subBlock(model.block(place / 2), place).lastProjection().isPresent();
  }

  private static SubBlock subBlock(Block block, int place) {
    return place % 2 == 0 ? block.attention() : block.ffn();
  }

  /** Takes what was fitted where the layer was computed over to the model, if it lies elsewhere. */
  private static void store(SubBlock computed, SubBlock own) {
    if (computed != own) {
      String name = own.lastProjection().orElseThrow();
      Tensor unused = own.tensors().get(name).detach().copy_(computed.tensors().get(name), false);
    }
  }

  private void fit(SubBlock subBlock, Streams streams, TensorThreads sideBySide) {
    String name = subBlock.lastProjection().orElseThrow();
    Tensor weightDI = subBlock.tensors().get(name);
    Optional<Tensor> biasD =
        Optional.ofNullable(subBlock.tensors().asMap().get(name.replaceFirst("weight$", "bias")));
    List<NormalEquations> parts = new ArrayList<>();
    try (NativeScope scope = NativeScope.open()) {
      Tensor exampleRI = weightDI.select(0, 0).unsqueeze(0);
      Tensor exampleRD = weightDI.select(1, 0).unsqueeze(0);
      IntStream.range(0, Math.min(PARTS, batches))
          .forEach(part -> parts.add(new NormalEquations(exampleRI, exampleRD)));
      sideBySide.forEach(
          IntStream.range(0, parts.size()).boxed().toList(),
          part -> observe(subBlock, biasD, streams, part, parts.get(part)));
      parts.stream().skip(1).forEach(parts.get(0)::add);
      Tensor fittedDI = parts.get(0).solve(weightDI.detach(), ridge);
      Tensor unused = weightDI.detach().copy_(fittedDI);
    } finally {
      parts.forEach(NormalEquations::close);
    }
  }

  private void observe(
      SubBlock subBlock,
      Optional<Tensor> biasD,
      Streams streams,
      int part,
      NormalEquations equations) {
    for (int batch = part; batch < batches; batch += PARTS) {
      try (NativeScope scope = NativeScope.open();
          NoGradGuard inference = new NoGradGuard()) {
        Tensor hiddenBTD = streams.child(batch);
        Tensor missingBTD = Tensors.cast(streams.parent(batch), DType.FLOAT32).sub(hiddenBTD);
        Tensor wantedBTD = biasD.isPresent() ? missingBTD.sub(biasD.orElseThrow()) : missingBTD;
        equations.observe(subBlock.lastInput(hiddenBTD).flatten(0, 1), wantedBTD.flatten(0, 1));
      }
    }
  }

  /** The residual streams of both models at the places that they have reached, batch by batch. */
  private final class Streams implements AutoCloseable {
    private final LayerStreamer parentModel;
    private final LayerStreamer childModel;
    private final Tensor[] parentBTD = new Tensor[batches];
    private final Tensor[] childBTD = new Tensor[batches];
    private int parentPlace;

    Streams(LayerStreamer parentModel, LayerStreamer childModel, TokenBatches data) {
      this.parentModel = parentModel;
      this.childModel = childModel;
      for (int batch = 0; batch < batches; batch++) {
        try (NativeScope scope = NativeScope.open()) {
          Tensor idsBT = data.batch(batch);
          parentBTD[batch] = NativeScope.keep(parentModel.embed(idsBT));
          childBTD[batch] = NativeScope.keep(childModel.embed(idsBT));
        }
      }
    }

    Tensor parent(int batch) {
      return parentBTD[batch];
    }

    Tensor child(int batch) {
      return childBTD[batch];
    }

    /** Takes the parent's stream to the place before sub-block {@code place}. */
    void advanceParent(int place, TensorThreads sideBySide) {
      for (; parentPlace < place; parentPlace++) {
        Block block = parentModel.block(parentPlace / 2);
        advance(parentBTD, subBlock(block, parentPlace), sideBySide);
      }
    }

    /** Takes the child's stream through sub-block {@code place}. */
    void advanceChild(int place, TensorThreads sideBySide) {
      advance(childBTD, subBlock(childModel.block(place / 2), place), sideBySide);
    }

    private void advance(Tensor[] streamBTD, SubBlock subBlock, TensorThreads sideBySide) {
      if (subBlock.lastProjection().isEmpty()) {
        return;
      }
      sideBySide.forEach(
          IntStream.range(0, batches).boxed().toList(),
          batch -> {
            try (NoGradGuard inference = new NoGradGuard()) {
              Tensor before = streamBTD[batch];
              streamBTD[batch] = NativeScope.keep(subBlock.forward(before));
              NativeScope.release(before);
            }
          });
    }

    @Override
    public void close() {
      for (int batch = 0; batch < batches; batch++) {
        release(parentBTD[batch]);
        release(childBTD[batch]);
      }
    }

    private static void release(Tensor tensor) {
      if (tensor != null) {
        NativeScope.release(tensor);
      }
    }
  }
}
