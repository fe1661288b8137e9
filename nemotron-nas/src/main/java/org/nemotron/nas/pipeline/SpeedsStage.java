package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.type.TypeReference;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.PairedRates;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.cost.ThroughputMeter.Subject;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.library.Architecture;

/**
 * How fast the architectures found for targets on speed are as whole models: {@link SpeedCheck}.
 */
final class SpeedsStage implements Stage<ImmutableMap<String, SpeedCorrection>> {
  private static final TypeReference<ImmutableMap<String, SpeedCorrection>> CORRECTIONS =
      new TypeReference<>() {};

  /** The second architecture is mostly the last one. */
  private static final int USUAL_SEARCHES = 2;

  private final RunContext run;
  private final TargetSearch search;
  private final TrainedLibrary trained;
  private final ImmutableList<CostTable> costs;
  private final Map<Target, TargetSearch.Answer> first;

  private SpeedsStage(
      RunContext run,
      TargetSearch search,
      TrainedLibrary trained,
      ImmutableList<CostTable> costs,
      Map<Target, TargetSearch.Answer> first) {
    this.run = run;
    this.search = search;
    this.trained = trained;
    this.costs = costs;
    this.first = first;
  }

  /**
   * Returns the correction of each target that has a limit on speed, by name; none where the plan
   * trusts the sum of parts.
   *
   * @throws NoArchitectureException if nothing fits one of these targets
   */
  static ImmutableMap<String, SpeedCorrection> corrections(
      RunContext run, TargetSearch search, TrainedLibrary trained, ImmutableList<CostTable> costs)
      throws IOException, NoArchitectureException {
    Map<Target, TargetSearch.Answer> first = new LinkedHashMap<>();
    if (run.plan().costs().corrections() > 0) {
      for (Target target : run.plan().targets()) {
        // What another machine costs is not corrected by what this one measures.
        if (SpeedLimits.concern(target) && !run.inputs().elsewhere().concern(target)) {
          first.put(target, search.best(target, SpeedCorrection.NONE));
        }
      }
    }
    return first.isEmpty()
        ? ImmutableMap.of()
        : run.result(new SpeedsStage(run, search, trained, costs, first));
  }

  /** Returns what the stage will take; nothing where no speed is checked. */
  static ImmutableList<StageEstimate> estimates(PlanWork work) {
    double seconds = 0;
    for (Target target : work.plan().targets()) {
      if (work.plan().costs().corrections() > 0 && SpeedLimits.concern(target)) {
        int searches = Math.min(USUAL_SEARCHES, 1 + work.plan().costs().corrections());
        double round = (1 + work.timeShare(target)) * work.fastest().parentSeconds();
        seconds += searches * GenerationRates.seconds(work.meter(), round);
      }
    }
    return seconds == 0
        ? ImmutableList.of()
        : ImmutableList.of(
            work.stage(
                "speeds",
                ImmutableList.of(),
                seconds,
                work.beside(
                    work.libraryBytes(),
                    2 * work.parent().parameters() * 2,
                    0,
                    work.divided() ? work.servedBytes(2) : 2 * work.parent().parameters() * 2),
                0,
                ImmutableList.of("costs.corrections", "costs.meter.generationRounds"),
                "searches"));
  }

  @Override
  public String name() {
    return "speeds";
  }

  @Override
  public StageInputs dependencies() {
    return StageDependencies.speeds(
        run.inputs(), trained.fingerprint(), ImmutableList.copyOf(first.keySet()), costs);
  }

  @Override
  public long steps() {
    return first.size();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    SpeedCheck check =
        new SpeedCheck(
            run.inputs().parent().spec(),
            search,
            this::measured,
            run.plan().costs().corrections(),
            run.listener()::message);
    AtomicFiles.write(
        file(), PlanFiles.JSON.writeValueAsString(check.corrections(first, progress)));
    return ImmutableList.of(file());
  }

  /** Measures parent and child in turns, each in its scenario. */
  private Optional<SpeedMeasurement> measured(Architecture architecture, Scenario ofChild) {
    HeterogeneousModel parent = run.inputs().parent();
    try (HeterogeneousModel child = trained.library().assemble(architecture)) {
      PairedRates rates =
          ThroughputMeter.exact(run.plan().costs().meter())
              .measure(
                  ImmutableList.of(
                      new Subject(parent, search.ofFastestParent().scenario()),
                      new Subject(child, ofChild)),
                  measured -> true);
      return Optional.of(SpeedMeasurement.of(rates, 1));
    }
  }

  private Path file() {
    return run.path("speeds.json");
  }

  @Override
  public ImmutableMap<String, SpeedCorrection> read() throws IOException {
    return PlanFiles.JSON.readValue(file().toFile(), CORRECTIONS);
  }
}
