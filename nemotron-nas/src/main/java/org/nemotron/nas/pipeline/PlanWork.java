package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.stream.IntStream;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.GlobalWork;
import org.nemotron.nas.distill.LocalWork;
import org.nemotron.nas.estimate.MachineRates;
import org.nemotron.nas.estimate.MachineRoom;
import org.nemotron.nas.estimate.MemoryNeed;
import org.nemotron.nas.estimate.ServingRate;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.estimate.WorkKind;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateShards;
import org.nemotron.nas.library.internal.MemoryPlan;
import org.nemotron.nas.pipeline.CompressionPlan.ParentPlacement;
import org.nemotron.nas.score.ScoringWork;

/**
 * What the stages of a plan reckon their estimates from. Immutable; no stage runs.
 *
 * @param textTokens how many tokens the texts have, or the plan reads of them if that is less
 * @param baseBytes what the process takes of the host before any model is there
 * @param threads cores that work side by side
 * @param ranks processes that share the work
 */
record PlanWork(
    CompressionPlan plan,
    ModelSpec parent,
    long textTokens,
    MachineRates rates,
    MachineRoom room,
    long baseBytes,
    int threads,
    int ranks) {
  /** What the driver and its libraries take of a GPU. */
  private static final long CONTEXT_BYTES = 600_000_000;

  boolean onGpu() {
    return !plan.execution().device().equals(Device.CPU);
  }

  int elementBytes() {
    return plan.execution().dtype().bytes();
  }

  /** Returns whether a rank holds of the parent's layers what a stage needs. */
  boolean divided() {
    return plan.execution().parent() == ParentPlacement.DIVIDED;
  }

  /** Returns the bytes of a layer of the parent that comes to the device; 0 where all are there. */
  long layerBytes() {
    return divided() ? MemoryPlan.parentLayerBytes(parent, elementBytes()) : 0;
  }

  /**
   * Returns the bytes of layers of a divided parent: {@code layers} that stay, the one at work and
   * the next.
   */
  long layerBytes(int layers) {
    return (layers + MemoryPlan.PASSING_LAYERS) * layerBytes();
  }

  /** Returns how many layers the rank goes through that has most of them. */
  int mostLayers() {
    CandidateShards shards =
        CandidateShards.of(parent, candidates(), plan.data().windowTokens(), ranks);
    return IntStream.range(0, ranks).map(rank -> shards.layers(rank).size()).max().orElseThrow();
  }

  ImmutableList<Candidate> candidates() {
    return plan.space().candidates(parent);
  }

  /** Returns how many tokens scores are made on: whole windows. */
  long validationTokens() {
    long kept = Math.min(plan.data().validationTokens(), textTokens / 4);
    long window = plan.data().windowTokens();
    return Math.max(1, kept / window) * window;
  }

  PassFlops pass() {
    return new PassFlops(parent, plan.data().windowTokens());
  }

  /** Returns whole passes of the parent over {@code tokens}, {@code times} over. */
  Work passes(long tokens, double times) {
    PassFlops pass = pass();
    return new Work(
            WorkKind.EVALUATION,
            tokens,
            tokens * pass.blocks(0, parent.layers()),
            tokens * pass.head())
        .times(times);
  }

  LocalWork local(ImmutableList<Candidate> trained, int steps) {
    return new LocalWork(
        parent, trained, steps, plan.data().batchSize(), plan.data().windowTokens());
  }

  ScoringWork scoring() {
    return new ScoringWork(
        parent, plan.scoring(), plan.data().batchSize(), plan.data().windowTokens());
  }

  GlobalWork global(Target target) {
    return new GlobalWork(
        parent,
        share(target),
        plan.global(),
        plan.data().globalBatchSize(),
        plan.data().windowTokens(),
        validationTokens());
  }

  /** Returns in how many parts a batch of global distillation is computed. */
  int parts() {
    return GlobalDistiller.partsOfBatch(
        plan.execution().device(), threads, plan.data().globalBatchSize());
  }

  /** Returns in how many parts a rank's sequences of such a batch are computed. */
  int partsOfRank() {
    int sequences = (plan.data().globalBatchSize() + ranks - 1) / ranks;
    return GlobalDistiller.partsOfBatch(
        plan.execution().device(), Math.max(1, threads / room.ranks()), sequences);
  }

  /** Returns how many times as fast ranks compute a batch of global distillation, by sequences. */
  double globalSpeedup() {
    int batch = plan.data().globalBatchSize();
    int most = (batch + computing() - 1) / computing();
    return (double) batch / most;
  }

  /** Returns how many times as fast ranks distill {@code trained} in {@code steps} steps. */
  double localSpeedup(ImmutableList<? extends Candidate> trained, int steps) {
    return computing() == 1 || trained.isEmpty()
        ? 1
        : CandidateShards.of(parent, trained, plan.data().windowTokens(), computing())
            .shards()
            .speedup(steps);
  }

  /** Returns what a rank of the host's memory has free for a stage. */
  long freeHostBytes() {
    return Math.max(0, room.rankHostBytes() - baseBytes - heldBytes());
  }

  /** The share of the parent's layers that a child will have, as its limits ask; else all. */
  private double share(Target target) {
    double share = 1;
    for (Limit limit : target.limits()) {
      share = Math.min(share, share(limit));
    }
    return Math.max(0.05, share);
  }

  /** Returns the share of the parent's time that a child of {@code target} generates in. */
  double timeShare(Target target) {
    double outside = fastest().nonBlockShare();
    return outside + (1 - outside) * share(target);
  }

  private double share(Limit limit) {
    if (limit.quantity() == Limit.Quantity.SPEEDUP && limit.bound() == Limit.Bound.AT_LEAST) {
      double outside = fastest().nonBlockShare(); // which a child has, too
      return Math.min(1, (1 / limit.value() - outside) / (1 - outside));
    }
    if (limit.quantity() == Limit.Quantity.PARAMETERS && limit.bound() == Limit.Bound.AT_MOST) {
      double blocks = parent.parameters() - parent.nonBlockParameters();
      return Math.min(1, (limit.value() - parent.nonBlockParameters()) / blocks);
    }
    return 1;
  }

  /** Returns the bytes of the parent's weights. */
  long parentBytes() {
    return parent.parameters() * elementBytes();
  }

  /** Returns the bytes that a rank holds of the parent in all stages. */
  long heldBytes() {
    return divided() ? parent.nonBlockParameters() * elementBytes() : parentBytes();
  }

  /**
   * Returns the bytes on a GPU of models that serve and have so many times the parent's parameters.
   */
  long servedBytes(double parents) {
    int gpus = divided() ? plan.costs().tensorParallel() : 1;
    return Math.round(parents * parent.parameters() * elementBytes() / gpus);
  }

  /** Returns the bytes of all candidates' weights, once. */
  long libraryBytes() {
    return local(candidates(), 1).parameters() * elementBytes();
  }

  /** Returns what a GPU has left beside the parent. */
  long freeBesideParent() {
    return Math.max(0, room.deviceBytes() - heldBytes() - CONTEXT_BYTES);
  }

  /**
   * Returns the memory of a stage that works beside the parent.
   *
   * @param hostBytes of the host, on the CPU and on a GPU
   * @param cpuBytes of the host on the CPU alone
   * @param leastBytes of the GPU
   * @param gpuBytes of the GPU, where it has them
   */
  MemoryNeed beside(
      long hostBytes, long cpuBytes, long leastBytes, long gpuBytes, String... remedies) {
    ImmutableList<String> settings = remedies(leastBytes, remedies);
    if (!onGpu()) {
      return new MemoryNeed(baseBytes + heldBytes() + hostBytes + cpuBytes, 0, 0, settings);
    }
    long held = CONTEXT_BYTES + heldBytes();
    return new MemoryNeed(
        baseBytes + hostBytes, held + Math.max(leastBytes, gpuBytes), held + leastBytes, settings);
  }

  /** A parent that leaves no room for a stage is divided before anything else is made smaller. */
  private ImmutableList<String> remedies(long leastBytes, String... others) {
    ImmutableList.Builder<String> remedies = ImmutableList.builder();
    if (onGpu()
        && !divided()
        && parentBytes() + leastBytes > room.deviceBytes()
        && parentBytes() > room.deviceBytes() / 2) {
      remedies.add("execution.parent DIVIDED");
    }
    return remedies.add(others).build();
  }

  /** Returns an estimate of what is done in passes over text. */
  StageEstimate stage(
      String name,
      ImmutableList<Work> work,
      double moreSeconds,
      MemoryNeed memory,
      long diskBytes,
      ImmutableList<String> lower,
      String... notCounted) {
    return new StageEstimate(
        name,
        work.stream().mapToLong(Work::tokens).sum(),
        work.stream().mapToDouble(Work::flops).sum(),
        rates.seconds(work) + moreSeconds,
        memory,
        diskBytes,
        0,
        lower,
        ImmutableList.copyOf(notCounted));
  }

  /**
   * Returns how many times as much computes as this process does: ranks of one machine share its
   * cores, and have a GPU each.
   */
  int computing() {
    return onGpu() ? ranks : Math.max(1, ranks / room.ranks());
  }

  /** Returns the scenario in which the parent generates most tokens per second. */
  ServingRate fastest() {
    return rates.serving().stream()
        .reduce((one, other) -> perSecond(one) >= perSecond(other) ? one : other)
        .orElseThrow();
  }

  private static double perSecond(ServingRate rate) {
    return (double) rate.batch() * rate.outputTokens() / rate.parentSeconds();
  }

  MeterSettings meter() {
    return plan.costs().meter();
  }
}
