package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.LibraryFiles;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;

/** The stages that train and score, on a GPU in bfloat16 against the CPU in float32. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuStagesTest {
  private static final Device GPU = new Device("cuda", 0);
  private static final int STEPS = 12;

  /** Losses are means over 2,048 numbers, each off by a few roundings to 8 bits. */
  private static final double LOSS_TOLERANCE = 0.05;

  /** Nats: logits of size 1 are off by a hundredth, and their squares enter the KL. */
  private static final double KL_TOLERANCE = 0.02;

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  /** The parent with weights that are exact in bfloat16, as {@code dtype} on {@code device}. */
  private static HeterogeneousModel parent(Device device, DType dtype) {
    try (HeterogeneousModel random = SmallParent.model();
        NamedTensors weights = NamedTensors.of(random.tensors());
        NamedTensors moved = weights.map(tensor -> moved(tensor, device, dtype))) {
      return HeterogeneousModel.of(random.spec(), moved);
    }
  }

  private static Tensor moved(Tensor tensor, Device device, DType dtype) {
    Tensor rounded = Tensors.cast(Tensors.cast(tensor, DType.BFLOAT16), dtype);
    return Tensors.move(rounded, device, dtype).clone();
  }

  private static BlockLibrary calibrated(HeterogeneousModel parent) {
    InitSettings settings =
        new InitSettings(
            InitSettings.ChannelImportance.ITERATIVE, InitSettings.KvHeadStart.BEST_HEADS, 2, true);
    return new Calibrator(settings).calibrate(parent, SmallParent.SPACE, SmallParent.training());
  }

  private record Stages(
      ImmutableMap<Candidate, CandidateTraining> trainings, ScoreTable before, ScoreTable after) {
    static Stages of(HeterogeneousModel parent) {
      try (NativeScope scope = NativeScope.open();
          BlockLibrary start = calibrated(parent)) {
        ScoringSettings scoring = ScoringSettings.DEFAULT.withCandidatesPerPass(2);
        ScoreTable before =
            new BlockScorer(scoring).withThreads(3).score(start, SmallParent.heldOut());
        LocalDistillation distilled =
            new LocalDistiller(
                    new LocalDistillationSettings(STEPS, OptimizerSettings.ofRate(3e-3), 10, 0))
                .withThreads(3)
                .distill(start, start.candidates(), SmallParent.training());
        try (BlockLibrary trained = distilled.library()) {
          ScoreTable after =
              new BlockScorer(scoring).withThreads(3).score(trained, SmallParent.heldOut());
          ImmutableMap.Builder<Candidate, CandidateTraining> trainings = ImmutableMap.builder();
          distilled.trainings().forEach(one -> trainings.put(one.candidate(), one));
          return new Stages(trainings.buildOrThrow(), before, after);
        }
      }
    }
  }

  @Test
  void distillAndScore_onAGpu_agreesWithTheCpu() {
    Stages cpu;
    Stages gpu;
    try (HeterogeneousModel parent = parent(Device.CPU, DType.FLOAT32)) {
      cpu = Stages.of(parent);
    }
    try (HeterogeneousModel parent = parent(GPU, DType.BFLOAT16)) {
      gpu = Stages.of(parent);
    }
    assertThat(gpu.trainings().keySet()).isEqualTo(cpu.trainings().keySet());
    cpu.trainings()
        .forEach(
            (candidate, training) -> {
              var losses = verifyNotNull(gpu.trainings().get(candidate)).losses();
              assertThat(losses.length()).as("%s", candidate).isEqualTo(STEPS);
              for (int step = 0; step < STEPS; step++) {
                assertThat(losses.get(step))
                    .as("%s, step %s", candidate, step)
                    .isCloseTo(
                        training.losses().get(step),
                        within(LOSS_TOLERANCE * (0.1 + training.losses().get(step))));
              }
            });
    assertScores(gpu.before(), cpu.before());
    assertScores(gpu.after(), cpu.after());
  }

  @Test
  void readLibrary_onAGpu_staysInItsFilesAndComesWhenAskedFor(@TempDir Path directory)
      throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel parent = parent(GPU, DType.BFLOAT16);
        BlockLibrary start = calibrated(parent)) {
      Candidate candidate = start.trained().iterator().next();
      List<?> unused = LibraryFiles.write(start, ImmutableSet.of(candidate), directory);
      try (BlockLibrary read = LibraryFiles.read(directory, parent);
          NamedTensors expected = start.weights(candidate);
          NamedTensors weights = read.weights(candidate)) {
        weights
            .asMap()
            .forEach(
                (name, tensor) -> {
                  assertThat(Tensors.device(tensor)).isEqualTo(GPU);
                  assertThat(tensor.equal(expected.get(name))).isTrue();
                });
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void distillGlobally_microBatchesOnAGpu_learnAsWholeBatches(int microBatch) throws IOException {
    try (HeterogeneousModel parent = parent(GPU, DType.BFLOAT16)) {
      ImmutableList<Double> whole = losses(parent, OptimizerStates.EIGHT_BIT);
      ImmutableList<Double> pieces = losses(parent, OptimizerStates.EIGHT_BIT, microBatch);
      for (int step = 0; step < STEPS; step++) {
        assertThat(pieces.get(step))
            .isCloseTo(whole.get(step), within(0.1 * (0.1 + whole.get(step))));
      }
    }
  }

  private static void assertScores(ScoreTable actual, ScoreTable expected) {
    assertThat(actual.scores().keySet()).isEqualTo(expected.scores().keySet());
    expected
        .scores()
        .forEach(
            (candidate, score) ->
                assertThat(verifyNotNull(actual.scores().get(candidate)).klNats())
                    .as("%s", candidate)
                    .isCloseTo(
                        score.klNats(), within(KL_TOLERANCE + LOSS_TOLERANCE * score.klNats())));
  }

  @ParameterizedTest
  @EnumSource(OptimizerStates.class)
  void distillGlobally_onAGpu_followsTheCpu(OptimizerStates states) throws IOException {
    ImmutableList<Double> cpu;
    ImmutableList<Double> gpu;
    try (HeterogeneousModel parent = parent(Device.CPU, DType.FLOAT32)) {
      cpu = losses(parent, states);
    }
    try (HeterogeneousModel parent = parent(GPU, DType.BFLOAT16)) {
      gpu = losses(parent, states);
    }
    assertThat(gpu).hasSameSizeAs(cpu);
    for (int step = 0; step < cpu.size(); step++) {
      assertThat(gpu.get(step)).isCloseTo(cpu.get(step), within(0.1 * (0.1 + cpu.get(step))));
    }
    assertThat(gpu.get(STEPS - 1)).isLessThan(gpu.get(0));
  }

  private static ImmutableList<Double> losses(HeterogeneousModel parent, OptimizerStates states)
      throws IOException {
    return losses(parent, states, 0);
  }

  private static ImmutableList<Double> losses(
      HeterogeneousModel parent, OptimizerStates states, int microBatch) throws IOException {
    BlockSpec narrow = new BlockSpec(SmallParent.ATTENTION, new FfnSpec.Gated(16));
    try (NamedTensors random = SmallParent.weights(narrow.tensorShapes(SmallParent.WIDTH), 5);
        NamedTensors weights =
            random.map(tensor -> moved(tensor, parent.device(), parent.dtype()));
        HeterogeneousModel start = parent.withBlock(1, narrow, weights)) {
      GlobalDistillationSettings settings =
          new GlobalDistillationSettings(
              STEPS, OptimizerSettings.ofRate(3e-3), 1, 1, 0, 6, states, microBatch);
      GlobalDistillation distilled =
          new GlobalDistiller(settings)
              .withThreads(1)
              .distill(parent, start, SmallParent.training(), SmallParent.heldOut());
      try (HeterogeneousModel child = distilled.child()) {
        assertThat(child.dtype()).isEqualTo(parent.dtype());
        return ImmutableList.copyOf(distilled.losses().asList());
      }
    }
  }
}
