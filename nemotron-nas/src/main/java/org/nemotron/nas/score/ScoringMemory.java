package org.nemotron.nas.score;

import com.google.common.primitives.Ints;
import java.util.Optional;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.HostMemory;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.library.internal.MemoryPlan;

/** What passes of scoring need of the device's memory, and what helps where it is too little. */
final class ScoringMemory {
  static final String REMEDY =
      "Maybe score fewer candidatesPerPass, shorter windows, or fewer sequences in a batch.";

  private ScoringMemory() {}

  /** Returns how many passes work side by side, and where the hidden states wait for them. */
  static MemoryPlan.Scoring plan(
      ScoringSettings settings, HeterogeneousModel parent, EvaluationBatches data, int threads) {
    try (NativeScope scope = NativeScope.open()) {
      MemoryPlan.ScoringNeed need =
          MemoryPlan.ScoringNeed.of(
              parent.spec(),
              parent.dtype().bytes(),
              data.batch(0).numel(),
              settings.candidatesPerPass());
      return MemoryPlan.of(parent.device(), threads).scoring(need, place(settings));
    }
  }

  /**
   * Returns how many candidates of an offloaded parent go through its layers together: those whose
   * hidden states the device holds, or half of the host memory that this process has free of its
   * machine's.
   *
   * @param localRanks processes of this machine that do the same
   */
  static int candidatesAtATime(
      ScoringSettings settings,
      HeterogeneousModel parent,
      EvaluationBatches data,
      int threads,
      int localRanks) {
    int bytes = parent.dtype().bytes();
    try (NativeScope scope = NativeScope.open()) {
      long tokens = data.batch(0).numel();
      MemoryPlan.ScoringNeed need =
          MemoryPlan.ScoringNeed.of(parent.spec(), bytes, tokens, settings.candidatesPerPass());
      long free =
          MemoryPlan.of(parent.device(), threads)
              .gpuBytes()
              .orElseGet(() -> HostMemory.availableBytes() / 2 / localRanks);
      long layers =
          (MemoryPlan.PASSING_LAYERS + 1L) * MemoryPlan.parentLayerBytes(parent.spec(), bytes);
      long left = free - layers - need.logitsBytes() - 2 * need.passBytes();
      return Ints.saturatedCast(Math.max(0, left / (tokens * parent.spec().width() * bytes)));
    }
  }

  private static Optional<HiddenStates.Place> place(ScoringSettings settings) {
    return switch (settings.hiddenStates()) {
      case AUTOMATIC -> Optional.empty();
      case DEVICE -> Optional.of(HiddenStates.Place.DEVICE);
      case HOST -> Optional.of(HiddenStates.Place.HOST);
    };
  }
}
