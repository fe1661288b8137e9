package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * AdamW for tensors of half the precision: the update is made on float32 copies ({@code masters}),
 * with float32 moments, and rounded into the tensors.
 *
 * <p>All tensors are updated by one fused operation, and nothing is read back: gradients that are
 * not finite are noticed on the device, and leave everything as it was. The bindings lack the
 * operators, so that TorchScript calls them.
 *
 * <p>Source: Loshchilov and Hutter, arXiv:1711.05101; Micikevicius et al., arXiv:1710.03740.
 */
final class MixedPrecisionAdamW implements SlicedOptimizer {
  private static final double EPS = 1e-8;

  private static final String SOURCE =
      """
      def none() -> List[Tensor]:
        return []

      def norm_of(grads: List[Tensor]) -> Tensor:
        return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(grads, 2.0)))

      def update(params: List[Tensor], grads: List[Tensor], masters: List[Tensor],
                 means: List[Tensor], squares: List[Tensor], steps: List[Tensor],
                 lr: float, beta1: float, beta2: float, decay: float, eps: float,
                 clip: float, known: Optional[Tensor]) -> Tensor:
        wide: List[Tensor] = []
        for grad in grads:
          wide.append(grad.float())
        norm = norm_of(wide) if known is None else known
        bad = torch.isfinite(norm).logical_not().float()
        scale = torch.clamp(norm / clip, 1.0)
        torch._foreach_add_(steps, 1.0)
        torch._fused_adamw_(masters, wide, means, squares, [], steps, lr=lr, beta1=beta1,
                            beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False,
                            maximize=False, grad_scale=scale, found_inf=bad)
        for step in steps:
          step.sub_(bad)
        torch._foreach_copy_(params, masters)
        return norm
      """;

  /** Compiled when first needed; kept for good. */
  private static final class Script {
    static final CompilationUnit UNIT = NativeScope.keep(torch.compile(SOURCE));
    static final Function UPDATE =
        NativeScope.keep(UNIT.find_function(new QualifiedName("update")));

    static final Function NORM = NativeScope.keep(UNIT.find_function(new QualifiedName("norm_of")));

    /** The bindings make no list of tensors: all are copies of this one, which stays empty. */
    static final GenericList NONE = NativeScope.keep(none());

    private static GenericList none() {
      return UNIT.find_function(new QualifiedName("none"))
          .apply(new IValueVector())
          .toList()
          .copy();
    }
  }

  private final OptimizerSettings settings;
  private final int steps;
  private final ImmutableList<Tensor> parameters;
  private final Device device;
  private final RankSums ranks;
  private final NamedTensors masters;
  private final NamedTensors means;
  private final NamedTensors squares;
  private final NamedTensors counts;
  private final Resources parts;

  MixedPrecisionAdamW(NamedTensors tensors, OptimizerSettings settings, int steps) {
    this(
        tensors,
        settings,
        steps,
        Tensors.device(tensors.asMap().values().iterator().next()),
        RankSums.ALONE);
  }

  /**
   * Makes an optimizer of pieces of tensors, other pieces of which are on other ranks; all ranks
   * step together. Tensors in float32 are updated themselves, without a copy.
   *
   * @param ranks adds up the squares of gradients
   */
  MixedPrecisionAdamW(
      NamedTensors tensors, OptimizerSettings settings, int steps, Device device, RankSums ranks) {
    this.settings = settings;
    this.steps = steps;
    this.parameters = tensors.asMap().values().asList();
    this.device = device;
    this.ranks = ranks;
    try (Resources made = new Resources()) {
      this.masters = made.add(tensors.map(MixedPrecisionAdamW::master), NamedTensors::close);
      this.means = made.add(masters.map(torch::zeros_like), NamedTensors::close);
      this.squares = made.add(masters.map(torch::zeros_like), NamedTensors::close);
      this.counts =
          made.add(
              masters.map(tensor -> Tensors.zeros(Tensors.device(tensor), DType.FLOAT32)),
              NamedTensors::close);
      this.parts = made.complete();
    }
  }

  private static Tensor master(Tensor tensor) {
    Tensor own = tensor.detach();
    return DType.of(own) == DType.FLOAT32
        ? own
        : Tensors.cast(own, DType.FLOAT32).clone().contiguous();
  }

  @Override
  public double step(int step) {
    try (NativeScope scope = NativeScope.open()) {
      return Tensors.scalar(update(step));
    }
  }

