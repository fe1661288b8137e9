package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Resources;
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
  private final ImmutableList<String> names;
  private final HeterogeneousModel beforeDistillation;
  private final HeterogeneousModel greedy;
  private final HeterogeneousModel random;
  private final HeterogeneousModel untrained;
  private final Resources parts;

  /**
   * Assembles the baselines. A baseline that finds nothing within the budget gives way to the next
   * weaker one, and says so in its name; in the end the searched architecture stands in.
   */
  TargetContenders(FinishedTarget target, BlockLibrary library, long seed) {
    this.target = target;
    SearchProblem within = target.answer().problem().within(target.answer().budgets());
    Chosen searched = new Chosen("searched", target.answer().solution());
    Chosen randomChoice = chosen("random", Baselines.random(within, seed), searched);
    Chosen greedyChoice = chosen("greedy", Baselines.greedy(within), randomChoice);
    this.names =
        ImmutableList.of(
            "child",
            "child before distillation",
            greedyChoice.name(),
            randomChoice.name(),
            "untrained");
    try (Resources made = new Resources();
        BlockLibrary plain = library.untrained()) {
      this.beforeDistillation =
          made.add(library.assemble(target.architecture()), HeterogeneousModel::close);
      this.greedy =
          made.add(library.assemble(architecture(greedyChoice)), HeterogeneousModel::close);
      this.random =
          made.add(library.assemble(architecture(randomChoice)), HeterogeneousModel::close);
      this.untrained = made.add(plain.assemble(target.architecture()), HeterogeneousModel::close);
      this.parts = made.complete();
    }
  }

  private record Chosen(String name, Solution solution) {}

  private static Chosen chosen(String name, Optional<Solution> solution, Chosen substitute) {
    return solution
        .map(found -> new Chosen(name, found))
        .orElseGet(
            () -> new Chosen(name + " found none: " + substitute.name(), substitute.solution()));
  }

  private Architecture architecture(Chosen chosen) {
    return target.answer().problem().architecture(chosen.solution());
  }

  /** Returns the names of {@link #models}. */
  ImmutableList<String> names() {
    return names;
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
    parts.close();
  }
}
