package org.nemotron.nas;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.testing.RankThreads;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;

/** That stages give the same bits whatever the number of ranks. */
final class RankedStagesTest {
  private static final InitSettings INIT =
      new InitSettings(
          InitSettings.ChannelImportance.INDEPENDENT,
          InitSettings.KvHeadStart.MEAN_POOLING,
          2,
          true);

  /** Blocks for two layers make candidates that two ranks go through the same layer for. */
  private static final SearchSpace SPACE = SmallParent.SPACE.toBuilder().multiLayer(2).build();

  /** What one rank has made. */
  private record Made(
      Map<Candidate, ImmutableMap<String, List<Float>>> weights,
      List<CandidateTraining> trainings) {}

  private static Made made(Communicator ranks, int residentLayers) {
    try (HeterogeneousModel parent = SmallParent.model();
        BlockLibrary start =
            new Calibrator(INIT)
                .withRanks(ranks)
                .calibrate(parent, SPACE, SmallParent.training())) {
      LocalDistillation distilled =
          new LocalDistiller(
                  new LocalDistillationSettings(
                      3, OptimizerSettings.ofRate(3e-3), 10, residentLayers))
              .withThreads(1)
              .withRanks(ranks)
              .distill(start, start.candidates(), SmallParent.training());
      try (BlockLibrary trained = distilled.library()) {
        Map<Candidate, ImmutableMap<String, List<Float>>> weights = new HashMap<>();
        TensorValues.of(trained)
            .forEach(
                (candidate, values) -> {
                  if (trained.trained().contains(candidate)) {
                    weights.put(candidate, values);
                  }
                });
        return new Made(weights, distilled.trainings());
      }
    }
  }

  private static Made together(List<Made> parts) {
    Map<Candidate, ImmutableMap<String, List<Float>>> weights = new HashMap<>();
    ImmutableList.Builder<CandidateTraining> trainings = ImmutableList.builder();
    for (Made part : parts) {
      part.weights()
          .forEach((candidate, values) -> assertThat(weights.put(candidate, values)).isNull());
      trainings.addAll(part.trainings());
    }
    return new Made(weights, trainings.build());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void calibrationAndDistillation_onSeveralRanks_giveTheBitsOfOne(int size) throws Exception {
    CpuThreads.perOperation(1);
    Made alone = made(Communicator.alone(), 0);
    Made together = together(RankThreads.run(size, ranks -> made(ranks, 0)));
    assertThat(together.weights()).isEqualTo(alone.weights());
    assertThat(together.trainings()).containsExactlyInAnyOrderElementsOf(alone.trainings());
  }

  @Test
  void distillation_inGroupsOfOneLayer_givesTheBitsOfOneRank() throws Exception {
    Made alone = made(Communicator.alone(), 0);
    Made together = together(RankThreads.run(2, ranks -> made(ranks, 1)));
    assertThat(together.weights()).isEqualTo(alone.weights());
  }

  private static ScoreTable scores(Communicator ranks) {
    try (HeterogeneousModel parent = SmallParent.model();
        BlockLibrary library =
            new Calibrator(INIT).calibrate(parent, SPACE, SmallParent.training())) {
      return new BlockScorer(ScoringSettings.DEFAULT.withCandidatesPerPass(2))
          .withThreads(1)
          .withRanks(ranks)
          .score(library, SmallParent.heldOut());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void scores_onSeveralRanks_areThoseOfOne(int size) throws Exception {
    ScoreTable alone = scores(Communicator.alone());
    assertThat(RankThreads.run(size, RankedStagesTest::scores)).containsOnly(alone);
  }
}
