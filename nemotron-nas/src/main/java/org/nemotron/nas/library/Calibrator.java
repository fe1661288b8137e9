package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Lists;
import com.google.common.primitives.Ints;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.activation.LayerPipeline;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.shard.Span;

/**
 * Makes the untrained library: one pass of the parent over some tokens ranks channels and heads and
 * fits last projections. Of a parent whose layers are offloaded, a rank's own come to the device
 * and stay until its end.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, appendix A; the least-squares fit is ours.
 */
public final class Calibrator {
  private static final String REMEDY =
      "Maybe take a smaller batchSize or shorter windows, or start without refit.";

  /** The share of a GPU's free memory to plan with. */
  private static final double USABLE = 0.85;

  private final InitSettings settings;
  private final int threads;
  private final Communicator ranks;

  /** Makes a calibrator that works on all cores. */
  public Calibrator(InitSettings settings) {
    this(settings, CpuThreads.available(), Communicator.alone());
  }

  private Calibrator(InitSettings settings, int threads, Communicator ranks) {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    this.settings = settings;
    this.threads = threads;
    this.ranks = ranks;
  }

  /** Returns this calibrator on {@code other} cores. */
  public Calibrator withThreads(int other) {
    return new Calibrator(settings, other, ranks);
  }

  /**
   * Returns this calibrator sharing its work with the other {@code ranks}, which call the same
   * methods with the same parent and text: each goes through layers of its own, in a pipeline. All
   * return a library with the same candidates and rankings, in which only the rank's own candidates
   * ({@link CandidateShards}) have starting weights that were fitted; these are the same to the
   * last bit as those of one rank alone.
   */
  public Calibrator withRanks(Communicator others) {
    return new Calibrator(settings, threads, others);
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
    ImmutableSet<Candidate> all = ImmutableSet.copyOf(space.candidates(parent.spec()));
    CandidateShards shards =
        CandidateShards.of(parent.spec(), all, data.windowTokens(), ranks.size());
    Span layers = shards.layers(ranks.rank());
    Map<Integer, LayerObserver> observers = new TreeMap<>();
    try (TensorThreads sideBySide = new TensorThreads(threads);
        LayerStreamer feed = LayerStreamer.of(parent)) {
      feed.keep(layers.first(), layers.end());
      for (int layer = layers.first(); layer < layers.end(); layer++) {
        observers.put(
            layer,
            new LayerObserver(feed.block(layer), layer, parent.spec().rmsNormEps(), settings));
      }
      int atATime = observersAtATime(parent, data);
      if (shards.takesPart(ranks.rank())) {
        int rank = ranks.rank();
        LayerPipeline pipeline =
            new LayerPipeline(ranks, layers.first(), shards.handover(rank), shards.isLast(rank));
        for (int batch = 0; batch < settings.calibrationBatches(); batch++) {
          observe(feed, pipeline, layers, observers, data, batch, sideBySide, atATime);
          progress.accept(batch + 1);
        }
      }
      ImmutableList<LayerRanking> rankings =
          LayerRankings.of(
              ranks,
              shards,
              observers,
              new MultiLayerOrigins(parent.spec(), feed, space).measure(data));
      return library(parent, all, shards, rankings, observers, sideBySide);
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, parent.device(), REMEDY);
    } finally {
      observers.values().forEach(LayerObserver::close);
    }
  }

  /** On a GPU no more layers are looked at side by side than its memory holds. */
  private int observersAtATime(HeterogeneousModel parent, TokenBatches data) {
    if (parent.device().equals(Device.CPU)) {
      return threads;
    }
    CalibrationWork work =
        new CalibrationWork(
            parent.spec(),
            settings.calibrationBatches(),
            data.batchSize(),
            data.windowTokens(),
            settings.refit());
    Gpu gpu = Gpu.of(parent.device());
    gpu.releaseUnused();
    long free =
        (long) (USABLE * gpu.freeBytes()) - work.stateBytes() - work.heldBytes(ranks.size());
    long tokens = (long) data.batchSize() * data.windowTokens();
    return Ints.constrainToRange(
        Ints.saturatedCast(free / LayerObserver.workBytes(parent.spec(), tokens)), 1, threads);
  }

  private static void observe(
      LayerStreamer feed,
      LayerPipeline pipeline,
      Span layers,
      Map<Integer, LayerObserver> observers,
      TokenBatches data,
      int batch,
      TensorThreads sideBySide,
      int atATime) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor inputBTD =
          pipeline.input(
              () -> feed.embed(data.batch(batch)),
              feed.device(),
              feed.dtype(),
              data.batchSize(),
              data.windowTokens(),
              feed.width());
      HiddenStates stream =
          HiddenStates.of(
              feed::block,
              inputBTD,
              layers.first(),
              layers.end(),
              sideBySide,
              HiddenStates.Place.DEVICE);
      pipeline.pass(() -> stream.hiddenState(pipeline.handover()));
      stream.checkFinite("calibration, batch " + batch + ", the parent");
      for (List<LayerObserver> some :
          Lists.partition(ImmutableList.copyOf(observers.values()), atATime)) {
        sideBySide.forEach(some, observer -> observer.observe(stream));
      }
    }
  }

  private BlockLibrary library(
      HeterogeneousModel parent,
      ImmutableSet<Candidate> candidates,
      CandidateShards shards,
      ImmutableList<LayerRanking> rankings,
      Map<Integer, LayerObserver> observers,
      TensorThreads sideBySide) {
    BlockLibrary plain =
        new BlockLibrary(parent, rankings, settings.kvHeads(), candidates, ImmutableMap.of());
    return settings.refit()
        ? refitted(plain, shards.of(ranks.rank()), observers, sideBySide)
        : plain;
  }

  private static BlockLibrary refitted(
      BlockLibrary plain,
      ImmutableList<Candidate> own,
      Map<Integer, LayerObserver> observers,
      TensorThreads sideBySide) {
    ChildInit starting = new ChildInit(plain.parent(), plain.rankings(), plain.kvHeadStart());
    Map<Candidate, NamedTensors> fitted = new ConcurrentHashMap<>();
    try {
      sideBySide.forEach(
          own,
          candidate ->
              fit(candidate, verifyNotNull(observers.get(candidate.layer())), starting)
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
