package org.nemotron.nas.score;

import com.google.common.collect.ImmutableList;
import com.google.common.math.StatsAccumulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.activation.Divergences;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.library.internal.MemoryPlan;

/**
 * Measures whole models against their parent on held-out text, by full forward passes. Models whose
 * layers are offloaded go through them layer by layer, all windows of a batch together.
 */
public final class ModelEvaluator {
  // Shape letters in this file: T = tokens, V = vocabulary.

  /** The parent's and a model's logits, their log-probabilities, and what compares them. */
  private static final long LOGITS_COPIES = 7;

  private final EvaluationBatches data;
  private final int threads;

  /** Makes an evaluator on all of {@code data} that uses all cores. */
  public ModelEvaluator(EvaluationBatches data) {
    this(data, CpuThreads.available());
  }

  /** Makes an evaluator on all of {@code data} that uses {@code threads} cores. */
  public ModelEvaluator(EvaluationBatches data, int threads) {
    this.data = data;
    this.threads = threads;
  }

  /**
   * Returns the quality of each of {@code models}, in their order; the parent may be among them.
   * The parent runs once per window, whatever the number of models.
   *
   * @throws NonFiniteException if a model's values are not finite; it names the model's index and
   *     the layer
   */
  public ImmutableList<ModelQuality> evaluate(
      HeterogeneousModel parent, List<HeterogeneousModel> models) {
    List<List<OfWindow>> windows = new ArrayList<>();
    models.forEach(model -> windows.add(new ArrayList<>()));
    try (TensorThreads team = new TensorThreads(workers(parent, models.size()))) {
      for (int batch = 0; batch < data.batches(); batch++) {
        evaluateBatch(parent, models, batch, windows, team);
      }
    }
    return windows.stream().map(ModelEvaluator::quality).collect(ImmutableList.toImmutableList());
  }

  /** On a GPU no more windows side by side than its memory holds. */
  private int workers(HeterogeneousModel parent, int models) {
    if (models == 0 || parent.device().equals(Device.CPU)) {
      return threads;
    }
    try (NativeScope scope = NativeScope.open()) {
      long window = data.batch(0).size(1);
      return MemoryPlan.of(parent.device(), threads)
          .fitting(LOGITS_COPIES * Float.BYTES * window * parent.spec().vocabularySize());
    }
  }

  private void evaluateBatch(
      HeterogeneousModel parent,
      List<HeterogeneousModel> models,
      int batch,
      List<List<OfWindow>> windows,
      TensorThreads team) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor ids = Tensors.move(data.batch(batch), parent.device(), DType.INT64);
      List<Integer> rows = IntStream.range(0, (int) ids.size(0)).boxed().toList();
      List<ImmutableList<OfWindow>> results = new ArrayList<>();
      rows.forEach(row -> results.add(ImmutableList.of()));
      List<HeterogeneousModel> offloaded =
          Stream.concat(Stream.of(parent), models.stream())
              .distinct()
              .filter(model -> !model.offloaded().isEmpty())
              .toList();
      try (LayeredPasses passes = LayeredPasses.of(offloaded, ids, team)) {
        team.forEach(
            rows,
            row ->
                results.set(
                    row,
                    evaluateWindow(
                        parent, models, ids.narrow(0, row, 1), model -> passes.last(model, row))));
      }
      for (ImmutableList<OfWindow> ofModels : results) {
        for (int model = 0; model < models.size(); model++) {
          windows.get(model).add(ofModels.get(model));
        }
      }
    }
  }

  private record OfWindow(double kl, double loss, double accuracy) {
    boolean isFinite() {
      return Double.isFinite(kl) && Double.isFinite(loss);
    }
  }

  private static NonFiniteException notFinite(
      HeterogeneousModel parent,
      int index,
      HeterogeneousModel model,
      OfWindow result,
      Tensor ids1T) {
    Optional<String> ofParent = LayeredPasses.notFinite(parent, ids1T);
    String where =
        ofParent
            .map(part -> "the parent's " + part)
            .orElseGet(() -> LayeredPasses.notFinite(model, ids1T).orElse("the head"));
    return new NonFiniteException(
        "evaluation, model "
            + index
            + ": KL ("
            + result.kl()
            + ") or loss ("
            + result.loss()
            + ") is not finite, first in "
            + where
            + ".\nMaybe the weights are damaged.");
  }

  private static ImmutableList<OfWindow> evaluateWindow(
      HeterogeneousModel parent, List<HeterogeneousModel> models, Tensor ids1T, LastStates passed) {
    try (NoGradGuard inference = new NoGradGuard()) {
      Tensor parentLogTV = logProbabilities(parent, ids1T, passed);
      ImmutableList.Builder<OfWindow> results = ImmutableList.builder();
      for (HeterogeneousModel model : models) {
        try (NativeScope scope = NativeScope.open()) {
          Tensor logTV = model == parent ? parentLogTV : logProbabilities(model, ids1T, passed);
          OfWindow result = compare(parentLogTV, logTV, ids1T.select(0, 0));
          if (!result.isFinite()) {
            throw notFinite(parent, models.indexOf(model), model, result, ids1T);
          }
          results.add(result);
        }
      }
      return results.build();
    }
  }

  /** What models whose layers are offloaded have put out for one window. */
  private interface LastStates {
    /**
     * Returns {@code [1, T, D]} before the final norm; empty for a model that is there as a whole.
     */
    Optional<Tensor> of(HeterogeneousModel model);
  }

  private static Tensor logProbabilities(
      HeterogeneousModel model, Tensor ids1T, LastStates passed) {
    Tensor logits1TV =
        NativeScope.only(
            () -> passed.of(model).map(model::head).orElseGet(() -> model.logits(ids1T)));
    return torch.log_softmax(logits1TV.squeeze(0), 1);
  }

  private static OfWindow compare(Tensor parentLogTV, Tensor logTV, Tensor idsT) {
    long tokens = idsT.size(0);
    Tensor targetsT = idsT.narrow(0, 1, tokens - 1);
    Tensor predictedTV = logTV.narrow(0, 0, tokens - 1);
    Tensor rightT = predictedTV.argmax(new LongOptional(1), false).eq(targetsT);
    return new OfWindow(
        Tensors.scalar(Divergences.kl(parentLogTV, logTV).mean()),
        -Tensors.scalar(torch.gather(predictedTV, 1, targetsT.unsqueeze(1)).mean()),
        Tensors.scalar(rightT.sum()) / (tokens - 1));
  }

  private static ModelQuality quality(List<OfWindow> windows) {
    StatsAccumulator kl = new StatsAccumulator();
    windows.forEach(window -> kl.add(window.kl()));
    return new ModelQuality(
        kl.mean(),
        kl.count() < 2 ? 0 : kl.sampleStandardDeviation() / Math.sqrt(kl.count()),
        windows.stream().mapToDouble(OfWindow::loss).average().orElseThrow(),
        windows.stream().mapToDouble(OfWindow::accuracy).average().orElseThrow());
  }
}
