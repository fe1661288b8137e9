package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CudaKernel;
import org.nemotron.core.cuda.FusedKernels;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * AdamW with {@link EightBitMoments}: float32 tensors on the CPU, bfloat16 ones on a GPU. Tensors
 * are updated some at a time, and their gradients freed.
 *
 * <p>Source: Loshchilov and Hutter, arXiv:1711.05101; Dettmers et al., arXiv:2110.02861.
 */
final class EightBitAdamW implements LayerOptimizer, SlicedOptimizer {
  private static final int WARPS = 8;
  private static final int THREADS = 32 * WARPS;

  private final OptimizerSettings settings;
  private final int steps;
  private final ImmutableMap<String, Tensor> parameters;
  private final ImmutableMap<String, EightBitMoments> moments;
  private final ImmutableMap<String, Long> firsts;
  private final RankSums ranks;
  private final Device device;

  /** {@code [2]}: of the gradients at hand, and of all in the step before. */
  private final Tensor norms;

  /** The sum of squares of this step's gradients so far. */
  private final Tensor squares;

  private final Resources parts;

  EightBitAdamW(NamedTensors tensors, OptimizerSettings settings, int steps) {
    this(
        tensors,
        settings,
        steps,
        Tensors.device(tensors.asMap().values().iterator().next()),
        ImmutableMap.of(),
        RankSums.ALONE);
  }

