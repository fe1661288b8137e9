package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import com.google.common.collect.MultimapBuilder;
import com.google.common.collect.SetMultimap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.internal.MemoryPlan;

/**
 * Scores candidates in a child instead of the parent: {@link ContextScores}.
 *
 * <p>A model that differs from the child in one layer runs that layer and those behind it, as
 * {@link BlockScorer} does in the parent; models that differ in the same layer share the rest.
 */
public final class ContextScorer {
  private final ScoringSettings settings;
  private final int threads;

  /** Makes a scorer that works on all cores. */
  public ContextScorer(ScoringSettings settings) {
    this(settings, CpuThreads.available());
  }

  private ContextScorer(ScoringSettings settings, int threads) {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    this.settings = settings;
    this.threads = threads;
  }

  /**
   * Returns this scorer with {@code other} passes at the same time, one core each; on a GPU fewer,
   * where its memory does not hold so many.
   */
  public ContextScorer withThreads(int other) {
    return new ContextScorer(settings, other);
  }

  /**
   * Returns the scores of {@code candidates} in {@code child}; a candidate whose values are not
   * finite is listed under {@link ScoreTable#leftOut}.
   *
   * @param library that child and candidates are of
   * @param data held-out text; all of it
   * @param progress told after each batch how many are done
   * @throws org.nemotron.core.tensor.NonFiniteException if the parent's or the child's own values
   *     are not finite
   */
  public ContextScores score(
      BlockLibrary library,
      Architecture child,
      Collection<? extends Candidate> candidates,
      EvaluationBatches data,
      LongConsumer progress) {
    ContextPlan plan = new ContextPlan(library.parent().spec(), child);
    Map<Candidate, Combination> wanted = new LinkedHashMap<>();
    candidates.forEach(candidate -> wanted.put(candidate, plan.score(candidate)));
    Set<Architecture> models = new LinkedHashSet<>(List.of(child));
    wanted.values().forEach(combination -> models.addAll(combination.terms().keySet()));
    Losses losses = new Losses();
    MemoryPlan.Scoring room = ScoringMemory.plan(settings, library.parent(), data, threads);
    try (HeterogeneousModel whole = library.assemble(child);
        TensorThreads sideBySide = new TensorThreads(room.workers())) {
      ImmutableList<ImmutableList<Changed>> passes = passes(child, models);
      for (int batch = 0; batch < data.batches(); batch++) {
        try (NativeScope scope = NativeScope.open()) {
          new Batch(library, child, whole, data.batch(batch), "scores in a child, batch " + batch)
              .measure(passes, losses, sideBySide, room.hiddenStates());
        }
        progress.accept(batch + 1);
      }
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, library.parent().device(), ScoringMemory.REMEDY);
    }
    return new ContextScores(child, losses.score(Combination.of(child)), losses.table(wanted));
  }

  /** A model that differs from the child in the layers from {@code first} to {@code resumesAt}. */
  private record Changed(Architecture model, int first, int resumesAt) {
    static Changed of(Architecture child, Architecture model) {
      Set<Integer> layers = new LinkedHashSet<>();
      addDifferent(child, model, layers);
      addDifferent(model, child, layers);
      int first = layers.stream().mapToInt(layer -> layer).min().orElseThrow();
      return new Changed(
          model, first, layers.stream().mapToInt(layer -> layer).max().orElseThrow() + 1);
    }

    private static void addDifferent(Architecture some, Architecture other, Set<Integer> layers) {
      some.choices().stream()
          .filter(choice -> !other.choices().contains(choice))
          .forEach(
              choice -> {
                for (int layer = 0; layer < choice.layers(); layer++) {
                  layers.add(choice.layer() + layer);
                }
              });
    }
  }

  /** Groups by the layer that follows: a group runs through the rest of the child as one batch. */
  private ImmutableList<ImmutableList<Changed>> passes(
      Architecture child, Set<Architecture> models) {
    SetMultimap<Integer, Changed> byLayer =
        MultimapBuilder.treeKeys().linkedHashSetValues().build();
    for (Architecture model : models) {
      if (!model.equals(child)) {
        Changed changed = Changed.of(child, model);
        byLayer.put(changed.resumesAt(), changed);
      }
    }
    ImmutableList.Builder<ImmutableList<Changed>> passes = ImmutableList.builder();
    for (int layer : byLayer.keySet()) {
      for (List<Changed> pass :
          Lists.partition(new ArrayList<>(byLayer.get(layer)), settings.candidatesPerPass())) {
        passes.add(ImmutableList.copyOf(pass));
      }
    }
    return passes.build();
  }

  /** The models on one batch. */
  private record Batch(
      BlockLibrary library,
      Architecture child,
      HeterogeneousModel whole,
      Tensor idsBT,
      String name) {
    void measure(
        ImmutableList<ImmutableList<Changed>> passes,
        Losses losses,
        TensorThreads threads,
        HiddenStates.Place place) {
      try (NoGradGuard inference = new NoGradGuard()) {
        Tensor ownBTD = NativeScope.only(this::parentsLast);
        HiddenStates states =
            HiddenStates.of(whole, idsBT, threads, place).checkFinite(name + ", the child");
        try (TokenMetrics metrics = new TokenMetrics(library.parent(), idsBT, ownBTD)) {
          metrics.checkParent(name);
          losses.add(child, Tensors.floats(metrics.compare(states.lastBTD())));
          threads.forEach(passes, pass -> measure(pass, states, metrics, losses));
        }
      }
    }

    private Tensor parentsLast() {
      HeterogeneousModel parent = library.parent();
      Tensor ids = Tensors.move(idsBT, parent.device(), DType.INT64);
      return parent.runBlocks(parent.embed(ids), 0, parent.spec().layers());
    }

    private void measure(
        List<Changed> pass, HiddenStates states, TokenMetrics metrics, Losses losses) {
      try (NoGradGuard inference = new NoGradGuard();
          NativeScope scope = NativeScope.open()) {
        int next = pass.get(0).resumesAt();
        List<Tensor> changed = new ArrayList<>();
        for (Changed one : pass) {
          changed.add(NativeScope.only(() -> output(one, states)));
        }
        Tensor last = whole.runBlocks(Tensors.joined(changed), next, whole.spec().layers());
        long sequences = last.size(0) / pass.size();
        for (int member = 0; member < pass.size(); member++) {
          Tensor own = last.narrow(0, member * sequences, sequences);
          losses.add(pass.get(member).model(), Tensors.floats(metrics.compare(own)));
        }
      }
    }

    /** Returns the hidden states behind the changed layers, which alone are made for it. */
    private Tensor output(Changed changed, HiddenStates states) {
      Tensor hiddenBTD = states.hiddenState(changed.first());
      for (BlockChoice choice : changed.model().choices()) {
        if (changed.first() <= choice.layer() && choice.layer() < changed.resumesAt()) {
          try (Block block = library.block(choice)) {
            hiddenBTD = block.forward(hiddenBTD);
          }
        }
      }
      return hiddenBTD;
    }
  }

  /** What each model loses, sequence by sequence. Safe for use by several threads. */
  private static final class Losses {
    private final Map<Architecture, List<TokenMetrics.OfSequence>> sequences =
        new LinkedHashMap<>();

    /** Adds the sequences of the next batch. */
    synchronized void add(Architecture model, float[] rows) {
      List<TokenMetrics.OfSequence> own =
          sequences.computeIfAbsent(model, none -> new ArrayList<>());
      for (int row = 0; 3 * row < rows.length; row++) {
        own.add(TokenMetrics.OfSequence.at(rows, row));
      }
    }

    private ScoreAccumulator sums(Combination combination) {
      ScoreAccumulator sums = new ScoreAccumulator();
      int count = sequences.values().iterator().next().size();
      for (int sequence = 0; sequence < count; sequence++) {
        double kl = 0;
        double loss = 0;
        double accuracy = 0;
        for (Map.Entry<Architecture, Integer> term : combination.terms().entrySet()) {
          TokenMetrics.OfSequence one = verifyNotNull(sequences.get(term.getKey())).get(sequence);
          kl += term.getValue() * one.klNats();
          loss += term.getValue() * one.lossIncrease();
          accuracy += term.getValue() * one.accuracyDrop();
        }
        sums.add(new TokenMetrics.OfSequence(kl, loss, accuracy));
      }
      return sums;
    }

    Score score(Combination combination) {
      return sums(combination).score();
    }

    ScoreTable table(Map<Candidate, Combination> wanted) {
      ImmutableMap.Builder<Candidate, Score> scores = ImmutableMap.builder();
      ImmutableMap.Builder<Candidate, String> leftOut = ImmutableMap.builder();
      wanted.forEach(
          (candidate, combination) -> {
            ScoreAccumulator sums = sums(combination);
            sums.fault()
                .ifPresentOrElse(
                    fault -> leftOut.put(candidate, fault),
                    () -> scores.put(candidate, sums.score()));
          });
      return new ScoreTable(scores.buildOrThrow(), leftOut.buildOrThrow());
    }
  }
}
