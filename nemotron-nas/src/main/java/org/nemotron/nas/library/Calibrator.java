package org.nemotron.nas.library;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.TokenBatches;

/**
 * Makes the untrained library: one pass of the parent over some tokens ranks channels and heads and
 * fits last projections.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, appendix A; the least-squares fit is ours.
 */
public final class Calibrator {
  private static final String REMEDY =
      "Maybe take a smaller batchSize or shorter windows, or start without refit.";

  private final InitSettings settings;

  /** Makes a calibrator. */
  public Calibrator(InitSettings settings) {
    this.settings = settings;
  }

  /** Returns the untrained library of {@code space}; see the other {@code calibrate}. */
  public BlockLibrary calibrate(HeterogeneousModel parent, SearchSpace space, TokenBatches data) {
    return calibrate(parent, space, data, batch -> {});
  }

  /**
   * Returns the library of all candidates of {@code space}, with their starting weights.
   *
   * @param parent stays the caller's, and must stay open as long as the library
   * @param data calibration text; batches 0 to {@code calibrationBatches - 1} are used
   * @param progress told after each batch how many are done
   * @throws org.nemotron.core.tensor.NonFiniteException if the parent's values are not finite
   */
  public BlockLibrary calibrate(
      HeterogeneousModel parent, SearchSpace space, TokenBatches data, LongConsumer progress) {
    List<LayerObserver> observers = new ArrayList<>();
    try (TensorThreads sideBySide = new TensorThreads(CpuThreads.available())) {
      for (int layer = 0; layer < parent.spec().layers(); layer++) {
        observers.add(new LayerObserver(parent, layer, settings));
      }
      for (int batch = 0; batch < settings.calibrationBatches(); batch++) {
        observe(parent, observers, data.batch(batch), "batch " + batch, sideBySide);
        progress.accept(batch + 1);
      }
      return library(
          parent, space, observers, new MultiLayerOrigins(parent, space).measure(data), sideBySide);
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, parent.device(), REMEDY);
    } finally {
      observers.forEach(LayerObserver::close);
    }
  }

  private static void observe(
      HeterogeneousModel parent,
      List<LayerObserver> observers,
      Tensor idsBT,
      String batch,
      TensorThreads sideBySide) {
    try (NativeScope scope = NativeScope.open()) {
      HiddenStates stream = HiddenStates.of(parent, idsBT, sideBySide);
      stream.checkFinite("calibration, " + batch + ", the parent");
      sideBySide.forEach(observers, observer -> observer.observe(stream));
    }
  }

  private BlockLibrary library(
      HeterogeneousModel parent,
      SearchSpace space,
      List<LayerObserver> observers,
      ImmutableList<ImmutableMap<Integer, Integer>> origins,
      TensorThreads sideBySide) {
    ImmutableList.Builder<LayerRanking> rankings = ImmutableList.builder();
    for (int layer = 0; layer < observers.size(); layer++) {
      rankings.add(observers.get(layer).ranking(origins.get(layer)));
    }
    BlockLibrary plain =
        new BlockLibrary(
            parent,
            rankings.build(),
            settings.kvHeads(),
            ImmutableSet.copyOf(space.candidates(parent.spec())),
            ImmutableMap.of());
    return settings.refit() ? refitted(plain, observers, sideBySide) : plain;
  }

  private static BlockLibrary refitted(
      BlockLibrary plain, List<LayerObserver> observers, TensorThreads sideBySide) {
    ChildInit starting = new ChildInit(plain.parent(), plain.rankings(), plain.kvHeadStart());
    Map<Candidate, NamedTensors> fitted = new ConcurrentHashMap<>();
    try {
      sideBySide.forEach(
          plain.candidates().asList(),
          candidate ->
              fit(candidate, observers.get(candidate.layer()), starting)
                  .ifPresent(weights -> fitted.put(candidate, weights)));
      return plain.with(fitted);
    } finally {
      fitted.values().forEach(NamedTensors::close);
    }
  }

  private static Optional<NamedTensors> fit(
      Candidate candidate, LayerObserver observer, ChildInit starting) {
    try (NoGradGuard inference = new NoGradGuard();
        NamedTensors start = starting.of(candidate)) {
      ImmutableMap<String, Tensor> fit = candidate.accept(new Fit(observer, start, starting));
      if (fit.isEmpty()) {
        return Optional.empty();
      }
      Map<String, Tensor> merged = new LinkedHashMap<>(start.asMap());
      merged.putAll(fit);
      return Optional.of(NamedTensors.of(merged));
    }
  }

  private record Fit(LayerObserver observer, NamedTensors start, ChildInit starting)
      implements Candidate.Visitor<ImmutableMap<String, Tensor>> {
    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.Attention candidate) {
      return observer.fit(candidate.spec(), start);
    }

    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.Ffn candidate) {
      FfnSpec spec = candidate.spec();
      return observer.fit(spec, start, starting.keptChannels(candidate.layer(), spec.channels()));
    }

    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.Block candidate) {
      return ImmutableMap.of();
    }

    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.MultiLayer candidate) {
      return ImmutableMap.of();
    }
  }
}
