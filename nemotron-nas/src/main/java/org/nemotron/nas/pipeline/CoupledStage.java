package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.LongConsumer;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.LocalWork;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.pipeline.CompressionPlan.CoupledPlan;

/**
 * Promising pairs of an attention and an FFN, trained together. A pair may have one half that is
 * the parent's own: it is trained to make up for the other.
 */
final class CoupledStage implements Stage<TrainedLibrary> {
  private final RunContext run;
  private final TrainedLibrary decoupled;
  private final ImmutableSet<Candidate.Block> pairs;
  private final StageInputs dependencies;
  private final TrainingFiles files;

  /**
   * Makes the stage.
   *
   * @param decoupled the candidates that pairs begin as, and with which the result is complete
   */
  CoupledStage(RunContext run, TrainedLibrary decoupled, ImmutableSet<Candidate.Block> pairs) {
    this.run = run;
    this.decoupled = decoupled;
    this.pairs = pairs;
    this.dependencies = StageDependencies.coupled(run.inputs(), decoupled.fingerprint(), pairs);
    this.files = new TrainingFiles(run.path("library-coupled"));
  }

  /**
   * Returns the pairs that {@code promising} blocks consist of, in an order of their own: for which
   * speed-up a pair was picked does not count.
   */
  static ImmutableSet<Candidate.Block> pairs(Iterable<BlockChoice> promising) {
    return Streams.stream(promising)
        .filter(BlockChoice.Decoupled.class::isInstance)
        .filter(choice -> !choice.spec().equals(BlockSpec.NO_OP))
        .map(choice -> new Candidate.Block(choice.layer(), choice.spec()))
        .sorted(Comparator.comparing(Candidate.Block::id))
        .collect(ImmutableSet.toImmutableSet());
  }

  /**
   * Returns what the stage will take, and the scores of its pairs; nothing without such a stage.
   */
  static ImmutableList<StageEstimate> estimates(PlanWork work) {
    CoupledPlan coupled = work.plan().coupled();
    if (coupled.steps() == 0) {
      return ImmutableList.of();
    }
    ImmutableList<Candidate> likely = likelyPairs(work);
    LocalWork training = work.local(likely, coupled.steps());
    return ImmutableList.of(
        work.stage(
                "coupled",
                ImmutableList.of(training.work()),
                0,
                LibraryStage.trainingMemory(work, training, work.libraryBytes()),
                training.parameters() * work.elementBytes(),
                ImmutableList.of("coupled.steps", "coupled.speedups"))
            .sooner(work.localSpeedup(likely, coupled.steps())),
        ScoresStage.estimate("scores-coupled", work, likely));
  }

  /**
   * Returns pairs as many and as large as the search may pick: for each speed-up, the pair of each
   * layer that comes nearest to its share of the work, once.
   */
  private static ImmutableList<Candidate> likelyPairs(PlanWork work) {
    ImmutableSet.Builder<Candidate> pairs = ImmutableSet.builder();
    for (int layer = 0; layer < work.parent().layers(); layer++) {
      BlockSpec own = work.parent().block(layer);
      for (double speedup : work.plan().coupled().speedups()) {
        BlockSpec nearest = nearest(work, own, 1 / speedup);
        if (!nearest.equals(own) && !nearest.equals(BlockSpec.NO_OP)) {
          pairs.add(new Candidate.Block(layer, nearest));
        }
      }
    }
    return pairs.build().asList();
  }

  private static BlockSpec nearest(PlanWork work, BlockSpec own, double share) {
    PassFlops pass = work.pass();
    double wanted = share * pass.block(own);
    BlockSpec nearest = own;
    for (AttentionSpec attention : work.plan().space().attentionAlternatives(own.attention())) {
      for (FfnSpec ffn : work.plan().space().ffnAlternatives(own.ffn())) {
        BlockSpec pair = new BlockSpec(attention, ffn);
        if (Math.abs(pass.block(pair) - wanted) < Math.abs(pass.block(nearest) - wanted)) {
          nearest = pair;
        }
      }
    }
    return nearest;
  }

  @Override
  public String name() {
    return "coupled";
  }

  @Override
  public Workers workers() {
    return Workers.ALL;
  }

  @Override
  public StageInputs dependencies() {
    return dependencies;
  }

  @Override
  public long steps() {
    return run.plan().coupled().steps();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    CompressionPlan plan = run.plan();
    CoupledPlan coupled = plan.coupled();
    LocalDistiller distiller =
        new LocalDistiller(
            plan.local().withSteps(coupled.steps()).withOptimizer(coupled.optimizer()));
    try (BlockLibrary start = decoupled.library().withCandidates(pairs)) {
      LocalDistillation trained =
          distiller
              .withThreads(run.sharedThreads())
              .withRanks(run.ranks())
              .withSteps(step -> run.listener().trained(name(), step))
              .distill(
                  start,
                  pairs,
                  run.inputs().trainingBatches(name(), plan.data().batchSize()),
                  progress);
      return files.write(trained, pairs, run);
    }
  }

  @Override
  public void checkFinite() throws IOException {
    run.checkFinite(name(), files.notFinite(), "and keeps its finished stages");
  }

  @Override
  public TrainedLibrary read() throws IOException {
    try (BlockLibrary trained = files.library(run.inputs().parent())) {
      return new TrainedLibrary(
          decoupled.library().with(trained),
          ImmutableList.<CandidateTraining>builder()
              .addAll(decoupled.trainings())
              .addAll(files.trainings())
              .build(),
          dependencies.fingerprint());
    }
  }
}
