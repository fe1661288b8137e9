package org.nemotron.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.testing.RankThreads;
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
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.library.SequentialRefit;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;

/** That stages give the same bits with a parent whose layers are offloaded as with a whole one. */
final class OffloadedStagesTest {
  private static final InitSettings INIT =
      new InitSettings(
          InitSettings.ChannelImportance.INDEPENDENT,
          InitSettings.KvHeadStart.MEAN_POOLING,
          2,
          true);

  private static final SearchSpace SPACE = SmallParent.SPACE.toBuilder().multiLayer(2).build();

  private static final Candidate.Block PAIR =
      new Candidate.Block(1, new BlockSpec(new AttentionSpec.Linear(), SmallParent.FFN));

  @BeforeEach
  void oneCore() {
    CpuThreads.perOperation(1);
  }

  private static Map<Candidate, ImmutableMap<String, List<Float>>> trained(
      Supplier<HeterogeneousModel> model, Communicator ranks, int residentLayers) {
    try (HeterogeneousModel parent = model.get();
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
      try (BlockLibrary library = distilled.library()) {
        Map<Candidate, ImmutableMap<String, List<Float>>> weights = new HashMap<>();
        library
            .trained()
            .forEach(candidate -> weights.put(candidate, TensorValues.of(library, candidate)));
        return weights;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void calibrationAndDistillation_offloaded_giveTheBitsOfTheWholeParent(int size) throws Exception {
    Map<Candidate, ImmutableMap<String, List<Float>>> whole =
        trained(OffloadedParent::whole, Communicator.alone(), 0);
    for (int residentLayers : new int[] {0, 1}) {
      Map<Candidate, ImmutableMap<String, List<Float>>> together = new HashMap<>();
      RankThreads.run(size, ranks -> trained(OffloadedParent::offloaded, ranks, residentLayers))
          .forEach(together::putAll);
      assertThat(together).isEqualTo(whole);
    }
  }

  private static BlockLibrary library(HeterogeneousModel parent) {
    try (BlockLibrary calibrated =
        new Calibrator(INIT).calibrate(parent, SPACE, SmallParent.training())) {
      return calibrated.withCandidates(ImmutableList.of(PAIR));
    }
  }

  private static ScoreTable scores(Supplier<HeterogeneousModel> model, Communicator ranks) {
    try (HeterogeneousModel parent = model.get();
        BlockLibrary library = library(parent)) {
      return new BlockScorer(ScoringSettings.DEFAULT.withCandidatesPerPass(2))
          .withThreads(1)
          .withRanks(ranks)
          .score(library, SmallParent.heldOut());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void scores_offloaded_areThoseOfTheWholeParent(int size) throws Exception {
    ScoreTable whole = scores(OffloadedParent::whole, Communicator.alone());
    assertThat(RankThreads.run(size, ranks -> scores(OffloadedParent::offloaded, ranks)))
        .containsOnly(whole);
  }

  private static Architecture architecture() {
    return Architecture.ofOne(SmallParent.spec(), PAIR);
  }

  private record Fitted(
      ImmutableMap<String, List<Float>> weights, ImmutableList<ModelQuality> qualities) {}

  private static Fitted fitted(Supplier<HeterogeneousModel> model) {
    try (HeterogeneousModel parent = model.get();
        BlockLibrary library = library(parent);
        HeterogeneousModel child = library.assemble(architecture());
        HeterogeneousModel fitted =
            new SequentialRefit(new RefitSettings(2, 0.1), 2)
                .refit(parent, child, SmallParent.training(), layer -> {})) {
      assertThat(child.offloaded().isEmpty()).isEqualTo(parent.offloaded().isEmpty());
      return new Fitted(
          TensorValues.of(fitted.tensors()),
          new ModelEvaluator(SmallParent.heldOut(), 2)
              .evaluate(parent, ImmutableList.of(child, fitted, parent)));
    }
  }

  @Test
  void assembledRefittedAndEvaluated_offloaded_areThoseOfTheWholeParent() {
    assertThat(fitted(OffloadedParent::offloaded)).isEqualTo(fitted(OffloadedParent::whole));
  }

  @Test
  void globalDistillation_offloadedButNotDivided_isRefused() {
    try (HeterogeneousModel parent = OffloadedParent.offloaded()) {
      GlobalDistiller distiller =
          new GlobalDistiller(
              new GlobalDistillationSettings(1, OptimizerSettings.ofRate(1e-3), 1, 1, 0, 1));
      assertThatThrownBy(
              () ->
                  distiller.distill(parent, parent, SmallParent.training(), SmallParent.heldOut()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the parent's layers [0, 1, 2] are offloaded.\nMaybe withParentDivided brings them.");
    }
  }
}
