package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.collect.MultimapBuilder;
import com.google.common.collect.SetMultimap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.internal.MemoryPlan;
import org.nemotron.nas.library.internal.Replacement;
import org.nemotron.nas.shard.ScoringShards;
import org.nemotron.nas.shard.Span;

/**
 * Scores each candidate: the degradation of the parent when it alone replaces its block.
 *
 * <p>A replaced block changes nothing before it, so only the layers after it are run again;
 * candidates followed by the same layers share that pass. Attention and FFN are scored separately
 * and added: m + n evaluations for a layer, not m times n. Where the parent's layers are offloaded,
 * all candidates of a batch that the device holds go through a layer when it is there.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, replace-1-block scores; starting at the replaced block is
 * ours.
 */
public final class BlockScorer {
  private final ScoringSettings settings;
  private final int threads;
  private final Communicator ranks;

  /** Makes a scorer that works on all cores. */
  public BlockScorer(ScoringSettings settings) {
    this(settings, CpuThreads.available(), Communicator.alone());
  }

  private BlockScorer(ScoringSettings settings, int threads, Communicator ranks) {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    this.settings = settings;
    this.threads = threads;
    this.ranks = ranks;
  }

  /**
   * Returns this scorer with {@code other} passes at the same time, one core each; on a GPU fewer,
   * where its memory does not hold so many.
   */
  public BlockScorer withThreads(int other) {
    return new BlockScorer(settings, other, ranks);
  }

  /**
   * Returns this scorer sharing its work with the other {@code ranks}, which call the same methods
   * with the same library and text: each scores a part, and all return the same table, to the last
   * bit what one of them alone returns.
   */
  public BlockScorer withRanks(Communicator others) {
    return new BlockScorer(settings, threads, others);
  }

  /** Returns the scores of all candidates of {@code library}; see the last {@code score}. */
  public ScoreTable score(BlockLibrary library, EvaluationBatches data) {
    return score(library, library.candidates(), data);
  }

  /** Returns the scores of {@code candidates}; see the last {@code score}. */
  public ScoreTable score(
      BlockLibrary library, Collection<? extends Candidate> candidates, EvaluationBatches data) {
    return score(library, candidates, data, batch -> {});
  }

  /** Returns the scores of all candidates of {@code library}; see the last {@code score}. */
  public ScoreTable score(BlockLibrary library, EvaluationBatches data, LongConsumer progress) {
    return score(library, library.candidates(), data, progress);
  }

  /**
   * Returns the scores of {@code candidates} with their weights in {@code library}; a candidate
   * whose values are not finite is listed under {@link ScoreTable#leftOut}.
   *
   * @param data held-out text; all of it
   * @param progress told after each batch how many are done
   * @throws org.nemotron.core.tensor.NonFiniteException if the parent's own values are not finite
   */
  public ScoreTable score(
      BlockLibrary library,
      Collection<? extends Candidate> candidates,
      EvaluationBatches data,
      LongConsumer progress) {
    List<List<Candidate>> passes = passes(candidates);
    ScoringShards shards = shards(library.parent().spec().layers(), passes, data.batches());
    ScoreRows rows = new ScoreRows(shards, ranks, passes, data);
    MemoryPlan.Scoring plan = ScoringMemory.plan(settings, library.parent(), data, threads);
    try (TensorThreads sideBySide = new TensorThreads(plan.workers());
        LayerStreamer feed = LayerStreamer.of(library.parent())) {
      for (int batch = 0; batch < data.batches(); batch++) {
        Span own = shards.passes(ranks.rank(), batch);
        if (own.size() > 0) {
          try (NativeScope scope = NativeScope.open()) {
            int at = batch;
            List<List<Candidate>> ofBatch = passes.subList(own.first(), own.end());
            String name = "scores, batch " + batch;
            Rows ofRank = (pass, values) -> rows.put(at, own.first() + pass, values);
            if (library.parent().offloaded().isEmpty()) {
              scoreBatch(
                  library,
                  ofBatch,
                  data.batch(batch),
                  name,
                  ofRank,
                  sideBySide,
                  plan.hiddenStates());
            } else {
              new LayeredScoring(library, feed, sideBySide)
                  .score(
                      ofBatch, data.batch(batch), candidatesAtATime(library, data), name, ofRank);
            }
          }
        }
        progress.accept(batch + 1);
      }
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, library.parent().device(), ScoringMemory.REMEDY);
    }
    return rows.exchanged().table(candidates);
  }

  private int candidatesAtATime(BlockLibrary library, EvaluationBatches data) {
    return ScoringMemory.candidatesAtATime(
        settings, library.parent(), data, threads, ranks.localSize());
  }

  /** A pass costs the layers that it runs again, a batch as many as the parent has. */
  private ScoringShards shards(int layers, List<List<Candidate>> passes, long batches) {
    ImmutableList.Builder<Long> costs = ImmutableList.builder();
    for (List<Candidate> pass : passes) {
      costs.add((long) pass.size() * (layers - resumesAt(pass.get(0)) + 1));
    }
    return new ScoringShards(costs.build(), layers, Math.toIntExact(batches), ranks.size());
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

  static int resumesAt(Candidate candidate) {
    return candidate.layer() + candidate.layers();
  }

  private static void scoreBatch(
      BlockLibrary library,
      List<List<Candidate>> passes,
      Tensor idsBT,
      String name,
      Rows rows,
      TensorThreads threads,
      HiddenStates.Place place) {
    HeterogeneousModel parent = library.parent();
    try (NoGradGuard inference = new NoGradGuard()) {
      HiddenStates states =
          HiddenStates.of(parent, idsBT, threads, place).checkFinite(name + ", the parent");
      try (TokenMetrics metrics = new TokenMetrics(parent, idsBT, states.lastBTD())) {
        metrics.checkParent(name);
        List<Integer> numbers = IntStream.range(0, passes.size()).boxed().toList();
        threads.forEach(
            numbers, pass -> rows.put(pass, scorePass(library, passes.get(pass), states, metrics)));
      }
    }
  }

  /** Takes the rows of a pass: its candidates, each with all sequences of the batch. */
  interface Rows {
    void put(int pass, float[] rows);
  }

  private static float[] scorePass(
      BlockLibrary library, List<Candidate> pass, HiddenStates states, TokenMetrics metrics) {
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
      return compared(last, pass.size(), metrics);
    }
  }

  /**
   * Returns the rows of a pass.
   *
   * @param lastBTD the output of the last layer, of all candidates
   * @param size how many candidates there are
   */
  static float[] compared(Tensor lastBTD, int size, TokenMetrics metrics) {
    long sequences = lastBTD.size(0) / size;
    List<Tensor> compared = new ArrayList<>();
    for (int member = 0; member < size; member++) {
      Tensor own = lastBTD.narrow(0, member * sequences, sequences);
      compared.add(NativeScope.only(() -> metrics.compare(own)));
    }
    return Tensors.floats(Tensors.joined(compared));
  }
}
