package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Optional;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Resources;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter.Subject;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.report.Role;
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
  private final Contender child;
  private final Contender beforeDistillation;
  private final Contender greedy;
  private final Contender random;
  private final Contender untrained;
  private final Resources parts;

  /**
   * A model to be measured.
   *
   * @param timed the model whose speed stands for its own: models of one architecture share a
   *     measurement
   */
  record Contender(String name, HeterogeneousModel model, HeterogeneousModel timed) {
    static Contender of(String name, HeterogeneousModel model) {
      return new Contender(name, model, model);
    }
  }

  /**
   * Assembles the baselines. A baseline that finds nothing within the budget gives way to the next
   * weaker one, and says so in its name; in the end the searched architecture stands in.
   */
  TargetContenders(FinishedTarget target, BlockLibrary library, long seed) {
    this.target = target;
    SearchProblem within = target.answer().problem().within(target.answer().budgets());
    Chosen searched = new Chosen("searched", target.answer().solution());
    Chosen randomChoice = chosen(Role.RANDOM, Baselines.random(within, seed), searched);
    Chosen greedyChoice = chosen(Role.GREEDY, Baselines.greedy(within), randomChoice);
    HeterogeneousModel finished = target.child().model();
    Architecture architecture = target.architecture();
    this.child = Contender.of("child", finished);
    try (Resources made = new Resources();
        BlockLibrary plain = library.untrained()) {
      this.beforeDistillation =
          new Contender(
              "child before distillation", assembled(library, architecture, made), finished);
      this.greedy =
          Contender.of(greedyChoice.name(), assembled(library, architecture(greedyChoice), made));
      this.random =
          Contender.of(randomChoice.name(), assembled(library, architecture(randomChoice), made));
      this.untrained = new Contender("untrained", assembled(plain, architecture, made), finished);
      this.parts = made.complete();
    }
  }

  private static HeterogeneousModel assembled(
      BlockLibrary library, Architecture architecture, Resources made) {
    return made.add(library.assemble(architecture), HeterogeneousModel::close);
  }

  private record Chosen(String name, Solution solution) {}

  private static Chosen chosen(Role role, Optional<Solution> solution, Chosen substitute) {
    return solution
        .map(found -> new Chosen(role.label(), found))
        .orElseGet(() -> new Chosen(role.standIn(substitute.name()), substitute.solution()));
  }

  private Architecture architecture(Chosen chosen) {
    return target.answer().problem().architecture(chosen.solution());
  }

  FinishedTarget target() {
    return target;
  }

  /** Returns the scenario that the child was searched for. */
  private Scenario scenario() {
    return target.answer().problem().costs().scenario();
  }

  /** Returns all models. */
  ImmutableList<HeterogeneousModel> models() {
    return ImmutableList.of(
        child.model(),
        beforeDistillation.model(),
        greedy.model(),
        random.model(),
        untrained.model());
  }

  /** Returns the child in its scenario. */
  Subject child() {
    return new Subject(child.model(), scenario());
  }

  /** Returns the models of other architectures in the child's scenario. */
  ImmutableList<Subject> baselines() {
    return ImmutableList.of(
        new Subject(greedy.model(), scenario()), new Subject(random.model(), scenario()));
  }

  /** Returns the models that stand beside the child on the frontier; no stand-ins. */
  ImmutableMap<Role, HeterogeneousModel> compared() {
    ImmutableMap.Builder<Role, HeterogeneousModel> compared = ImmutableMap.builder();
    if (greedy.name().equals(Role.GREEDY.label())) {
      compared.put(Role.GREEDY, greedy.model());
    }
    if (random.name().equals(Role.RANDOM.label())) {
      compared.put(Role.RANDOM, random.model());
    }
    return compared.put(Role.UNTRAINED, untrained.model()).buildOrThrow();
  }

  /** Returns what the target wants of the speed of whole models. */
  SpeedLimits limits() {
    return new SpeedLimits(target.target(), scenario());
  }

  /** Returns the contenders with what was measured of them. */
  Measurements.OfTarget measured(HeldOutQuality quality, GenerationRates rates) {
    return new Measurements.OfTarget(
        target,
        verifyNotNull(rates.children().get(child.model())),
        measured(child, quality, rates),
        measured(beforeDistillation, quality, rates),
        measured(greedy, quality, rates),
        measured(random, quality, rates),
        measured(untrained, quality, rates));
  }

  private MeasuredModel measured(
      Contender contender, HeldOutQuality quality, GenerationRates rates) {
    return new MeasuredModel(
        contender.name(),
        contender.model(),
        quality.of(contender.model()),
        rates.of(contender.timed()));
  }

  @Override
  public void close() {
    parts.close();
  }
}
