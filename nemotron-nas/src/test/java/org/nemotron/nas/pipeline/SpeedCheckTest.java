package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;

final class SpeedCheckTest {
  private static final ModelSpec PARENT =
      SmallParent.spec(ImmutableList.copyOf(Collections.nCopies(8, SmallParent.BLOCK)));
  private static final Target TWICE = Target.speedup("twice", 2);
  private static final Target THRICE = Target.speedup("thrice", 3);
  private static final double PARENT_NANOS = 8 * 30 + 5;

  private final List<ModelSpec> measured = new ArrayList<>();
  private final List<String> told = new ArrayList<>();

  /** Every layer can do without its halves; later layers matter more. */
  private static TargetSearch search() {
    ImmutableMap.Builder<Candidate, Score> scores = ImmutableMap.builder();
    for (int layer = 0; layer < PARENT.layers(); layer++) {
      scores.put(new Candidate.Attention(layer, new AttentionSpec.NoOp()), harm(1.1 + layer));
      scores.put(new Candidate.Ffn(layer, new FfnSpec.NoOp()), harm(2.3 + 1.9 * layer));
    }
    CostTable costs =
        new CostTable(
            new Scenario(1, 4, 2),
            new MemoryModel(DType.FLOAT32),
            ImmutableMap.of(SmallParent.ATTENTION, new Latency(0, 10, 0, 0)),
            ImmutableMap.of(SmallParent.FFN, new Latency(0, 20, 0, 0)),
            new Latency(0, 5, 0, 0));
    return new TargetSearch(
        PARENT, new ScoreTable(scores.buildOrThrow()), ImmutableList.of(costs), Score.Metric.KL);
  }

  private static Score harm(double kl) {
    return new Score(kl, 0, 0, 0, 0, 0);
  }

  /** A parent as its parts promise, children that take {@code factor} times the time. */
  private SpeedCheck.Gauge gauge(double factor) {
    return (architecture, scenario) -> {
      ModelSpec child = PARENT.withBlocks(architecture.blocks());
      measured.add(child);
      return Optional.of(speed(scenario, factor * nanos(child), 0));
    };
  }

  private static SpeedMeasurement speed(Scenario scenario, double childNanos, double spread) {
    return new SpeedMeasurement(
        within(scenario.tokensPerSecond(PARENT_NANOS), spread),
        within(scenario.tokensPerSecond(childNanos), spread),
        within(PARENT_NANOS / childNanos, spread));
  }

  private static MedianInterval within(double value, double spread) {
    return new MedianInterval(value, value * (1 - spread), value * (1 + spread));
  }

  private static double nanos(ModelSpec child) {
    return 5
        + child.blocks().stream()
            .mapToDouble(
                block -> (block.attention().isNoOp() ? 0 : 10) + (block.ffn().isNoOp() ? 0 : 20))
            .sum();
  }

  private TargetSearch.Answer checked(SpeedCheck.Gauge gauge, Target target, int most)
      throws NoArchitectureException {
    TargetSearch search = search();
    SpeedCheck check = new SpeedCheck(PARENT, search, gauge, most, told::add);
    TargetSearch.Answer first = search.best(target, SpeedCorrection.NONE);
    return search.best(target, check.correction(target, first));
  }

  private static double speedup(TargetSearch.Answer answer, double factor) {
    return PARENT_NANOS / (factor * nanos(PARENT.withBlocks(answer.architecture().blocks())));
  }

  @Test
  void correction_wholeAsItsParts_measuresOnceAndKeepsTheArchitecture()
      throws NoArchitectureException {
    TargetSearch.Answer answer = checked(gauge(1), TWICE, 5);
    assertThat(measured).hasSize(1);
    assertThat(answer.solution()).isEqualTo(search().best(TWICE, SpeedCorrection.NONE).solution());
    assertThat(told)
        .singleElement()
        .asString()
        .startsWith("twice: ")
        .contains("2.130 ± 0.000 times");
  }

