package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.search.Baselines;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.Solution;

/**
 * A finished child and what it is compared with, all within the same budget: itself before the
 * global distillation, greedy and random choices from the same library, and its own architecture
 * with starting weights only.
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

  /** Returns the models of different architecture: child, greedy, random. */
  ImmutableList<HeterogeneousModel> measured() {
    return ImmutableList.of(target.child().model(), greedy, random);
  }

  /**
   * Returns the rates of {@link #models} from those of {@link #measured}: models of one
   * architecture share a measurement.
   */
  static ImmutableList<Double> rates(List<Double> measured) {
    double child = measured.get(0);
    return ImmutableList.of(child, child, measured.get(1), measured.get(2), child);
  }

  @Override
  public void close() {
    beforeDistillation.close();
    greedy.close();
    random.close();
    untrained.close();
  }
}
