package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Seed;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.PairedRates;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.ArchitectureProblem;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchOutcome;

/**
 * How much of a promised speed-up is there: costs are measured, a child is searched for a speed-up,
 * and parent and child are measured whole. Random weights have no scores worth the name, so the
 * degradation is made up: the cube of what a candidate saves of its block's parameters, so that
 * halves are tempting, times a random weight of the layer and of the candidate.
 */
record ChildRun(ModelSpec parent, Device device, Scenario scenario, double speedup, int rounds) {
  private static final MeterSettings METER = MeterSettings.DEFAULT.withPartRounds(3, 20);

  /**
   * Measures, prints two lines, and returns the figures.
   *
   * @throws NoArchitectureException if no child is as fast
   */
  Map<String, Object> measure() throws NoArchitectureException {
    DType dtype = device.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    try (HeterogeneousModel whole = RandomModels.of(parent, device, dtype)) {
      CostTable costs = new LatencyMeter(METER).measure(whole, SearchSpace.PAPER, scenario);
      ModelSpec spec = child(costs);
      try (HeterogeneousModel child = RandomModels.of(spec, device, dtype)) {
        PairedRates rates =
            ThroughputMeter.exact(METER.withGenerationRounds(rounds))
                .measure(scenario, ImmutableList.of(whole, child));
        return figures(costs, spec, rates);
      }
    }
  }

  private ModelSpec child(CostTable costs) throws NoArchitectureException {
    ArchitectureProblem problem = new ArchitectureProblem(parent, scores(), costs, Score.Metric.KL);
    SearchOutcome outcome = PuzzleSearch.create().solve(problem.faster(speedup));
    if (outcome instanceof SearchOutcome.NotFound none) {
      throw new NoArchitectureException("child", none);
    }
    return parent.withBlocks(problem.architecture(outcome.orElseThrow()).blocks());
  }

  private ScoreTable scores() {
    SplittableRandom random = new Seed(7).named("harms").random();
    double[] ofLayers = random.doubles(parent.layers(), 0.5, 2).toArray();
    ImmutableMap.Builder<Candidate, Score> scores = ImmutableMap.builder();
    for (Candidate candidate : SearchSpace.PAPER.candidates(parent)) {
      double saved = saved(candidate);
      double degradation =
          ofLayers[candidate.layer()] * Math.pow(saved, 3) * random.nextDouble(0.8, 1.25);
      scores.put(candidate, new Score(degradation, 0, degradation, 0, 0, 0));
    }
    return new ScoreTable(scores.buildOrThrow());
  }

  private double saved(Candidate candidate) {
    BlockSpec own = parent.block(candidate.layer());
    BlockSpec with = Architecture.ofOne(parent, candidate).blocks().get(candidate.layer());
    return 1 - (double) with.parameters(parent.width()) / own.parameters(parent.width());
  }

  private Map<String, Object> figures(CostTable costs, ModelSpec child, PairedRates rates) {
    double predicted = costs.tokensPerSecond(child) / costs.tokensPerSecond(parent);
    double parentRate = rates.tokensPerSecond(0).median();
    double childRate = rates.tokensPerSecond(1).median();
    MedianInterval measured = rates.ratio(1, 0);
    System.out.printf(
        Locale.ROOT,
        "batch %d, %d/%d: parent %.0f tokens/s (predicted %.0f), child %.0f (predicted %.0f)%n",
        scenario.batch(),
        scenario.promptTokens(),
        scenario.outputTokens(),
        parentRate,
        costs.tokensPerSecond(parent),
        childRate,
        costs.tokensPerSecond(child));
    System.out.printf(
        Locale.ROOT,
        "child of %.2fB parameters: %.3f ± %.3f times the parent's throughput, %.3f predicted,"
            + " %+.1f %%%n",
        child.parameters() / 1e9,
        measured.median(),
        measured.halfWidth(),
        predicted,
        100 * (measured.median() / predicted - 1));
    return ImmutableMap.<String, Object>builder()
        .put("scenario", scenario)
        .put("parentTokensPerSecond", parentRate)
        .put("childTokensPerSecond", childRate)
        .put("parentPredicted", costs.tokensPerSecond(parent))
        .put("childPredicted", costs.tokensPerSecond(child))
        .put("speedupMeasured", measured.median())
        .put("speedupLow", measured.low())
        .put("speedupHigh", measured.high())
        .put("speedupPredicted", predicted)
        .put("childParameters", child.parameters())
        .put("child", child.blocks().stream().map(BlockSpec::id).toList())
        .buildOrThrow();
  }
}
