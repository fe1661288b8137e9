package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.ResidualStream;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.SideBySide;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;

/**
 * Blockwise local distillation: every candidate learns to imitate what it stands in for, from the
 * activations of one pass of the parent per batch.
 *
 * <p>No gradient crosses a block, so candidates are independent of each other and train side by
 * side, one core each; the result does not depend on how many.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, section on blockwise local distillation.
 */
public final class LocalDistiller {
  private final LocalDistillationSettings settings;

  /** Makes a distiller. */
  public LocalDistiller(LocalDistillationSettings settings) {
    this.settings = settings;
  }

  /**
   * Returns {@code library} with {@code candidates} trained; those without weights are left out.
   *
   * @param data training text; batches 0 to {@code steps - 1} are used
   * @param progress told after each step how many are done
   * @throws org.nemotron.core.tensor.NonFiniteException if the parent's values are not finite; a
   *     candidate whose own are not is stopped
   */
  public LocalDistillation distill(
      BlockLibrary library,
      Collection<? extends Candidate> candidates,
      TokenBatches data,
      LongConsumer progress) {
    List<CandidateTrainer> trainers = new ArrayList<>();
    try (SideBySide sideBySide = new SideBySide(settings.threads())) {
      for (Candidate candidate : candidates) {
        if (candidate.hasWeights()) {
          try (NamedTensors start = library.weights(candidate)) {
            trainers.add(new CandidateTrainer(library.parent(), candidate, start, settings));
          }
        }
      }
      List<CandidateTrainer> largestFirst = new ArrayList<>(trainers);
      largestFirst.sort(Comparator.comparingLong(CandidateTrainer::work).reversed());
      for (int step = 0; step < settings.steps(); step++) {
        train(library.parent(), data, step, largestFirst, sideBySide);
        progress.accept(step + 1);
      }
      return result(library, trainers);
    } finally {
      trainers.forEach(CandidateTrainer::close);
    }
  }

  private static void train(
      HeterogeneousModel parent,
      TokenBatches data,
      int step,
      List<CandidateTrainer> trainers,
      SideBySide sideBySide) {
    try (NativeScope scope = NativeScope.open()) {
      ResidualStream parentStream = parentStream(parent, data.batch(step), sideBySide);
      parentStream.checkFinite("local distillation, step " + step + ", the parent");
      Workplace.meet(parent.device());
      sideBySide.forEach(trainers, trainer -> trainer.step(step, parentStream));
      Workplace.meet(parent.device());
    }
  }

  private static ResidualStream parentStream(
      HeterogeneousModel parent, Tensor idsBT, SideBySide sideBySide) {
    try (NoGradGuard frozen = new NoGradGuard()) {
      return ResidualStream.of(parent, idsBT, sideBySide);
    }
  }

  private static LocalDistillation result(BlockLibrary library, List<CandidateTrainer> trainers) {
    Map<Candidate, NamedTensors> weights = new LinkedHashMap<>();
    ImmutableList.Builder<CandidateTraining> trainings = ImmutableList.builder();
    try {
      for (CandidateTrainer trainer : trainers) {
        trainings.add(trainer.training());
        weights.put(
            trainer.candidate(),
            trainer.stopped() ? library.weights(trainer.candidate()) : trainer.result());
      }
      return new LocalDistillation(library.with(weights), trainings.build());
    } finally {
      weights.values().forEach(NamedTensors::close);
    }
  }
}
