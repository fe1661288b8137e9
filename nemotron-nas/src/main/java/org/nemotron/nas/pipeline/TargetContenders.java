package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.search.Baselines;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.Solution;

/**
 * A finished child and what it is compared with, all within the same budget: itself before the global
 * distillation, greedy and random choices from the same library, and its own architecture with
 * starting weights only.
 */
final class TargetContenders implements AutoCloseable {
  private final FinishedTarget target;
  private final HeterogeneousModel beforeDistillation;
  private final HeterogeneousModel greedy;
  private final HeterogeneousModel random;
  private final HeterogeneousModel untrained;

  /**
   * Assembles the baselines.
   *
   * @throws NoArchitectureException if a baseline finds nothing within the budget
   */
  TargetContenders(FinishedTarget target, BlockLibrary library, long seed)
      throws NoArchitectureException {
    this.target = target;
    ArchitectureProblem problem = target.answer().problem();
    SearchProblem within = problem.within(target.answer().budgets());
    Architecture greedyChoice = chosen("greedy", Baselines.greedy(within));
    Architecture randomChoice = chosen("random", Baselines.random(within, seed));
    this.beforeDistillation = library.assemble(target.architecture());
    this.greedy = library.assemble(greedyChoice);
    this.random = library.assemble(randomChoice);
    try (BlockLibrary plain = library.untrained()) {
      this.untrained = plain.assemble(target.architecture());
    }
  }

  private Architecture chosen(String baseline, Optional<Solution> solution)
      throws NoArchitectureException {
    if (solution.isEmpty()) {
      throw new NoArchitectureException(
          target.target().name(), "the " + baseline + " baseline found none within the budget");
    }
    return target.answer().problem().architecture(solution.orElseThrow());
  }

  FinishedTarget target() {
    return target;
  }

  /** Returns child, itself before distillation, greedy, random, untrained: in this order. */
  ImmutableList<HeterogeneousModel> models() {
    return ImmutableList.of(target.child().model(), beforeDistillation, greedy, random, untrained);
  }

  /**
   * Returns generated tokens per second of the parent, then of each of {@link #models}, measured in
   * turns. Models of one architecture share a measurement.
   */
  ImmutableList<Double> tokensPerSecond(HeterogeneousModel parent, int rounds) {
    Scenario scenario = target.answer().problem().costs().scenario();
    List<HeterogeneousModel> measured = new ArrayList<>();
    measured.add(parent);
    measured.add(target.child().model());
    measured.add(greedy);
    measured.add(random);
    ImmutableList<Double> rates = new ThroughputMeter(scenario, rounds).measure(measured);
    double child = rates.get(1);
    return ImmutableList.of(rates.get(0), child, child, rates.get(2), rates.get(3), child);
  }

  @Override
  public void close() {
    beforeDistillation.close();
    greedy.close();
    random.close();
    untrained.close();
  }
}
