package org.nemotron.core.nn;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CardKernel.Shape;
import org.nemotron.core.cuda.KernelLauncher;

/**
 * One pass through the layers on a card. Everything is put into one stream; nothing waits.
 *
 * <p>LibTorch multiplies, and what a sub-block adds stays apart until the next one normalises the
 * sum. Steps of few rows are another matter: {@link FewRowsStep}.
 */
final class CardStep {
  private static final int NORM_THREADS = 256;

  private final StepKernels kernels;
  private final KernelLauncher launcher;
  private final CardSpace space;
  private final CardMemory memory;
  private final CardRows rows;
  private final int width;
  private boolean pending;
  private Optional<CardTensor> pendingBias = Optional.empty();

  CardStep(
      StepKernels kernels,
      KernelLauncher launcher,
      CardSpace space,
      CardMemory memory,
      CardRows rows,
      int width) {
    this.kernels = kernels;
    this.launcher = launcher;
    this.space = space;
    this.memory = memory;
    this.rows = rows;
    this.width = width;
  }

  StepKernels kernels() {
    return kernels;
  }

  KernelLauncher launcher() {
    return launcher;
  }

  CardSpace space() {
    return space;
  }

  CardMemory memory() {
    return memory;
  }

  CardRows rows() {
    return rows;
  }

  int count() {
    return rows.count();
  }

  /** The token's rows of the embedding start the residual stream. */
  void embed(CardTensor tableVD) {
    embed(tableVD, 0, 0);
  }

  /** The same, and writes {@code count} zeros to {@code cleared}. */
  void embed(CardTensor tableVD, long cleared, int count) {
    launcher
        .address(rows.tokens())
        .address(tableVD.address())
        .address(space.residual().address())
        .number(width)
        .address(cleared)
        .number(count);
    kernels.of("embed").launch(launcher, Shape.of(count(), NORM_THREADS));
  }

  /** Adds what the last sub-block left, and returns the normalised stream, {@code [R, D]}. */
  Tensor normalised(CardNorm norm) {
    addNorm(norm, space.normalised(), 0, count());
    pending = false;
    pendingBias = Optional.empty();
    return space.normalised().rows(count());
  }

  /** Returns the normalised stream of wanted rows {@code from} on; nothing else changes. */
  Tensor normalisedWanted(CardNorm norm, int from, int wanted) {
    addNorm(norm, space.wanted(), rows.wanted() + 4L * from, wanted);
    return space.wanted().rows(wanted);
  }

  private void addNorm(CardNorm norm, CardTensor to, long chosen, int blocks) {
    launcher
        .address(space.residual().address())
        .address(pending ? space.delta().address() : 0)
        .address(pendingBias.map(CardTensor::address).orElse(0L))
        .address(norm.weight().address())
        .address(to.address())
        .address(chosen)
        .number(width)
        .number(norm.eps());
    kernels.of("add_norm").launch(launcher, Shape.of(blocks, NORM_THREADS));
  }

  /** {@code out[R, N] = in[R, K] W^T} of all rows. */
  void multiply(CardProduct weight, Tensor inRK, Tensor outRN) {
    if (weight.scales() == 0) {
      weight.multiply(inRK, outRN);
      return;
    }
    launcher
        .tensor(inRK)
        .address(space.eights().address())
        .address(space.eightScales().address())
        .number(weight.inputs());
    kernels.of("to_eights").launch(launcher, Shape.of(count(), NORM_THREADS));
    Tensor eights = CardFfn.rows(space.eights(), count(), weight.inputs());
    weight.multiplyEights(eights, space.eightScales().rows(count()), outRN);
  }

  /** Returns where a sub-block puts what it adds, {@code [R, D]}, and remembers to add it. */
  Tensor delta(Optional<CardTensor> bias) {
    pending = true;
    pendingBias = bias;
    return space.delta().rows(count());
  }
}
