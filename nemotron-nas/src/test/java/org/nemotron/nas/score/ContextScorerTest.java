package org.nemotron.nas.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;

final class ContextScorerTest {
  /** Both are float32 means; they sum in another order. */
  private static final double TOLERANCE = 2e-5;

  private static final BlockSpec PAIR =
      new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24));

  private NativeScope scope;
  private HeterogeneousModel parent;
  private ModelSpec spec;
  private BlockLibrary library;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
    spec = parent.spec();
    InitSettings settings =
        new InitSettings(
            InitSettings.ChannelImportance.INDEPENDENT,
            InitSettings.KvHeadStart.MEAN_POOLING,
            2,
            true);
    try (BlockLibrary plain =
        new Calibrator(settings).calibrate(parent, SmallParent.SPACE, SmallParent.training())) {
      library = plain.withCandidates(ImmutableList.of(new Candidate.Block(0, PAIR)));
    }
  }

  @AfterEach
  void close() {
    library.close();
    parent.close();
    scope.close();
  }

  private ContextScores scores(Architecture child, int candidatesPerPass, int threads) {
    return new ContextScorer(ScoringSettings.DEFAULT.withCandidatesPerPass(candidatesPerPass))
        .withThreads(threads)
        .score(library, child, library.candidates(), SmallParent.heldOut(), batch -> {});
  }

  private double measured(Architecture architecture) {
    try (HeterogeneousModel model = library.assemble(architecture)) {
      return new ModelEvaluator(SmallParent.heldOut(), 1)
          .evaluate(parent, ImmutableList.of(model))
          .get(0)
          .klNats();
    }
  }

  private Candidate.MultiLayer multiLayer() {
    return library.candidates().stream()
        .filter(Candidate.MultiLayer.class::isInstance)
        .map(Candidate.MultiLayer.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private Architecture mixed() {
    return Architecture.ofParent(spec)
        .with(
            new BlockChoice.Decoupled(
                0, new BlockSpec(new AttentionSpec.NoOp(), spec.block(0).ffn())))
        .with(
            new BlockChoice.Decoupled(
                1, new BlockSpec(spec.block(1).attention(), new FfnSpec.NoOp())));
  }

  private Architecture withPair() {
    return mixed().with(new BlockChoice.Coupled(0, PAIR));
  }

  private Architecture withMultiLayer() {
    return Architecture.ofParent(spec)
        .with(
            new BlockChoice.MultiLayer(
                multiLayer().layer(), multiLayer().layers(), multiLayer().spec()));
  }

  @Test
  void score_inTheParentItself_equalsTheScoreOfEachAlone() {
    ContextScores inParent = scores(Architecture.ofParent(spec), 4, 2);
    ScoreTable alone =
        new BlockScorer(ScoringSettings.DEFAULT)
            .withThreads(2)
            .score(library, library.candidates(), SmallParent.heldOut());
    assertThat(inParent.whole().klNats()).isCloseTo(0, within(TOLERANCE));
    assertThat(inParent.table().scores().keySet()).isEqualTo(alone.scores().keySet());
    for (Candidate candidate : library.candidates()) {
      Score expected = alone.score(candidate);
      Score score = inParent.table().score(candidate);
      String id = candidate.id();
      assertThat(score.klNats()).as(id).isCloseTo(expected.klNats(), within(TOLERANCE));
      assertThat(score.lossIncrease()).as(id).isCloseTo(expected.lossIncrease(), within(TOLERANCE));
      assertThat(score.accuracyDrop()).as(id).isCloseTo(expected.accuracyDrop(), within(TOLERANCE));
      assertThat(score.klStandardError())
          .as(id)
          .isCloseTo(expected.klStandardError(), within(TOLERANCE));
    }
  }

  @Test
  void predicted_childItself_isWhatWasMeasured() {
    for (Architecture child : List.of(mixed(), withPair(), withMultiLayer())) {
      ContextScores scores = scores(child, 4, 2);
      double measured = measured(child);
      assertThat(measured).isGreaterThan(0.001);
      assertThat(scores.predicted(spec, child, Score.Metric.KL))
          .isCloseTo(measured, within(TOLERANCE));
      assertThat(scores.whole().klNats()).isCloseTo(measured, within(TOLERANCE));
    }
  }

  @Test
  void predicted_childWithOneChoiceExchanged_isWhatThatMeasures() {
    for (Architecture child : List.of(mixed(), withPair(), withMultiLayer())) {
      ContextScores scores = scores(child, 3, 2);
      for (Architecture other : exchanged(child)) {
        assertThat(scores.predicted(spec, other, Score.Metric.KL))
            .as(other.toString())
            .isCloseTo(measured(other), within(TOLERANCE));
      }
    }
  }

  /** Returns the child with one attention, FFN, pair or block of several layers instead. */
  private ImmutableList<Architecture> exchanged(Architecture child) {
    List<Architecture> others = new ArrayList<>();
    for (Candidate candidate : library.candidates()) {
      int layer = candidate.layer();
      boolean alone =
          child.choices().stream()
              .anyMatch(
                  choice ->
                      choice.layer() == layer
                          && choice.layers() == 1
                          && !(choice instanceof BlockChoice.Coupled));
      BlockSpec now = child.blocks().get(layer);
      if (candidate instanceof Candidate.Attention attention && alone) {
        others.add(
            child.with(
                new BlockChoice.Decoupled(layer, new BlockSpec(attention.spec(), now.ffn()))));
      } else if (candidate instanceof Candidate.Ffn ffn && alone) {
        others.add(
            child.with(
                new BlockChoice.Decoupled(layer, new BlockSpec(now.attention(), ffn.spec()))));
      } else if (candidate instanceof Candidate.Block pair && alone) {
        others.add(child.with(new BlockChoice.Coupled(layer, pair.spec())));
      } else if (candidate instanceof Candidate.MultiLayer block
          && !child.equals(withMultiLayer())) {
        others.add(child.with(new BlockChoice.MultiLayer(layer, block.layers(), block.spec())));
      }
    }
    return ImmutableList.copyOf(others);
  }

  @Test
  void score_otherPassesAndThreads_givesTheSame() {
    ContextScores one = scores(mixed(), 1, 1);
    ContextScores many = scores(mixed(), 7, 3);
    for (Candidate candidate : library.candidates()) {
      assertThat(many.table().score(candidate).klNats())
          .as(candidate.id())
          .isCloseTo(one.table().score(candidate).klNats(), within(TOLERANCE));
    }
  }
}
