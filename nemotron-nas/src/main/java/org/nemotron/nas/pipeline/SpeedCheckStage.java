package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.fasterxml.jackson.core.type.TypeReference;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.pipeline.CompressionPlan.Target;

/** Measures what the targets' architectures find, where the plan wants it: {@link SpeedCheck}. */
final class SpeedCheckStage {
  private static final String NAME = "speeds";
  private static final TypeReference<ImmutableMap<String, SpeedCorrection>> CORRECTIONS =
      new TypeReference<>() {};

  private final RunInputs inputs;
  private final StageStore store;
  private final PipelineListener listener;

  SpeedCheckStage(RunInputs inputs, StageStore store, PipelineListener listener) {
    this.inputs = inputs;
    this.store = store;
    this.listener = listener;
  }

  /**
   * Returns the correction of each target that has a limit on speed, by name; none where the plan
   * trusts the sum of parts.
   */
  ImmutableMap<String, SpeedCorrection> corrections(
      TargetSearch search, Stages.Coupled coupled, ImmutableList<CostTable> costs)
      throws IOException, NoArchitectureException {
    CompressionPlan plan = inputs.plan();
    ImmutableList<Target> targets =
        plan.targets().stream()
            .filter(SpeedCheck::concerns)
            .collect(ImmutableList.toImmutableList());
    if (plan.costs().corrections() == 0 || targets.isEmpty()) {
      return ImmutableMap.of();
    }
    Map<Target, TargetSearch.Answer> first = new LinkedHashMap<>();
    for (Target target : targets) {
      first.put(target, search.best(target, SpeedCorrection.NONE));
    }
    Path file = store.path(NAME + ".json");
    store.ensure(
        NAME,
        StageDependencies.speeds(inputs, coupled.trained().fingerprint(), targets, costs),
        targets.size(),
        progress -> {
          ImmutableMap.Builder<String, SpeedCorrection> all = ImmutableMap.builder();
          SpeedCheck check =
              new SpeedCheck(
                  inputs.parent().spec(),
                  search,
                  (architecture, scenario) ->
                      measured(
                          coupled.trained().library(),
                          architecture,
                          scenario,
                          search.ofFastestParent().scenario()),
                  plan.costs().corrections(),
                  listener::message);
          int done = 0;
          for (Target target : targets) {
            all.put(target.name(), check.correction(target, verifyNotNull(first.get(target))));
            progress.accept(++done);
          }
          AtomicFiles.write(file, PlanFiles.JSON.writeValueAsString(all.buildOrThrow()));
          return ImmutableList.of(file);
        });
    return PlanFiles.JSON.readValue(file.toFile(), CORRECTIONS);
  }

  /** Parent and child in turns where their scenario is the same. */
  private SpeedMeasurement measured(
      BlockLibrary library, Architecture architecture, Scenario ofChild, Scenario ofParent) {
    int rounds = inputs.plan().costs().generationRounds();
    HeterogeneousModel parent = inputs.parent();
    try (HeterogeneousModel child = library.assemble(architecture)) {
      if (ofChild.equals(ofParent)) {
        ImmutableList<Double> both =
            new ThroughputMeter(ofChild, rounds).measure(ImmutableList.of(parent, child));
        return new SpeedMeasurement(both.get(0), both.get(1));
      }
      return new SpeedMeasurement(
          new ThroughputMeter(ofParent, rounds).measure(ImmutableList.of(parent)).get(0),
          new ThroughputMeter(ofChild, rounds).measure(ImmutableList.of(child)).get(0));
    }
  }
}
