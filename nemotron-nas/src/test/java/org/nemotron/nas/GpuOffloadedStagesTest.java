package org.nemotron.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.distill.GlobalDistillation;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.RefitSettings;
import org.nemotron.nas.library.SequentialRefit;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;

/**
 * The stages with layers in host memory that come to a GPU in turn, against a parent that is there.
 */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuOffloadedStagesTest {
  private static final Device GPU = new Device("cuda", 0);

  /** Nats: the same kernels, but for what a library of the GPU chooses by its free memory. */
  private static final double TOLERANCE = 1e-3;

  private static final Candidate.Block PAIR =
      new Candidate.Block(1, new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24)));

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static HeterogeneousModel parent(boolean offloaded) {
    try (HeterogeneousModel random = SmallParent.model();
        NamedTensors own = NamedTensors.of(random.tensors());
        NamedTensors host = own.map(tensor -> Tensors.cast(tensor, DType.BFLOAT16));
        NamedTensors there = host.map(tensor -> Tensors.toDevice(tensor, GPU))) {
      Map<String, Tensor> all = new HashMap<>(there.asMap());
      if (offloaded) {
        host.asMap()
            .forEach(
                (name, tensor) -> {
                  if (!random.spec().nonBlockTensorShapes().containsKey(name)) {
                    all.put(name, tensor);
                  }
                });
      }
      try (NamedTensors mixed = NamedTensors.of(all)) {
        return HeterogeneousModel.of(random.spec(), mixed);
      }
    }
  }

  private record Made(ScoreTable scores, ModelQuality child, double lastLoss) {
    static Made of(boolean offloaded) throws IOException {
      InitSettings init =
          new InitSettings(
              InitSettings.ChannelImportance.INDEPENDENT,
              InitSettings.KvHeadStart.MEAN_POOLING,
              2,
              true);
      try (HeterogeneousModel parent = parent(offloaded);
          BlockLibrary calibrated =
              new Calibrator(init).calibrate(parent, SmallParent.SPACE, SmallParent.training());
          BlockLibrary start = calibrated.withCandidates(ImmutableList.of(PAIR))) {
        assertThat(parent.offloaded()).hasSize(offloaded ? 3 : 0);
        assertThat(parent.device()).isEqualTo(GPU);
        LocalDistillation distilled =
            new LocalDistiller(
                    new LocalDistillationSettings(6, OptimizerSettings.ofRate(3e-3), 10, 1))
                .withThreads(2)
                .distill(start, start.candidates(), SmallParent.training());
        try (BlockLibrary library = distilled.library();
            HeterogeneousModel assembled =
                library.assemble(Architecture.ofOne(parent.spec(), PAIR));
            HeterogeneousModel fitted =
                new SequentialRefit(new RefitSettings(2, 0.1), 2)
                    .refit(parent, assembled, SmallParent.training(), layer -> {})) {
          ScoreTable scores =
              new BlockScorer(ScoringSettings.DEFAULT.withCandidatesPerPass(2))
                  .withThreads(2)
                  .score(library, SmallParent.heldOut());
          ModelQuality quality =
              new ModelEvaluator(SmallParent.heldOut(), 2)
                  .evaluate(parent, ImmutableList.of(fitted))
                  .get(0);
          GlobalDistillation global =
              new GlobalDistiller(
                      new GlobalDistillationSettings(2, OptimizerSettings.ofRate(1e-4), 1, 1, 0, 2))
                  .withParentDivided(GPU)
                  .distill(parent, fitted, SmallParent.training(), SmallParent.heldOut());
          try (HeterogeneousModel child = global.child()) {
            assertThat(child.spec()).isEqualTo(fitted.spec());
          }
          return new Made(scores, quality, global.losses().get(1));
        }
      }
    }
  }

  @Test
  void stages_offloadedLayers_agreeWithAParentOnTheGpu() throws IOException {
    Made whole = Made.of(false);
    Made offloaded = Made.of(true);
    assertThat(offloaded.scores().scores().keySet()).isEqualTo(whole.scores().scores().keySet());
    offloaded
        .scores()
        .scores()
        .forEach(
            (candidate, score) ->
                assertThat(score.klNats())
                    .as("%s", candidate)
                    .isCloseTo(whole.scores().score(candidate).klNats(), within(TOLERANCE)));
    assertThat(offloaded.child().klNats()).isCloseTo(whole.child().klNats(), within(TOLERANCE));
    assertThat(offloaded.lastLoss()).isCloseTo(whole.lastLoss(), within(0.01));
  }
}
