package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import com.google.common.math.IntMath;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.nn.GatedFfn;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.Resources;

/** {@link GatedFfn} in steps on a GPU: gate and up are one product. */
final class CudaFfn implements CudaSubBlock {
  private static final int THREADS = 256;
  private static final int EIGHT_THREADS = 512;
  private static final int ALIGNMENT = 16;

  private final CudaRmsNorm norm;
  private final PackedLinear gateAndUp;
  private final PackedLinear down;
  private final int channels;
  private final Resources parts;

  CudaFfn(FfnSpec.Gated spec, CudaLayerWeights weights) {
    int kept = spec.channels();
    this.channels = IntMath.divide(kept, ALIGNMENT, RoundingMode.CEILING) * ALIGNMENT;
    try (Resources made = new Resources()) {
      this.norm = made.add(weights.norm("post_attention_layernorm.weight"), CudaRmsNorm::close);
      // Channels of zeros, which add nothing, so that rows of weights begin where kernels like it.
      long[] rows = {0, 0, 0, channels - kept};
      long[] columns = {0, channels - kept};
      this.gateAndUp =
          made.add(
              weights.joined(
                  ImmutableList.of("mlp.gate_proj.weight", "mlp.up_proj.weight"),
                  weight -> padded(weight, rows)),
              PackedLinear::close);
      this.down =
          made.add(
              weights.linear("mlp.down_proj.weight", weight -> padded(weight, columns)),
              PackedLinear::close);
      this.parts = made.complete();
    }
  }

  private static Tensor padded(Tensor weight, long[] padding) {
    return Arrays.stream(padding).allMatch(size -> size == 0)
        ? weight
        : torch.constant_pad_nd(weight.detach(), padding, new Scalar(0));
  }

  @Override
  public void run(CudaStep step, int layer) {
    int rows = step.count();
    Tensor joinedRC = rows(step.space().joined(), rows, 2 * channels);
    step.multiply(gateAndUp, step.normalized(norm, gateAndUp), joinedRC);
    step.add(down, gated(step), Optional.empty());
  }

  private CudaStep.Input gated(CudaStep step) {
    int rows = step.count();
    step.launcher().address(step.space().joined().address());
    if (down.scales() != 0 && Shortcut.GATE_TO_EIGHT.taken()) {
      step.launcher().address(step.space().fp8().address());
      step.addScalesBehind();
      step.launcher().number(channels);
      step.kernels()
          .ofEight("silu_times_eight")
          .launch(step.launcher(), Shape.of(rows, EIGHT_THREADS));
      return new CudaStep.Input(rows(step.space().fp8(), rows, channels), true);
    }
    step.launcher().address(step.space().inner().address());
    step.addScalesBehind();
    step.launcher().number(channels);
    int blocks = (channels / 2 + THREADS - 1) / THREADS;
    step.kernels().of("silu_times").launch(step.launcher(), new Shape(blocks, rows, 1, THREADS, 0));
    return step.input(rows(step.space().inner(), rows, channels), down);
  }

  @Override
  public void list(WorkList parts, CudaKvCache.Layer memory) {
    parts.gated(norm, gateAndUp, parts.space().inner());
    parts.added(parts.space().inner(), down, Optional.empty());
  }

  /** Returns the start of {@code area} as a matrix, owned by the current scope. */
  static Tensor rows(CudaTensor area, int rows, int width) {
    return area.rows((long) rows * width).view(rows, width);
  }

  @Override
  public long weightBytes() {
    return gateAndUp.bytes() + down.bytes();
  }

  @Override
  public int joinedWidth() {
    return 2 * channels;
  }

  @Override
  public int innerWidth() {
    return channels;
  }

  @Override
  public void close() {
    parts.close();
  }
}
