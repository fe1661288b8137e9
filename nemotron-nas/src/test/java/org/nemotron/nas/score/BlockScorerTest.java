package org.nemotron.nas.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;

final class BlockScorerTest {
  /** Both are float32 means; they sum in another order. */
  private static final double TOLERANCE = 1e-5;

  private NativeScope scope;
  private HeterogeneousModel parent;
  private BlockLibrary library;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
    Candidate pair =
        new Candidate.Block(0, new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24)));
    try (BlockLibrary plain = calibrated(parent, SmallParent.SPACE)) {
      library = plain.withCandidates(ImmutableList.of(pair));
    }
  }

  private static BlockLibrary calibrated(HeterogeneousModel parent, SearchSpace space) {
    InitSettings settings =
        new InitSettings(
            InitSettings.ChannelImportance.INDEPENDENT,
            InitSettings.KvHeadStart.MEAN_POOLING,
            2,
            true);
    return new Calibrator(settings).calibrate(parent, space, SmallParent.training());
  }

  @AfterEach
  void close() {
    library.close();
    parent.close();
    scope.close();
  }

  private ScoreTable scores(int candidatesPerPass, int threads) {
    return new BlockScorer(ScoringSettings.DEFAULT.withCandidatesPerPass(candidatesPerPass))
        .withThreads(threads)
        .score(library, library.candidates(), SmallParent.heldOut());
  }

  @Test
  void score_everyKindOfCandidate_equalsFullForwardOfTheAssembledModel() {
    ScoreTable scores = scores(4, 2);
    List<HeterogeneousModel> hybrids = new ArrayList<>();
    hybrids.add(parent);
    for (Candidate candidate : library.candidates()) {
      hybrids.add(library.assemble(Architecture.ofOne(parent.spec(), candidate)));
    }
    ImmutableList<ModelQuality> full =
        new ModelEvaluator(SmallParent.heldOut(), 2).evaluate(parent, hybrids);
    for (int index = 0; index < library.candidates().size(); index++) {
      Candidate candidate = library.candidates().asList().get(index);
      Score score = scores.score(candidate);
      ModelQuality hybrid = full.get(index + 1);
      String id = candidate.id();
      assertThat(score.klNats()).as(id).isCloseTo(hybrid.klNats(), within(TOLERANCE));
      assertThat(score.klStandardError())
          .as(id)
          .isCloseTo(hybrid.klStandardError(), within(TOLERANCE));
      assertThat(score.lossIncrease())
          .as(id)
          .isCloseTo(hybrid.lossNats() - full.get(0).lossNats(), within(TOLERANCE));
      assertThat(score.accuracyDrop())
          .as(id)
          .isCloseTo(full.get(0).accuracy() - hybrid.accuracy(), within(TOLERANCE));
      assertThat(score.klNats()).as(id).isGreaterThan(0.001);
    }
    hybrids.forEach(HeterogeneousModel::close);
  }

  @Test
  void score_parentsOwnBlock_isZero() {
    Candidate.Block own = new Candidate.Block(1, SmallParent.BLOCK);
    try (BlockLibrary more = library.withCandidates(ImmutableList.of(own))) {
      Score score =
          new BlockScorer(ScoringSettings.DEFAULT)
              .withThreads(1)
              .score(more, ImmutableList.of(own), SmallParent.heldOut())
              .score(own);
      assertThat(score.klNats()).isCloseTo(0, within(TOLERANCE));
      assertThat(score.lossIncrease()).isCloseTo(0, within(TOLERANCE));
      assertThat(score.accuracyDrop()).isZero();
    }
  }

  @Test
  void evaluate_parentItself_hasNoDivergence() {
    ModelQuality quality =
        new ModelEvaluator(SmallParent.heldOut(), 1)
            .evaluate(parent, ImmutableList.of(parent))
            .get(0);
    assertThat(quality.klNats()).isZero();
    assertThat(quality.klStandardError()).isZero();
  }

  @Test
  void score_otherPassesAndThreads_givesTheSame() {
    ScoreTable one = scores(1, 1);
    ScoreTable many = scores(7, 3);
    assertThat(many.scores().keySet()).isEqualTo(one.scores().keySet());
    for (Candidate candidate : library.candidates()) {
      Score expected = one.score(candidate);
      Score actual = many.score(candidate);
      assertThat(actual.klNats()).isCloseTo(expected.klNats(), within(TOLERANCE));
      assertThat(actual.klStandardError()).isCloseTo(expected.klStandardError(), within(TOLERANCE));
      assertThat(actual.lossIncrease()).isCloseTo(expected.lossIncrease(), within(TOLERANCE));
    }
  }

  @Test
  void score_threadsOnly_giveTheSameBits() {
    assertThat(scores(4, 3)).isEqualTo(scores(4, 1));
  }

  @Test
  void score_hiddenStatesOnTheHost_giveTheSameBits() {
    ScoringSettings onHost =
        ScoringSettings.DEFAULT.withHiddenStates(ScoringSettings.HiddenStates.HOST);
    ScoreTable scores =
        new BlockScorer(onHost)
            .withThreads(2)
            .score(library, library.candidates(), SmallParent.heldOut());
    assertThat(scores).isEqualTo(scores(4, 2));
  }

  @Test
  void score_oneBatchOfText_isTheMeanOverItsWindows() {
    Candidate candidate = library.candidates().asList().get(0);
    EvaluationBatches one =
        new EvaluationBatches(
            SmallParent.corpus(7 * SmallParent.WINDOW, 4), 3, SmallParent.WINDOW, 3);
    Score score =
        new BlockScorer(ScoringSettings.DEFAULT)
            .withThreads(1)
            .score(library, ImmutableList.of(candidate), one)
            .score(candidate);
    double[] perWindow = slowKlPerWindow(candidate, SmallParent.heldOut().batch(0));
    assertThat(score.klNats()).isCloseTo(mean(perWindow), within(TOLERANCE));
    assertThat(score.klStandardError()).isCloseTo(standardError(perWindow), within(TOLERANCE));
  }

  private double[] slowKlPerWindow(Candidate candidate, Tensor idsBT) {
    try (HeterogeneousModel hybrid =
        library.assemble(Architecture.ofOne(parent.spec(), candidate))) {
      float[] p = Tensors.floats(parent.logits(idsBT));
      float[] q = Tensors.floats(hybrid.logits(idsBT));
      int perWindow = SmallParent.WINDOW * SmallParent.VOCABULARY;
      double[] kl = new double[p.length / perWindow];
      for (int row = 0; row < p.length / SmallParent.VOCABULARY; row++) {
        int first = row * SmallParent.VOCABULARY;
        kl[first / perWindow] += kl(p, q, first) / SmallParent.WINDOW;
      }
      return kl;
    }
  }

  private static double kl(float[] parentLogits, float[] childLogits, int first) {
    double parentSum = 0;
    double childSum = 0;
    for (int v = first; v < first + SmallParent.VOCABULARY; v++) {
      parentSum += Math.exp(parentLogits[v]);
      childSum += Math.exp(childLogits[v]);
    }
    double kl = 0;
    for (int v = first; v < first + SmallParent.VOCABULARY; v++) {
      double p = parentLogits[v] - Math.log(parentSum);
      kl += Math.exp(p) * (p - childLogits[v] + Math.log(childSum));
    }
    return kl;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double standardError(double[] values) {
    double squares = 0;
    for (double value : values) {
      squares += Math.pow(value - mean(values), 2);
    }
    return Math.sqrt(squares / (values.length - 1) / values.length);
  }

  @Test
  void score_weightsNotFinite_isLeftOutAndNotMistakenForAHarm() {
    Candidate candidate = new Candidate.Ffn(1, new FfnSpec.Gated(24));
    try (NamedTensors fresh = library.weights(candidate);
        NamedTensors broken =
            fresh.map(tensor -> tensor.mul(new org.bytedeco.pytorch.Scalar(Double.NaN)));
        BlockLibrary spoilt = library.with(ImmutableMap.of(candidate, broken))) {
      ScoreTable table =
          new BlockScorer(ScoringSettings.DEFAULT)
              .withThreads(1)
              .score(spoilt, ImmutableList.of(candidate), SmallParent.heldOut());
      assertThat(table.scores()).isEmpty();
      assertThat(table.leftOut()).containsOnlyKeys(candidate);
    }
  }

  @Test
  void scoreTable_pairOfAlternatives_addsMeansAndSquaredErrors() {
    ModelSpec spec = SmallParent.spec();
    Candidate.Attention attention = new Candidate.Attention(0, new AttentionSpec.NoOp());
    Candidate.Ffn ffn = new Candidate.Ffn(0, new FfnSpec.NoOp());
    Candidate.Block whole = new Candidate.Block(0, BlockSpec.NO_OP);
    ScoreTable table =
        new ScoreTable(
            ImmutableMap.of(
                attention, new Score(1, 3, 10, 0, 0.1, 0),
                ffn, new Score(2, 4, 20, 0, 0.2, 0),
                whole, new Score(2.5, 1, 5, 0, 0, 0)));
    BlockChoice decoupled = new BlockChoice.Decoupled(0, BlockSpec.NO_OP);
    BlockChoice coupled = new BlockChoice.Coupled(0, BlockSpec.NO_OP);
    assertThat(table.score(spec, decoupled)).isEqualTo(new Score(3, 5, 30, 0, 0.1 + 0.2, 0));
    assertThat(table.score(spec, coupled).klNats()).isEqualTo(2.5);
    assertThat(table.score(spec, Architecture.ofParent(spec))).isEqualTo(Score.NONE);
    assertThat(table.score(spec, Architecture.ofParent(spec).with(decoupled)).klNats())
        .isEqualTo(3);
  }

  @Test
  void scoreTable_ownMetric_addsUpAndLacksNothing() {
    ModelSpec spec = SmallParent.spec();
    Candidate.Attention attention = new Candidate.Attention(0, new AttentionSpec.NoOp());
    Candidate.Ffn ffn = new Candidate.Ffn(0, new FfnSpec.NoOp());
    ScoreTable measured =
        new ScoreTable(
            ImmutableMap.of(
                attention, new Score(1, 3, 10, 0, 0.1, 0), ffn, new Score(2, 4, 20, 0, 0.2, 0)));
    Score.Metric weighted = new Score.Metric("weighted");
    ScoreTable table =
        measured.with("weighted", one -> 10 * measured.score(one).klNats() + one.layer());
    BlockChoice both = new BlockChoice.Decoupled(0, BlockSpec.NO_OP);
    assertThat(table.score(spec, both).degradation(weighted)).isEqualTo(30);
    assertThat(table.score(spec, Architecture.ofParent(spec)).degradation(weighted)).isZero();
    assertThat(table.score(spec, Architecture.ofParent(spec).with(both)).degradation(weighted))
        .isEqualTo(30);
    assertThat(table.score(spec, both).klNats()).isEqualTo(3);
    assertThatThrownBy(() -> measured.score(ffn).degradation(weighted))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "metric (weighted) must be one of [KL, LOSS, ACCURACY] or of the own metrics []");
  }

  @Test
  void scoreTable_ownMetricThatIsNoNumberOrNotOnesOwn_isRefusedByName() {
    ScoreTable measured =
        new ScoreTable(
            ImmutableMap.of(
                new Candidate.Ffn(3, new FfnSpec.Linear()), new Score(1, 3, 10, 0, 0.1, 0)));
    assertThatThrownBy(() -> measured.with("mine", one -> Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mine of layer-003.ffn.linear (NaN) must be finite");
    assertThatThrownBy(() -> measured.with("LOSS", one -> 1))
        .hasMessage("a metric of one's own must not be called LOSS, which this library measures");
  }

  @Test
  void scoreTable_candidateWithoutScore_isNamed() {
    ScoreTable table = new ScoreTable(ImmutableMap.of());
    assertThatThrownBy(() -> table.score(new Candidate.Ffn(3, new FfnSpec.Linear())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer-003.ffn.linear has no score");
  }

  @Test
  void audit_pairs_compareSumsWithWhatIsMeasuredTogether() {
    ScoreTable scores = scores(4, 2);
    ModelEvaluator evaluator = new ModelEvaluator(SmallParent.heldOut(), 2);
    AdditivityAuditor.Audit audit =
        new AdditivityAuditor(evaluator).audit(library, scores, 5, new Seed(1));
    assertThat(audit.pairs()).hasSize(5);
    assertThat(audit.correlation()).isBetween(-1.0, 1.0);
    for (AdditivityAuditor.Pair pair : audit.pairs()) {
      assertThat(pair.first().layer()).isLessThan(pair.second().layer());
      assertThat(pair.predictedKl())
          .isEqualTo(scores.score(pair.first()).klNats() + scores.score(pair.second()).klNats());
      Architecture second = Architecture.ofOne(parent.spec(), pair.second());
      Architecture both =
          Architecture.ofOne(parent.spec(), pair.first())
              .with(second.choices().get(pair.second().layer()));
      try (HeterogeneousModel model = library.assemble(both)) {
        double measured = evaluator.evaluate(parent, ImmutableList.of(model)).get(0).klNats();
        assertThat(pair.measuredKl()).isCloseTo(measured, within(TOLERANCE));
      }
    }
  }

  @Test
  void audit_parentOfOneLayer_hasNoPairsToCompare() {
    ModelSpec spec = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK));
    try (HeterogeneousModel single = SmallParent.model(spec, 1);
        BlockLibrary ofOne = calibrated(single, SearchSpace.NO_OPS)) {
      ScoreTable scores =
          new BlockScorer(ScoringSettings.DEFAULT)
              .withThreads(1)
              .score(ofOne, ofOne.candidates(), SmallParent.heldOut());
      AdditivityAuditor.Audit audit =
          new AdditivityAuditor(new ModelEvaluator(SmallParent.heldOut(), 1))
              .audit(ofOne, scores, 5, new Seed(1));
      assertThat(audit.pairs()).isEmpty();
    }
  }
}