  @Test
  void correction_metWithNoMoreRoomThanTheMeasurementLeaves_searchesNoMore()
      throws NoArchitectureException {
    double spread = 0.03;
    SpeedCheck.Gauge near =
        (architecture, scenario) -> {
          ModelSpec child = PARENT.withBlocks(architecture.blocks());
          measured.add(child);
          return Optional.of(speed(scenario, 1.02 * nanos(child), spread));
        };
    TargetSearch.Answer answer = checked(near, TWICE, 5);
    assertThat(measured).hasSize(1);
    assertThat((1 - spread) * speedup(answer, 1.02)).isBetween(2.0, 2.04);
  }

  @Test
  void correction_wholeFasterThanItsParts_findsALessHarmfulOneThatIsStillFastEnough()
      throws NoArchitectureException {
    TargetSearch.Answer promised = search().best(TWICE, SpeedCorrection.NONE);
    TargetSearch.Answer answer = checked(gauge(0.8), TWICE, 5);
    assertThat(answer.solution().score()).isLessThan(promised.solution().score());
    assertThat(speedup(answer, 0.8)).isBetween(2.0, 2.2);
    ModelSpec child = PARENT.withBlocks(answer.architecture().blocks());
    assertThat(answer.tokensPerSecond(child))
        .isCloseTo(2e9 / (0.8 * nanos(child)), withinPercent(0.1));
  }

  private static Percentage withinPercent(double percent) {
    return Percentage.withPercentage(percent);
  }

  @Test
  void correction_wholeSlowerThanItsParts_findsOneThatIsFastEnough()
      throws NoArchitectureException {
    TargetSearch.Answer promised = search().best(TWICE, SpeedCorrection.NONE);
    assertThat(speedup(promised, 1.2)).isLessThan(2);
    assertThat(speedup(checked(gauge(1.2), TWICE, 5), 1.2)).isBetween(2.0, 2.2);
  }

  @Test
  void correction_limitOnTokensOrTime_isHeldByWhatIsMeasured() throws NoArchitectureException {
    double most = PARENT_NANOS / 2;
    Limit rate = new Limit(Quantity.TOKENS_PER_SECOND, Bound.AT_LEAST, 2e9 / most);
    Limit time = new Limit(Quantity.LATENCY_MILLIS, Bound.AT_MOST, most / 1e6);
    for (Limit limit : ImmutableList.of(rate, time)) {
      Target target = new Target("t", ImmutableList.of(limit));
      assertThat(speedup(checked(gauge(1.2), target, 5), 1.2)).isBetween(2.0, 2.2);
    }
  }

  @Test
  void correction_nothingFastEnough_takesTheNearestAndSaysByHowMuchItIsOff()
      throws NoArchitectureException {
    double slow = 60;
    TargetSearch.Answer answer = checked(gauge(slow), TWICE, 2);
    assertThat(measured).hasSizeLessThanOrEqualTo(3);
    double nearest = measured.stream().mapToDouble(SpeedCheckTest::nanos).min().orElseThrow();
    assertThat(nanos(PARENT.withBlocks(answer.architecture().blocks()))).isEqualTo(nearest);
    assertThat(told).last().asString().contains("speed-up at least 2.0", "off by");
  }

  @Test
  void correction_atMostNone_measuresWhatWasFoundFirst() throws NoArchitectureException {
    TargetSearch.Answer answer = checked(gauge(0.5), TWICE, 0);
    assertThat(measured).hasSize(1);
    assertThat(answer.correction()).isEqualTo(SpeedCorrection.NONE);
  }

  @Test
  void correction_spreadReachesBelowTheLimit_findsOneWhoseWholeIntervalIsFastEnough()
      throws NoArchitectureException {
    double spread = 0.08;
    SpeedCheck.Gauge spreading =
        (architecture, scenario) -> {
          ModelSpec child = PARENT.withBlocks(architecture.blocks());
          measured.add(child);
          return Optional.of(speed(scenario, nanos(child), spread));
        };
    TargetSearch.Answer answer = checked(spreading, TWICE, 5);
    assertThat(measured.size()).isGreaterThan(1);
    assertThat((1 - spread) * speedup(answer, 1)).isGreaterThanOrEqualTo(2);
    assertThat(told).noneMatch(line -> line.contains("off by"));
  }

