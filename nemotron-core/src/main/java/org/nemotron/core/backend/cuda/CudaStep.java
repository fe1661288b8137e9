package org.nemotron.core.backend.cuda;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.KernelLauncher;
import org.nemotron.core.parallel.IndexRange;

/**
 * One pass through the layers on a GPU. Everything is put into one stream; nothing waits.
 *
 * <p>LibTorch multiplies, and what a sub-block adds stays apart until the next one normalizes the
 * sum. Steps of few rows are another matter: {@link PersistentKernel}.
 */
final class CudaStep {
  private static final int NORM_THREADS = 256;
  private static final int EIGHT_NORM_THREADS = 512;

  private final StepKernels kernels;
  private final KernelLauncher launcher;
  private final CudaWorkspace space;
  private final CudaKvCache memory;
  private final CudaRows rows;
  private final CudaRanks ranks;
  private final int width;
  private boolean pending;
  private long scalesBehind;
  private Optional<CudaTensor> pendingBias = Optional.empty();

  CudaStep(
      StepKernels kernels,
      KernelLauncher launcher,
      CudaWorkspace space,
      CudaKvCache memory,
      CudaRows rows,
      CudaRanks ranks,
      int width) {
    this.kernels = kernels;
    this.launcher = launcher;
    this.space = space;
    this.memory = memory;
    this.rows = rows;
    this.ranks = ranks;
    this.width = width;
  }

  StepKernels kernels() {
    return kernels;
  }

  KernelLauncher launcher() {
    return launcher;
  }

  CudaWorkspace space() {
    return space;
  }

  CudaKvCache memory() {
    return memory;
  }

  CudaRows rows() {
    return rows;
  }

  int count() {
    return rows.count();
  }

  /** The token's rows of the embedding start the residual stream. */
  void embed(CudaTensor tableVD) {
    embed(tableVD, 0, 0);
  }

  /** The same, and writes {@code count} zeros to {@code cleared}. */
  void embed(CudaTensor tableVD, long cleared, int count) {
    launcher
        .address(rows.tokens())
        .address(tableVD.address())
        .address(space.residual().address())
        .number(width)
        .address(cleared)
        .number(count);
    kernels.of("embed").launch(launcher, Shape.of(count(), NORM_THREADS));
  }

  /** Adds what the last sub-block left, and returns the normalized stream, {@code [R, D]}. */
  Tensor normalized(CudaRmsNorm norm) {
    addNorm(norm, space.normalized(), 0, count());
    pending = false;
    pendingBias = Optional.empty();
    return space.normalized().rows(count());
  }

  /**
   * The input of a product.
   *
   * @param rowsRK bfloat16; e4m3 where {@code eight}, with scales in the workspace
   */
  record Input(Tensor rowsRK, boolean eight) {}

  /** The same as {@link #normalized(CudaRmsNorm)}, as {@code weight} multiplies it. */
  Input normalized(CudaRmsNorm norm, PackedLinear weight) {
    if (weight.scales() == 0 || !Shortcut.NORM_TO_EIGHT.taken()) {
      return input(normalized(norm), weight);
    }
    launcher
        .address(space.residual().address())
        .address(pending ? space.delta().address() : 0)
        .address(pendingBias.map(CudaTensor::address).orElse(0L))
        .address(norm.weight().address())
        .address(space.fp8().address())
        .address(space.fp8Scales().address())
        .address(pending ? scalesBehind : 0)
        .number(width)
        .number(norm.eps());
    kernels.ofEight("add_norm_eight").launch(launcher, Shape.of(count(), EIGHT_NORM_THREADS));
    pending = false;
    pendingBias = Optional.empty();
    return new Input(CudaFfn.rows(space.fp8(), count(), width), true);
  }

  /** The same of some elements of each row only, which a rank's {@code weight} multiplies. */
  Input normalized(CudaRmsNorm norm, PackedLinear weight, IndexRange elements) {
    return elements.size() == width
        ? normalized(norm, weight)
        : input(normalized(norm).narrow(1, elements.begin(), elements.size()), weight);
  }

  /**
   * Returns {@code rowsRK} as {@code weight} multiplies them.
   *
   * @param rowsRK bfloat16; rows may lie apart
   */
  Input input(Tensor rowsRK, PackedLinear weight) {
    if (weight.scales() == 0) {
      return new Input(rowsRK, false);
    }
    launcher
        .tensor(rowsRK)
        .address(space.fp8().address())
        .address(space.fp8Scales().address())
        .number(weight.inputs())
        .number(Math.toIntExact(rowsRK.stride(0)));
    kernels.of("to_fp8").launch(launcher, Shape.of(count(), NORM_THREADS));
    return new Input(CudaFfn.rows(space.fp8(), count(), weight.inputs()), true);
  }

  /** Normalizes the stream of {@code count} wanted rows apart; nothing else changes. */
  void normalizeWanted(CudaRmsNorm norm, int count) {
    addNorm(norm, space.wanted(), rows.wanted(), count);
  }

  private void addNorm(CudaRmsNorm norm, CudaTensor to, long chosen, int blocks) {
    launcher
        .address(space.residual().address())
        .address(pending ? space.delta().address() : 0)
        .address(pendingBias.map(CudaTensor::address).orElse(0L))
        .address(norm.weight().address())
        .address(to.address())
        .address(chosen)
        .address(space.fp8Scales().address())
        .address(pending ? scalesBehind : 0)
        .number(width)
        .number(norm.eps());
    kernels.of("add_norm").launch(launcher, Shape.of(blocks, NORM_THREADS));
  }

  /**
   * Adds the scales that the last product's result is still to be multiplied by: addresses of those
   * of its rows, and of its columns or 0.
   */
  void addScalesBehind() {
    launcher.address(space.fp8Scales().address()).address(scalesBehind);
  }

  /** {@code out[R, N] = in[R, K] W^T} of all rows, but for {@link #addScalesBehind}. */
  void multiply(PackedLinear weight, Input in, Tensor outRN) {
    scalesBehind = 0;
    if (in.eight() && Shortcut.SCALES_BEHIND.taken()) {
      scalesBehind = weight.scales();
      weight.multiplyUnscaled(in.rowsRK(), space.one().tensor(), outRN);
    } else if (in.eight()) {
      weight.multiplyFp8(in.rowsRK(), space.fp8Scales().rows(count()), outRN);
    } else {
      weight.multiply(in.rowsRK(), outRN);
    }
  }

  /**
   * {@code in[R, K] W^T} and a bias are what a sub-block adds to the stream: of all ranks together
   * where several share the model.
   */
  void add(PackedLinear weight, Input in, Optional<CudaTensor> bias) {
    Tensor outRD = delta(bias);
    if (ranks.isAlone()) {
      multiply(weight, in, outRD);
      return;
    }
    scalesBehind = 0; // scales differ from rank to rank: what is summed has them
    if (in.eight()) {
      weight.multiplyFp8(in.rowsRK(), space.fp8Scales().rows(count()), outRD);
    } else {
      weight.multiply(in.rowsRK(), outRD);
    }
    ranks.sum(space.delta().address(), (long) count() * width);
  }

  /** Of a sub-block of which this rank has nothing: adds what the other ranks have. */
  void addOthers() {
    Tensor unused = delta(Optional.empty()).zero_();
    scalesBehind = 0;
    ranks.sum(space.delta().address(), (long) count() * width);
  }

  /** Returns where a sub-block puts what it adds, {@code [R, D]}, and remembers to add it. */
  private Tensor delta(Optional<CudaTensor> bias) {
    pending = true;
    pendingBias = bias;
    return space.delta().rows(count());
  }
}