  /**
   * Does what {@link #step} does without waiting for the device.
   *
   * @return the norm of the gradients, a float32 scalar on the device, owned by the current scope
   */
  Tensor update(int step) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      IValue known = ranks.alone() ? new IValue() : new IValue(normOfAll());
      if (parameters.isEmpty()) {
        return scope.handOver(known.toTensor().clone());
      }
      Tensor norm =
          Script.UPDATE
              .apply(
                  new IValueVector(
                      list(Lists.transform(parameters, Tensor::detach)),
                      list(Lists.transform(parameters, Tensor::grad)),
                      list(masters.asMap().values()),
                      list(means.asMap().values()),
                      list(squares.asMap().values()),
                      list(counts.asMap().values()),
                      new IValue(settings.rateAt(step, steps)),
                      new IValue(settings.beta1()),
                      new IValue(settings.beta2()),
                      new IValue(settings.weightDecay()),
                      new IValue(EPS),
                      new IValue(settings.gradientClip()),
                      known))
              .toTensor()
              .clone(); // else it would be part of what the call returned, and end with it
      parameters.forEach(parameter -> parameter.mutable_grad().reset());
      return scope.handOver(norm);
    }
  }

  /**
   * Does the same to one tensor, whose states are somebody else's and all on its device.
   *
   * @param step from 0; that many updates came before
   * @param norm that gradients are clipped by, a scalar on the device
   */
  static void update(
      Tensor parameter,
      Tensor gradient,
      Tensor master,
      Tensor mean,
      Tensor square,
      int step,
      OptimizerSettings settings,
      double rate,
      Tensor norm) {
    Tensor count =
        Tensors.zeros(Tensors.device(parameter), DType.FLOAT32).fill_(new Scalar((float) step));
    IValue unused =
        Script.UPDATE.apply(
            new IValueVector(
                list(ImmutableList.of(parameter)),
                list(ImmutableList.of(gradient)),
                list(ImmutableList.of(master)),
                list(ImmutableList.of(mean)),
                list(ImmutableList.of(square)),
                list(ImmutableList.of(count)),
                new IValue(rate),
                new IValue(settings.beta1()),
                new IValue(settings.beta2()),
                new IValue(settings.weightDecay()),
                new IValue(EPS),
                new IValue(settings.gradientClip()),
                new IValue(norm)));
  }

  /** Returns the norm of all ranks' gradients, a scalar. */
  private Tensor normOfAll() {
    Tensor own = Tensors.zeros(device, DType.FLOAT32, 1);
    if (!parameters.isEmpty()) {
      IValueVector gradients = new IValueVector(list(Lists.transform(parameters, Tensor::grad)));
      own.add_(Script.NORM.apply(gradients).toTensor().square());
    }
    return ranks.of(own).sqrt().squeeze();
  }

  private static IValue list(Iterable<Tensor> tensors) {
    GenericList list = Script.NONE.copy();
    tensors.forEach(tensor -> list.push_back(new IValue(tensor)));
    return new IValue(list);
  }

  private ImmutableMap<String, NamedTensors> state() {
    return ImmutableMap.of("master", masters, "mean", means, "square", squares, "count", counts);
  }

  @Override
  public OptimizerTensors tensors() {
    ImmutableMap.Builder<String, ImmutableMap<String, Tensor>> byElement = ImmutableMap.builder();
    byElement.put("mean", means.asMap()).put("square", squares.asMap());
    if (parameters.stream().anyMatch(tensor -> DType.of(tensor) != DType.FLOAT32)) {
      byElement.put("master", masters.asMap()); // else they are the parameters
    }
    return new OptimizerTensors(
        byElement.buildOrThrow(),
        ImmutableMap.of(),
        ImmutableMap.of("count", counts.asMap()),
        ImmutableMap.of());
  }

  @Override
  public void save(Path file) throws IOException {
    ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
    state()
        .forEach(
            (kind, tensors) ->
                tensors.asMap().forEach((name, tensor) -> all.put(kind + "." + name, tensor)));
    new SafetensorsWriter().addAll(all.buildOrThrow()).write(file);
  }

  @Override
  public void load(Path file) throws IOException {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard();
        SafetensorsFile saved = SafetensorsFile.open(file)) {
      for (var kind : state().entrySet()) {
        for (var entry : kind.getValue().asMap().entrySet()) {
          entry.getValue().copy_(saved.tensor(kind.getKey() + "." + entry.getKey()));
        }
      }
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
