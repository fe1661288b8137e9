package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * AdamW whose states ({@link HostStates}) lie in the machine's memory. On a GPU, those of some
 * tensors are fetched, updated and returned by a thread and a stream of their own, two of them in
 * turns, while the caller computes; {@link #step} waits for all. On the CPU they are where they are
 * needed.
 *
 * <p>The arithmetic is that of {@link Float32AdamW} for float32 tensors, and that of {@link
 * MixedPrecisionAdamW} for narrower ones, but for clipping: by the norm of the step before, or that
 * of the tensors at hand if it is larger.
 *
 * <p>Source: Loshchilov and Hutter, arXiv:1711.05101; Ren et al., arXiv:2101.06840 (states in host
 * memory).
 */
final class HostMemoryAdamW implements LayerOptimizer, SlicedOptimizer {
  private static final double EPS = 1e-8;

  /** One fetches while the other returns. */
  private static final int STREAMS = 2;

  private final OptimizerSettings settings;
  private final int steps;
  private final ImmutableMap<String, Tensor> parameters;
  private final ImmutableMap<String, HostStates> states;
  private final RankSums ranks;
  private final Device device;

  /** Of all gradients in the step before, {@code [1]}. */
  private final Tensor normBefore;

  /** The sum of squares of this step's gradients so far, {@code [1]}. */
  private final Tensor squares;

  private final StreamPool streams;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          STREAMS, new ThreadFactoryBuilder().setNameFormat("states-%d").setDaemon(true).build());
  private final List<Future<?>> underWay = new ArrayList<>();
  private final Resources parts;

  HostMemoryAdamW(NamedTensors tensors, OptimizerSettings settings, int steps) {
    this(
        tensors,
        settings,
        steps,
        Tensors.device(tensors.asMap().values().iterator().next()),
        RankSums.ALONE);
  }

  /**
   * Makes an optimizer of pieces of tensors, other pieces of which are on other ranks. All ranks
   * update the same layers in the same order, also those of which they have nothing.
   *
   * @param ranks adds up the squares of gradients
   */
  HostMemoryAdamW(
      NamedTensors tensors, OptimizerSettings settings, int steps, Device device, RankSums ranks) {
    this.settings = settings;
    this.steps = steps;
    this.parameters = tensors.asMap();
    this.device = device;
    this.ranks = ranks;
    ImmutableMap.Builder<String, HostStates> all = ImmutableMap.builder();
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open();
        NoGradGuard constants = new NoGradGuard()) {
      made.add(threads, ExecutorService::shutdown);
      parameters.forEach(
          (name, tensor) -> all.put(name, made.add(new HostStates(tensor), HostStates::close)));
      this.states = all.buildOrThrow();
      this.streams = made.add(new StreamPool(device, STREAMS), StreamPool::close);
      this.normBefore = made.add(kept(), NativeScope::release);
      this.squares = made.add(kept(), NativeScope::release);
      this.parts = made.complete();
    }
  }

  private Tensor kept() {
    return NativeScope.keep(Tensors.zeros(device, DType.FLOAT32, 1));
  }

  private Tensor tensor(String name) {
    return verifyNotNull(parameters.get(name), name);
  }

  private HostStates states(String name) {
    return verifyNotNull(states.get(name), name);
  }

  /**
   * Gradients of some tensors, kept until they have been used.
   *
   * @param norm that they are clipped by, a scalar
   */
  private record Update(int step, Map<String, Tensor> gradients, Tensor norm) {
    void release() {
      gradients.values().forEach(NativeScope::release);
      NativeScope.release(norm);
    }
  }

  @Override
  public void update(int step, Iterable<String> names) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      Tensor own = Tensors.zeros(device, DType.FLOAT32, 1);
      for (String name : names) {
        Tensor gradient = tensor(name).grad();
        if (gradient.defined()) {
          gradients.put(name, NativeScope.keep(gradient.contiguous()));
          own.add_(Tensors.cast(gradient.norm(), DType.FLOAT32).square());
          tensor(name).mutable_grad().reset();
        }
      }
      if (gradients.isEmpty() && ranks.alone()) {
        return;
      }
      Tensor sum = ranks.of(own);
      squares.add_(sum);
      Tensor norm = NativeScope.keep(torch.maximum(sum.sqrt(), normBefore).squeeze());
      start(new Update(step, gradients, norm));
    }
  }

  private void start(Update update) {
    if (device.equals(Device.CPU)) {
      try {
        applyOnCpu(update);
      } finally {
        update.release();
      }
      return;
    }
    CudaStream computing = CudaStream.current(Gpu.of(device));
    underWay.add(
        threads.submit(
            () -> {
              try {
                computing.synchronize(); // gradients are complete, weights no longer read
                streams.at(() -> applyOnGpu(update));
              } finally {
                update.release();
                computing.close();
              }
            }));
  }

  private void applyOnCpu(Update update) {
    double norm = Tensors.scalar(update.norm());
    if (!Double.isFinite(norm)) {
      return;
    }
    double scale = Math.min(1, settings.gradientClip() / (norm + 1e-6)); // as clip_grad_norm_
    update
        .gradients()
        .forEach(
            (name, gradient) -> {
              HostStates own = states(name);
              if (own.master().isPresent()) {
                narrow(update, name, gradient, own.byKind());
              } else {
                single(update.step(), tensor(name).detach(), gradient.mul(new Scalar(scale)), own);
              }
            });
  }

  /** LibTorch's AdamW, operation by operation. */
  private void single(int step, Tensor weights, Tensor gradient, HostStates own) {
    double rate = settings.rateAt(step, steps);
    double ofMean = 1 - Math.pow(settings.beta1(), step + 1.0);
    double ofSquare = 1 - Math.pow(settings.beta2(), step + 1.0);
    if (settings.weightDecay() != 0) {
      weights.mul_(new Scalar(1 - rate * settings.weightDecay()));
    }
    own.mean().mul_(new Scalar(settings.beta1())).add_(gradient, new Scalar(1 - settings.beta1()));
    own.square()
        .mul_(new Scalar(settings.beta2()))
        .addcmul_(gradient, gradient, new Scalar(1 - settings.beta2()));
    Tensor root = own.square().sqrt().div(new Scalar(Math.sqrt(ofSquare))).add_(new Scalar(EPS));
    weights.addcdiv_(own.mean(), root, new Scalar(-rate / ofMean));
  }

  private void applyOnGpu(Update update) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      update
          .gradients()
          .forEach(
              (name, gradient) -> {
                ImmutableMap<String, Tensor> own = states(name).byKind();
                ImmutableMap.Builder<String, Tensor> fetched = ImmutableMap.builder();
                own.forEach((kind, tensor) -> fetched.put(kind, Tensors.toDevice(tensor, device)));
                ImmutableMap<String, Tensor> there = fetched.buildOrThrow();
                narrow(update, name, gradient, there);
                own.forEach((kind, tensor) -> tensor.copy_(there(there, kind), true));
              });
      try (CudaStream own = CudaStream.current(Gpu.of(device))) {
        own.synchronize(); // what was fetched may be freed
      }
    }
  }

  private static Tensor there(ImmutableMap<String, Tensor> states, String kind) {
    return verifyNotNull(states.get(kind), kind);
  }

  private void narrow(
      Update update, String name, Tensor gradient, ImmutableMap<String, Tensor> own) {
    Tensor weights = tensor(name).detach();
    MixedPrecisionAdamW.update(
        weights,
        gradient,
        own.getOrDefault("master", weights),
        there(own, "mean"),
        there(own, "square"),
        update.step(),
        settings,
        settings.rateAt(update.step(), steps),
        update.norm());
  }

  /** The first failure counts. */
  @Override
  public void settle() {
    try {
      underWay.forEach(Futures::getUnchecked);
    } finally {
      underWay.clear();
    }
  }

  @Override
  public double step(int step) {
    update(step, parameters.keySet());
    settle();
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      Tensor norm = squares.sqrt();
      double value = Tensors.scalar(norm);
      if (Double.isFinite(value)) {
        normBefore.copy_(norm);
      }
      squares.zero_();
      return value;
    }
  }

  private ImmutableMap<String, Tensor> state() {
    ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
    states.forEach(
        (name, own) -> own.byKind().forEach((kind, tensor) -> all.put(kind + "." + name, tensor)));
    return all.put("norms", normBefore).buildOrThrow();
  }

  @Override
  public OptimizerTensors tensors() {
    Map<String, Map<String, Tensor>> byElement = new LinkedHashMap<>();
    states.forEach(
        (name, own) ->
            own.byKind()
                .forEach(
                    (kind, tensor) ->
                        byElement
                            .computeIfAbsent(kind, first -> new LinkedHashMap<>())
                            .put(name, tensor)));
    ImmutableMap.Builder<String, ImmutableMap<String, Tensor>> all = ImmutableMap.builder();
    byElement.forEach((kind, tensors) -> all.put(kind, ImmutableMap.copyOf(tensors)));
    return new OptimizerTensors(
        all.buildOrThrow(),
        ImmutableMap.of(),
        ImmutableMap.of(),
        ImmutableMap.of("norms", normBefore));
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
    try {
      settle();
    } finally {
      parts.close();
    }
  }
}
