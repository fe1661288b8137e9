package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Resources;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.RefitSettings;
import org.nemotron.nas.library.SequentialRefit;
import org.nemotron.nas.report.SearchRound.KlToParent;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;

/**
 * Makes what global distillation begins with: the assembled child, refitted where the plan says so
 * and it is nearer to the parent on the text kept for scores.
 */
final class ChildStart {
  private final RunInputs inputs;
  private final TrainedLibrary trained;

  ChildStart(RunInputs inputs, TrainedLibrary trained) {
    this.inputs = inputs;
    this.trained = trained;
  }

  /**
   * A child before its distillation.
   *
   * @param model the nearer one of assembled and refitted; the caller closes it
   * @param assembledNats KL to the parent as assembled
   * @param refittedNats KL to the parent when refitted; as assembled where the plan has no refit
   */
  record Start(HeterogeneousModel model, double assembledNats, double refittedNats) {
    /** Returns whether {@code model} is refitted. */
    boolean refitted() {
      return refittedNats < assembledNats;
    }
  }

  /** Returns the child as assembled, for a plan without refit; the caller closes it. */
  HeterogeneousModel assembled(Architecture architecture) {
    return trained.library().assemble(architecture);
  }

  /** Returns the child, measured. */
  Start measured(Architecture architecture) {
    RefitSettings settings = inputs.plan().refit();
    try (Resources made = new Resources()) {
      HeterogeneousModel assembled = made.add(assembled(architecture), HeterogeneousModel::close);
      if (settings.batches() == 0) {
        double kl = kl(ImmutableList.of(assembled)).get(0);
        Resources unused = made.complete();
        return new Start(assembled, kl, kl);
      }
      HeterogeneousModel fitted =
          made.add(refitted(assembled, settings), HeterogeneousModel::close);
      ImmutableList<Double> kl = kl(ImmutableList.of(assembled, fitted));
      boolean better = kl.get(1) < kl.get(0);
      Resources unused = made.complete();
      (better ? assembled : fitted).close();
      return new Start(better ? fitted : assembled, kl.get(0), kl.get(1));
    }
  }

  /** Returns how far the child is from the parent. */
  KlToParent klToParent(Architecture architecture) {
    Start start = measured(architecture);
    try (HeterogeneousModel unused = start.model()) {
      return new KlToParent(
          start.assembledNats(), Math.min(start.assembledNats(), start.refittedNats()));
    }
  }

  private HeterogeneousModel refitted(HeterogeneousModel assembled, RefitSettings settings) {
    return new SequentialRefit(settings, inputs.threads())
        .refit(
            inputs.parent(),
            assembled,
            inputs.trainingBatches("refit", inputs.plan().data().batchSize()),
            layer -> {});
  }

  private ImmutableList<Double> kl(ImmutableList<HeterogeneousModel> models) {
    return new ModelEvaluator(inputs.validationBatches(), inputs.threads())
        .evaluate(inputs.parent(), models).stream()
            .map(ModelQuality::klNats)
            .collect(ImmutableList.toImmutableList());
  }
}
