package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.core.activation.LayerPipeline;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateShards;
import org.nemotron.nas.library.internal.MemoryPlan;

/**
 * Blockwise local distillation: every candidate learns to imitate what it stands in for, from the
 * activations of one pass of the parent per batch.
 *
 * <p>No gradient crosses a block, so candidates are independent of each other and train side by
 * side, one core each; the result does not depend on how many. For the same reason a few layers at
 * a time may be gone through with all batches, where the memory does not hold the candidates of
 * all; and the parent's layers may be offloaded, or the parent lie in the machine's memory: they
 * then come to the GPU in turn, of several ranks to each its own.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, section on blockwise local distillation.
 */
public final class LocalDistiller {
  private static final String REMEDY =
      "Maybe train fewer residentLayers at a time, or take a smaller batchSize or shorter windows.";

  private final LocalDistillationSettings settings;
  private final Optional<Device> device;
  private final int threads;
  private final Consumer<TrainingStep> steps;
  private final Communicator ranks;

  /** Makes a distiller that works where the parent lies, on all cores. */
  public LocalDistiller(LocalDistillationSettings settings) {
    this(settings, Optional.empty(), CpuThreads.available(), step -> {}, Communicator.alone());
  }

  /**
   * Makes a distiller that works on {@code device}: a parent that lies elsewhere comes there layer
   * by layer.
   */
  public LocalDistiller(LocalDistillationSettings settings, Device device) {
    this(settings, Optional.of(device), CpuThreads.available(), step -> {}, Communicator.alone());
  }

  private LocalDistiller(
      LocalDistillationSettings settings,
      Optional<Device> device,
      int threads,
      Consumer<TrainingStep> steps,
      Communicator ranks) {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    this.settings = settings;
    this.device = device;
    this.threads = threads;
    this.steps = steps;
    this.ranks = ranks;
  }

  /**
   * Returns this distiller with {@code other} candidates at work at the same time, one core each;
   * on a GPU fewer, where its memory does not hold so many.
   */
  public LocalDistiller withThreads(int other) {
    return new LocalDistiller(settings, device, other, steps, ranks);
  }

  /**
   * Returns this distiller with a listener that gets each step's mean loss over the candidates that
   * still train; on a GPU losses are read some steps later.
   */
  public LocalDistiller withSteps(Consumer<TrainingStep> listener) {
    return new LocalDistiller(settings, device, threads, listener, ranks);
  }

  /**
   * Returns this distiller sharing its work with the other {@code ranks}, which call the same
   * methods with the same candidates and text: each trains those of its own layers ({@link
   * CandidateShards}), and returns these alone as trained. Hidden states go from rank to rank, and
   * no sum crosses them, so that every candidate is trained to the same bits as by one rank alone.
   */
  public LocalDistiller withRanks(Communicator others) {
    return new LocalDistiller(settings, device, threads, steps, others);
  }

  /** Returns {@code library} with {@code candidates} trained; see the other {@code distill}. */
  public LocalDistillation distill(
      BlockLibrary library, Collection<? extends Candidate> candidates, TokenBatches data) {
    return distill(library, candidates, data, step -> {});
  }

