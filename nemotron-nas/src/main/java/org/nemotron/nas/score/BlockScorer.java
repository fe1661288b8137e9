package org.nemotron.nas.score;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import com.google.common.collect.MultimapBuilder;
import com.google.common.collect.SetMultimap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.internal.Replacement;

/**
 * Scores each candidate: the degradation of the parent when it alone replaces its block.
 *
 * <p>A replaced block changes nothing before it, so only the layers after it are run again;
 * candidates followed by the same layers share that pass. Attention and FFN are scored separately
 * and added: m + n evaluations for a layer, not m times n.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, replace-1-block scores; starting at the replaced block is
 * ours.
 */
public final class BlockScorer {
  private static final String REMEDY =
      "Maybe score fewer candidatesPerPass, shorter windows, or fewer sequences in a batch.";

  private final ScoringSettings settings;

  /** Makes a scorer. */
  public BlockScorer(ScoringSettings settings) {
    this.settings = settings;
  }

  /**
   * Returns the scores of {@code candidates} with their weights in {@code library}; a candidate
   * whose values are not finite is listed under {@link ScoreTable#leftOut}.
   *
   * @param data held-out text; the first {@code batches} batches are used, or all where there are
   *     fewer
   * @param progress called after each batch with the number of batches done
   * @throws org.nemotron.core.tensor.NonFiniteException if the parent's own values are not finite
   */
  public ScoreTable score(
      BlockLibrary library,
      Collection<? extends Candidate> candidates,
      EvaluationBatches data,
      LongConsumer progress) {
    Map<Candidate, ScoreAccumulator> sums = new LinkedHashMap<>();
    candidates.forEach(candidate -> sums.put(candidate, new ScoreAccumulator()));
    List<List<Candidate>> passes = passes(candidates);
    ScoringMemoryPlan plan = plan(library.parent(), data);
    try (TensorThreads threads = new TensorThreads(plan.passes())) {
      for (int batch = 0; batch < Math.min(settings.batches(), data.batches()); batch++) {
        try (NativeScope scope = NativeScope.open()) {
          String name = "scores, batch " + batch;
          scoreBatch(library, passes, data.batch(batch), name, sums, threads, plan.place());
        }
        progress.accept(batch + 1);
      }
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, library.parent().device(), REMEDY);
    }
    ImmutableMap.Builder<Candidate, Score> scores = ImmutableMap.builder();
    ImmutableMap.Builder<Candidate, String> leftOut = ImmutableMap.builder();
    sums.forEach(
        (candidate, sum) ->
            sum.fault()
                .ifPresentOrElse(
                    fault -> leftOut.put(candidate, fault),
                    () -> scores.put(candidate, sum.score())));
    return new ScoreTable(scores.buildOrThrow(), leftOut.buildOrThrow());
  }

  /** Returns the scores of all candidates of {@code library}; see the other {@code score}. */
  public ScoreTable score(BlockLibrary library, EvaluationBatches data, LongConsumer progress) {
    return score(library, library.candidates(), data, progress);
  }

  private ScoringMemoryPlan plan(HeterogeneousModel parent, EvaluationBatches data) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor idsBT = data.batch(0);
      return ScoringMemoryPlan.of(parent, settings, idsBT.size(0), idsBT.size(1));
    }
  }

  /** Groups by the layer that follows: a group runs through the rest of the parent as one batch. */
  private List<List<Candidate>> passes(Collection<? extends Candidate> candidates) {
    SetMultimap<Integer, Candidate> byLayer =
        MultimapBuilder.treeKeys().linkedHashSetValues().build();
    candidates.forEach(candidate -> byLayer.put(resumesAt(candidate), candidate));
    List<List<Candidate>> passes = new ArrayList<>();
    for (int layer : byLayer.keySet()) {
      passes.addAll(
          Lists.partition(new ArrayList<>(byLayer.get(layer)), settings.candidatesPerPass()));
    }
    return passes;
  }

  private static int resumesAt(Candidate candidate) {
    return candidate.layer() + candidate.covers();
  }

  private static void scoreBatch(
      BlockLibrary library,
      List<List<Candidate>> passes,
      Tensor idsBT,
      String name,
      Map<Candidate, ScoreAccumulator> sums,
      TensorThreads threads,
      HiddenStates.Place place) {
    HeterogeneousModel parent = library.parent();
    try (NoGradGuard inference = new NoGradGuard()) {
      HiddenStates states =
          HiddenStates.of(parent, idsBT, threads, place).checkFinite(name + ", the parent");
      try (TokenMetrics metrics = new TokenMetrics(parent, idsBT, states.lastBTD())) {
        metrics.checkParent(name);
        threads.forEach(passes, pass -> scorePass(library, pass, states, metrics, sums));
      }
    }
  }

  private static void scorePass(
      BlockLibrary library,
      List<Candidate> pass,
      HiddenStates states,
      TokenMetrics metrics,
      Map<Candidate, ScoreAccumulator> sums) {
    try (NoGradGuard inference = new NoGradGuard();
        NativeScope scope = NativeScope.open()) {
      List<Tensor> replaced = new ArrayList<>();
      for (Candidate candidate : pass) {
        try (NamedTensors weights = library.weights(candidate);
            Replacement replacement = Replacement.of(library.parent(), candidate, weights)) {
          replaced.add(NativeScope.only(() -> replacement.output(states)));
        }
      }
      HeterogeneousModel parent = library.parent();
      int next = resumesAt(pass.get(0));
      Tensor last = parent.runBlocks(Tensors.joined(replaced), next, parent.spec().layers());
      long sequences = last.size(0) / pass.size();
      List<Tensor> compared = new ArrayList<>();
      for (int member = 0; member < pass.size(); member++) {
        Tensor own = last.narrow(0, member * sequences, sequences);
        compared.add(NativeScope.only(() -> metrics.compare(own)));
      }
      float[] rows = Tensors.floats(Tensors.joined(compared));
      for (int row = 0; row < pass.size() * sequences; row++) {
        verifyNotNull(sums.get(pass.get((int) (row / sequences))))
            .add(TokenMetrics.OfSequence.at(rows, row));
      }
    }
  }
}
