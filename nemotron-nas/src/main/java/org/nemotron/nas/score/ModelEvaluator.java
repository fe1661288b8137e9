package org.nemotron.nas.score;

import com.google.common.math.StatsAccumulator;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.Divergences;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.SideBySide;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.EvaluationBatches;

/** Measures a whole model against its parent on held-out text, by full forward passes. */
public final class ModelEvaluator {
  // Shape letters in this file: T = tokens, V = vocabulary.

  private final EvaluationBatches data;
  private final int batches;
  private final int threads;

  /** Makes an evaluator on the first {@code batches} batches of {@code data}, or all if fewer. */
  public ModelEvaluator(EvaluationBatches data, int batches, int threads) {
    this.data = data;
    this.batches = Math.min(batches, data.batches());
    this.threads = threads;
  }

  /** Returns the quality of {@code model}, which may be {@code parent} itself. */
  public ModelQuality evaluate(HeterogeneousModel parent, HeterogeneousModel model) {
    List<Integer> indices = new ArrayList<>();
    List<OfWindow> windows = new ArrayList<>();
    for (int batch = 0; batch < batches; batch++) {
      indices.add(batch);
    }
    List<List<OfWindow>> results = new ArrayList<>();
    indices.forEach(batch -> results.add(new ArrayList<>()));
    try (SideBySide sideBySide = new SideBySide(threads)) {
      sideBySide.forEach(indices, batch -> evaluate(parent, model, batch, results.get(batch)));
    }
    results.forEach(windows::addAll);
    StatsAccumulator kl = new StatsAccumulator();
    windows.forEach(window -> kl.add(window.kl()));
    return new ModelQuality(
        kl.mean(),
        kl.count() < 2 ? 0 : kl.sampleStandardDeviation() / Math.sqrt(kl.count()),
        windows.stream().mapToDouble(OfWindow::loss).average().orElseThrow(),
        windows.stream().mapToDouble(OfWindow::accuracy).average().orElseThrow());
  }

  private record OfWindow(double kl, double loss, double accuracy) {}

  private void evaluate(
      HeterogeneousModel parent, HeterogeneousModel model, int batch, List<OfWindow> windows) {
    try (NoGradGuard inference = new NoGradGuard()) {
      Tensor ids = data.batch(batch);
      for (long row = 0; row < ids.size(0); row++) {
        try (NativeScope scope = NativeScope.open()) {
          windows.add(evaluate(parent, model, ids.narrow(0, row, 1)));
        }
      }
    }
  }

  private static OfWindow evaluate(
      HeterogeneousModel parent, HeterogeneousModel model, Tensor ids1T) {
    long tokens = ids1T.size(1);
    Tensor modelLogTV = torch.log_softmax(model.logits(ids1T).squeeze(0), 1);
    Tensor targets = ids1T.select(0, 0).narrow(0, 1, tokens - 1);
    Tensor predictedLogTV = modelLogTV.narrow(0, 0, tokens - 1);
    Tensor right = predictedLogTV.argmax(new LongOptional(1), false).eq(targets);
    double kl = 0;
    if (model != parent) {
      Tensor parentLogTV = torch.log_softmax(parent.logits(ids1T).squeeze(0), 1);
      kl = Tensors.scalar(Divergences.kl(parentLogTV, modelLogTV).mean());
    }
    return new OfWindow(
        kl,
        -Tensors.scalar(torch.gather(predictedLogTV, 1, targets.unsqueeze(1)).mean()),
        Tensors.scalar(right.sum()) / (tokens - 1));
  }
}