  /**
   * Returns {@code library} with {@code candidates} trained; those without weights are left out.
   *
   * @param data training text; batches 0 to {@code steps - 1} are used
   * @param progress told after each step how many are done; a step of one group of layers counts by
   *     the group's share
   * @throws org.nemotron.core.tensor.NonFiniteException if the parent's values are not finite; a
   *     candidate whose own are not is stopped
   */
  public LocalDistillation distill(
      BlockLibrary library,
      Collection<? extends Candidate> candidates,
      TokenBatches data,
      LongConsumer progress) {
    HeterogeneousModel parent = library.parent();
    try (LayerStreamer feed = LayerStreamer.of(parent, device.orElse(parent.device()))) {
      return distill(feed, library, candidates, data, progress, ParentPasses.usualHostBytes());
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, device.orElse(parent.device()), REMEDY);
    }
  }

  /** The same with the parent's layers from {@code feed}. */
  LocalDistillation distill(
      LayerStreamer feed,
      BlockLibrary library,
      Collection<? extends Candidate> candidates,
      TokenBatches data,
      LongConsumer progress,
      long hostBytes) {
    ImmutableList<Candidate> all =
        candidates.stream().filter(Candidate::hasWeights).collect(ImmutableList.toImmutableList());
    CandidateShards shards =
        CandidateShards.of(library.parent().spec(), all, data.windowTokens(), ranks.size());
    ImmutableSet<Candidate> own = ImmutableSet.copyOf(shards.of(ranks.rank()));
    ImmutableList<Candidate> trainable =
        all.stream().filter(own::contains).collect(ImmutableList.toImmutableList());
    long tokens = (long) data.batchSize() * data.windowTokens();
    MemoryPlan.Training plan =
        MemoryPlan.of(feed.device(), threads)
            .training(
                library.parent().spec(),
                trainable,
                tokens,
                settings.residentLayers(),
                feed.copiedLayerBytes());
    ImmutableList<LayerGroup> groups = LayerGroup.of(trainable, plan.layers());
    Results results = new Results(groups.size() > 1 ? Place.HOST : Place.DEVICE);
    try (TensorThreads sideBySide = new TensorThreads(plan.workers());
        StreamPool streams = new StreamPool(feed.device(), plan.workers());
        ParentPasses passes =
            new ParentPasses(feed, pipeline(shards), data, hostBytes, sideBySide)) {
      for (int index = 0; index < groups.size(); index++) {
        long before = (long) index * settings.steps();
        Optional<Integer> next =
            index + 1 < groups.size()
                ? Optional.of(groups.get(index + 1).first())
                : Optional.empty();
        try (GroupTraining group = new GroupTraining(groups.get(index), feed, library, settings)) {
          passes.through(
              groups.get(index),
              next,
              settings.steps(),
              (step, stream) -> {
                TrainingStream.synchronize(feed.device());
                ranks.check();
                sideBySide.forEach(
                    group.largestFirst(), trainer -> streams.at(() -> trainer.step(step, stream)));
                TrainingStream.synchronize(feed.device());
                group.latest(before + step, tokens).ifPresent(steps);
                progress.accept((before + step + 1) / groups.size());
              });
          results.add(group);
        }
      }
      return results.in(library, trainable);
    } finally {
      results.close();
    }
  }

  private LayerPipeline pipeline(CandidateShards shards) {
    int rank = ranks.rank();
    return shards.takesPart(rank)
        ? new LayerPipeline(
            ranks, shards.layers(rank).first(), shards.handover(rank), shards.isLast(rank))
        : LayerPipeline.alone();
  }

  /** The trainers of one group. */
  private static final class GroupTraining implements AutoCloseable {
    private final List<CandidateTrainer> trainers = new ArrayList<>();

    GroupTraining(
        LayerGroup group,
        LayerStreamer feed,
        BlockLibrary library,
        LocalDistillationSettings with) {
      feed.keep(group.first(), group.end());
      double eps = library.parent().spec().rmsNormEps();
      try {
        for (Candidate candidate : group.candidates()) {
          try (NamedTensors start = library.weights(candidate)) {
            trainers.add(new CandidateTrainer(feed, eps, candidate, start, with));
          }
        }
      } finally {
        if (trainers.size() < group.candidates().size()) {
          close();
        }
      }
    }

    /** Returns the mean of the losses read last; nothing before any was. */
    Optional<TrainingStep> latest(long step, long tokens) {
      double[] losses =
          trainers.stream()
              .filter(trainer -> !trainer.stopped())
              .mapToDouble(CandidateTrainer::latest)
              .filter(loss -> !Double.isNaN(loss))
              .toArray();
      return losses.length == 0
          ? Optional.empty()
          : Optional.of(
              new TrainingStep(
                  step,
                  tokens,
                  Arrays.stream(losses).average().orElseThrow(),
                  ImmutableMap.of("candidates", (double) losses.length)));
    }

    List<CandidateTrainer> largestFirst() {
      return trainers.stream()
          .sorted(Comparator.comparingLong(CandidateTrainer::work).reversed())
          .toList();
    }

    @Override
    public void close() {
      trainers.forEach(CandidateTrainer::close);
    }
  }

  /** What has been trained. */
  private static final class Results implements AutoCloseable {
    private final Place place;
    private final Map<Candidate, NamedTensors> weights = new LinkedHashMap<>();
    private final Map<Candidate, CandidateTraining> trainings = new HashMap<>();

    Results(Place place) {
      this.place = place;
    }

    void add(GroupTraining group) {
      for (CandidateTrainer trainer : group.trainers) {
        trainings.put(trainer.candidate(), trainer.training());
        if (!trainer.stopped()) {
          weights.put(trainer.candidate(), trainer.result(place));
        }
      }
    }

    /** A candidate that was stopped has its starting weights. */
    LocalDistillation in(BlockLibrary library, ImmutableList<Candidate> candidates) {
      for (Candidate candidate : candidates) {
        weights.computeIfAbsent(candidate, library::weights);
      }
      return new LocalDistillation(
          library.with(ImmutableMap.copyOf(weights)),
          candidates.stream().map(trainings::get).collect(ImmutableList.toImmutableList()));
    }

    @Override
    public void close() {
      weights.values().forEach(NamedTensors::close);
    }
  }
}