  @Test
  void correction_spreadAsOfABusyMachine_keepsWhatWasFoundFirstAndSaysWhy()
      throws NoArchitectureException {
    TargetSearch.Answer answer =
        checked(
            (architecture, scenario) -> Optional.of(speed(scenario, PARENT_NANOS / 2, 0.4)),
            TWICE,
            5);
    assertThat(answer.correction()).isEqualTo(SpeedCorrection.NONE);
    assertThat(told).anyMatch(line -> line.contains("too vague to search anew"));
  }

  private ImmutableList<SpeedCorrection> corrected(SpeedCheck.Gauge gauge, Target... targets)
      throws NoArchitectureException {
    TargetSearch search = search();
    ImmutableMap.Builder<Target, TargetSearch.Answer> first = ImmutableMap.builder();
    for (Target target : targets) {
      first.put(target, search.best(target, SpeedCorrection.NONE));
    }
    List<Long> done = new ArrayList<>();
    ImmutableMap<String, SpeedCorrection> corrections =
        new SpeedCheck(PARENT, search, gauge, 5, told::add)
            .corrections(first.buildOrThrow(), done::add);
    assertThat(done).hasSameSizeAs(targets);
    assertThat(corrections.keySet())
        .containsExactly(Stream.of(targets).map(Target::name).toArray(String[]::new));
    return corrections.values().asList();
  }

  @Test
  void corrections_severalTargets_beginWhereTheOneBeforeEnded() throws NoArchitectureException {
    ImmutableList<SpeedCorrection> corrections = corrected(gauge(1.2), TWICE, THRICE);
    assertThat(told).filteredOn(line -> line.startsWith("twice")).hasSize(2);
    assertThat(told).filteredOn(line -> line.startsWith("thrice")).hasSize(1);
    assertThat(speedup(search().best(TWICE, corrections.get(0)), 1.2)).isBetween(2.0, 2.2);
    assertThat(speedup(search().best(THRICE, corrections.get(1)), 1.2)).isBetween(3.0, 3.4);
  }

  @Test
  void corrections_afterAVagueMeasurement_beginWithTheSumOfParts() throws NoArchitectureException {
    SpeedCheck.Gauge vague =
        (architecture, scenario) -> {
          measured.add(PARENT.withBlocks(architecture.blocks()));
          return Optional.of(speed(scenario, PARENT_NANOS / 2, 0.4));
        };
    assertThat(corrected(vague, TWICE, THRICE)).containsOnly(SpeedCorrection.NONE);
    TargetSearch.Answer promised = search().best(THRICE, SpeedCorrection.NONE);
    assertThat(measured).last().isEqualTo(PARENT.withBlocks(promised.architecture().blocks()));
  }

  @Test
  void correction_factorsThatContradictEachOther_endsWithOneThatIsFastEnough()
      throws NoArchitectureException {
    // Each architecture is off by a factor of its own, so that the search goes to and fro.
    SpeedCheck.Gauge uneven =
        (architecture, scenario) -> {
          ModelSpec child = PARENT.withBlocks(architecture.blocks());
          measured.add(child);
          boolean first = measured.indexOf(child) == 0;
          return Optional.of(speed(scenario, (first ? 1.2 : 0.9) * nanos(child), 0));
        };
    TargetSearch.Answer answer = checked(uneven, TWICE, 8);
    ModelSpec child = PARENT.withBlocks(answer.architecture().blocks());
    assertThat(measured.indexOf(child)).isPositive();
    assertThat(PARENT_NANOS / (0.9 * nanos(child))).isGreaterThanOrEqualTo(2);
  }

  @Test
  void concern_limits_areThoseOnTheWholeScenario() {
    assertThat(SpeedLimits.concern(TWICE)).isTrue();
    assertThat(SpeedLimits.concern(TinyRun.SMALL)).isFalse();
  }
}