  /**
   * Makes an optimizer of pieces of tensors, other pieces of which are on other ranks. All ranks
   * update the same layers in the same order, also those of which they have nothing.
   *
   * @param firsts the first element that each piece has of its tensor, if it is not 0; a multiple
   *     of {@link EightBitMoments#BLOCK}
   * @param ranks adds up the squares of gradients
   */
  EightBitAdamW(
      NamedTensors tensors,
      OptimizerSettings settings,
      int steps,
      Device device,
      ImmutableMap<String, Long> firsts,
      RankSums ranks) {
    this.settings = settings;
    this.steps = steps;
    this.parameters = tensors.asMap();
    this.device = device;
    this.firsts = firsts;
    this.ranks = ranks;
    ImmutableMap.Builder<String, EightBitMoments> all = ImmutableMap.builder();
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      parameters.forEach(
          (name, tensor) ->
              all.put(name, made.add(new EightBitMoments(tensor), EightBitMoments::close)));
      this.moments = all.buildOrThrow();
      this.norms = made.add(kept(2), NativeScope::release);
      this.squares = made.add(kept(1), NativeScope::release);
      this.parts = made.complete();
    }
  }

  private Tensor kept(long elements) {
    return NativeScope.keep(Tensors.zeros(device, DType.FLOAT32, elements));
  }

  @Override
  public void update(int step, Iterable<String> names) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      for (String name : names) {
        Tensor gradient = tensor(name).grad();
        if (gradient.defined()) {
          gradients.put(name, gradient.contiguous());
        }
      }
      if (gradients.isEmpty() && ranks.alone()) {
        return;
      }
      Tensor own = Tensors.zeros(device, DType.FLOAT32, 1);
      gradients
          .values()
          .forEach(gradient -> own.add_(Tensors.cast(gradient.norm(), DType.FLOAT32).square()));
      Tensor sum = ranks.of(own);
      squares.add_(sum);
      norms.narrow(0, 0, 1).copy_(sum.sqrt());
      if (device.equals(Device.CPU)) {
        onCpu(step, gradients);
      } else {
        onGpu(step, gradients);
      }
      gradients.keySet().forEach(name -> tensor(name).mutable_grad().reset());
    }
  }

  @Override
  public void settle() {} // updates are in the caller's own order

  private Tensor tensor(String name) {
    return verifyNotNull(parameters.get(name), name);
  }

  private EightBitMoments moments(String name) {
    return verifyNotNull(moments.get(name), name);
  }

  private long first(String name) {
    return firsts.getOrDefault(name, 0L);
  }

  private void onCpu(int step, Map<String, Tensor> gradients) {
    float[] known = Tensors.floats(norms);
    if (!Float.isFinite(known[0])) {
      return;
    }
    float norm = Math.max(Math.max(known[0], known[1]), Float.MIN_NORMAL);
    float scale = Math.min(1, (float) settings.gradientClip() / norm);
    gradients.forEach(
        (name, gradient) ->
            moments(name)
                .update(
                    tensor(name).detach(),
                    gradient,
                    new EightBitMoments.Step(
                        scale,
                        (float) settings.rateAt(step, steps),
                        (float) settings.weightDecay(),
                        (float) settings.beta1(),
                        (float) settings.beta2(),
                        mostChange(),
                        correction(settings.beta1(), step),
                        correction(settings.beta2(), step),
                        EightBitMoments.mixed((long) name.hashCode() << 32 | step) + first(name))));
  }

  private void onGpu(int step, Map<String, Tensor> gradients) {
    FusedKernels kernels = FusedKernels.of(device);
    gradients.forEach(
        (name, gradient) -> {
          Tensor weights = tensor(name).detach();
          Tensor narrow = Tensors.cast(gradient, DType.of(weights));
          EightBitMoments own = moments(name);
          long groups = own.scales().size(0);
          kernels.launch(
              "adamw8",
              CudaKernel.Shape.of(Math.toIntExact((groups + WARPS - 1) / WARPS), THREADS),
              launcher ->
                  launcher
                      .tensor(weights)
                      .tensor(narrow)
                      .tensor(own.codes())
                      .tensor(own.scales())
                      .tensor(norms)
                      .number((float) settings.gradientClip())
                      .number((float) settings.rateAt(step, steps))
                      .number((float) settings.weightDecay())
                      .number((float) settings.beta1())
                      .number((float) settings.beta2())
                      .number(mostChange())
                      .number(correction(settings.beta1(), step))
                      .number(correction(settings.beta2(), step))
                      .number(name.hashCode())
                      .number(step)
                      .number(Math.toIntExact(weights.numel()))
                      .number(Math.toIntExact(first(name) / EightBitMoments.BLOCK)));
        });
  }

  private static float correction(double beta, int step) {
    return (float) (1 / (1 - Math.pow(beta, step + 1)));
  }

  /**
   * The largest ratio of a mean to the root of a mean of squares, by Cauchy and Schwarz, where
   * {@code beta1^2 < beta2}; corrections at the beginning included. Rounding to 8 bits can exceed
   * it: a square that was rounded to nothing beside a mean that was not.
   */
  private float mostChange() {
    double beta1 = settings.beta1();
    double beta2 = settings.beta2();
    double rest = 1 - beta1 * beta1 / beta2;
    return rest <= 0
        ? Float.MAX_VALUE
        : (float) Math.max(1, (1 - beta1) / Math.sqrt((1 - beta2) * rest));
  }

  @Override
  public double step(int step) {
    update(step, parameters.keySet());
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Tensor norm = squares.sqrt();
      double value = Tensors.scalar(norm);
      if (Double.isFinite(value)) {
        norms.narrow(0, 1, 1).copy_(norm);
      }
      squares.zero_();
      return value;
    }
  }

  private ImmutableMap<String, Tensor> state() {
    ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
    moments.forEach(
        (name, own) -> all.put("codes." + name, own.codes()).put("scales." + name, own.scales()));
    return all.put("norms", norms).buildOrThrow();
  }

  @Override
  public OptimizerTensors tensors() {
    return new OptimizerTensors(
        ImmutableMap.of(),
        ImmutableMap.of(
            "codes", ImmutableMap.copyOf(Maps.transformValues(moments, EightBitMoments::codes)),
            "scales", ImmutableMap.copyOf(Maps.transformValues(moments, EightBitMoments::scales))),
        ImmutableMap.of(),
        ImmutableMap.of("norms", norms));
  }

  @Override
  public void save(Path file) throws IOException {
    StateFile.write(file, state());
  }

  @Override
  public void load(Path file) throws IOException {
    StateFile.read(file, state());
  }

  @Override
  public void close() {
    parts.close();
  }
}
