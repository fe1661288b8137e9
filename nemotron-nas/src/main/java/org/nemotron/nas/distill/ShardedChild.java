package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.HostMemory;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.shard.FlatShards;
import org.nemotron.nas.shard.Span;

/**
 * A child whose weights, gradients and optimizer states are divided among ranks, each of which
 * computes some sequences of every batch.
 *
 * <p>The global batch and its order do not depend on the number of ranks; sums over sequences are
 * added in another order, so that results differ by rounding. With the same number of ranks and
 * threads they are the same bits.
 */
final class ShardedChild implements GlobalChild {
  private final GlobalDistillationSettings settings;
  private final PassedModel parent;
  private final ShardedModel child;
  private final Communicator ranks;
  private final int threads;
  private final LongSupplier freeBytes;
  private final TensorThreads sideBySide;
  private final NamedTensors trained;
  private final SlicedOptimizer optimizer;
  private final Resources held;
  private int recomputed = -1;
  private double seams;

  /**
   * Trains {@code child}, which the caller closes after this.
   *
   * @param threads on which sequences are computed side by side, on the CPU
   * @param freeBytes what graphs of gradients may take; see {@link #usualBytes}
   */
  ShardedChild(
      GlobalDistillationSettings settings,
      PassedModel parent,
      ShardedModel child,
      Communicator ranks,
      int threads,
      LongSupplier freeBytes) {
    this.settings = settings;
    this.parent = parent;
    this.child = child;
    this.ranks = ranks;
    this.threads = child.device().equals(Device.CPU) ? threads : 1;
    this.freeBytes = freeBytes;
    try (Resources made = new Resources()) {
      this.trained =
          made.add(
              child.pieces().share(Sets.difference(child.pieces().asMap().keySet(), untrained())),
              NamedTensors::close);
      this.optimizer = made.add(makeOptimizer(), SlicedOptimizer::close);
      this.sideBySide = made.add(new TensorThreads(this.threads), TensorThreads::close);
      this.held = made.complete();
    }
  }

  /** Where logits are not compared, what computes them has no gradient. */
  private ImmutableSet<String> untrained() {
    return settings.klWeight() + settings.lmWeight() > 0
        ? ImmutableSet.of()
        : ImmutableSet.of("model.norm.weight", "lm_head.weight");
  }

  /** Returns how many bytes graphs of gradients may take of what is free, on this rank. */
  static long usualBytes(Device device, Communicator ranks) {
    if (device.equals(Device.CPU)) {
      return (long) (GraphMemory.SHARE * HostMemory.availableBytes() / ranks.localSize());
    }
    Gpu gpu = Gpu.of(device);
    gpu.releaseUnused();
    return (long) (GraphMemory.SHARE * gpu.freeBytes());
  }

  @Override
  public NamedTensors tensors() {
    return child.pieces();
  }

  /** Returns the weights; they belong to the caller of the constructor. */
  ShardedModel model() {
    return child;
  }

  Communicator ranks() {
    return ranks;
  }

  @Override
  public SlicedOptimizer optimizer() {
    return optimizer;
  }

  private SlicedOptimizer makeOptimizer() {
    RankSums sums = new RankSums(ranks);
    return switch (settings.optimizerStates()) {
      case FLOAT32 ->
          new MixedPrecisionAdamW(
              trained, settings.optimizer(), settings.steps(), child.device(), sums);
      case EIGHT_BIT ->
          new EightBitAdamW(
              trained,
              settings.optimizer(),
              settings.steps(),
              child.device(),
              ImmutableMap.copyOf(
                  Maps.transformValues(child.pieces(ranks.rank()), FlatShards.Piece::begin)),
              sums);
      case FLOAT32_IN_HOST_MEMORY ->
          new HostMemoryAdamW(
              trained, settings.optimizer(), settings.steps(), child.device(), sums);
    };
  }

  @Override
  public double backward(LearnedBatch batch, int step) {
    if (optimizer instanceof LayerOptimizer byLayer) {
      double value = backward(batch, layer -> update(byLayer, step, child.layer(layer)));
      byLayer.settle();
      return value;
    }
    return backward(batch, layer -> {});
  }

  private static void update(LayerOptimizer optimizer, int step, ShardedUnit layer) {
    if (!layer.isEmpty()) {
      optimizer.update(step, layer.pieces().asMap().keySet());
    }
  }

  private double backward(LearnedBatch batch, IntConsumer layerDone) {
    trained.asMap().values().forEach(piece -> piece.mutable_grad().reset());
    int rounds = rounds(batch.idsBT().size(0));
    double loss = 0;
    seams = 0;
    for (int round = 0; round < rounds; round++) {
      List<LearnedBatch> parts = parts(batch, round, rounds);
      try (ShardedPass pass =
          new ShardedPass(settings, parent, child, parts, recomputed(parts), sideBySide)) {
        pass.run(round == rounds - 1 ? layerDone : layer -> {});
        ranks.check();
        double[] sums = new RankSums(ranks).of(pass.loss(), pass.seams());
        seams += sums[1];
        loss += sums[0];
      }
    }
    return loss;
  }

  /** Returns how many passes a batch takes on all ranks, so that none has too much at a time. */
  private int rounds(long sequences) {
    if (settings.microBatch() == 0) {
      return 1;
    }
    long most = (sequences + ranks.size() - 1) / ranks.size();
    long atATime = (long) threads * settings.microBatch();
    return Math.toIntExact((most + atATime - 1) / atATime);
  }

  /** Returns the sequences of a batch that this rank computes. */
  private Span own(Tensor idsBT) {
    long sequences = idsBT.size(0);
    return new Span(
        Math.toIntExact(sequences * ranks.rank() / ranks.size()),
        Math.toIntExact(sequences * (ranks.rank() + 1) / ranks.size()));
  }

  /** Returns the sequences of a round, in parts for the threads. */
  private List<LearnedBatch> parts(LearnedBatch batch, int round, int rounds) {
    Span all = own(batch.idsBT());
    Span own =
        new Span(
            all.first() + all.size() * round / rounds,
            all.first() + all.size() * (round + 1) / rounds);
    int parts = Math.min(threads, own.size());
    List<LearnedBatch> divided = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      int first = own.first() + own.size() * part / parts;
      int end = own.first() + own.size() * (part + 1) / parts;
      divided.add(batch.rows(first, end - first).to(child.device()));
    }
    return divided;
  }

  /** Decided before the first batch, for all ranks by the one that has least memory. */
  private int recomputed(List<LearnedBatch> parts) {
    if (recomputed < 0) {
      long tokens = parts.stream().mapToLong(part -> part.idsBT().numel()).sum();
      for (double[] ofRank : new RankSums(ranks).gathered(fitting(tokens))) {
        recomputed = Math.max(recomputed, (int) ofRank[0]);
      }
    }
    return recomputed;
  }

  /** Returns how many of the first layers are not among the last ones that memory holds. */
  private int fitting(long tokens) {
    long left = freeBytes.getAsLong();
    int layer = child.spec().layers();
    while (layer > 0) {
      long graph = GraphMemory.bytesPerToken(child.spec(), child.spec().block(layer - 1));
      left -=
          tokens * graph * child.dtype().bytes() / DType.BFLOAT16.bytes()
              + child.layer(layer - 1).wholeBytes();
      if (left < 0) {
        break;
      }
      layer--;
    }
    return layer;
  }

  @Override
  public double seams() {
    return seams;
  }

  private ShardedEvaluation evaluation() {
    return new ShardedEvaluation(settings, parent, child, ranks, sideBySide);
  }

  @Override
  public double heldOutKl(EvaluationBatches heldOut) {
    return evaluation().klNats(heldOut);
  }

  @Override
  public String whereNotFinite(Tensor idsBT) {
    Span own = own(idsBT);
    try (NativeScope scope = NativeScope.open()) {
      return evaluation()
          .whereNotFinite(
              own.size() == 0
                  ? Optional.empty()
                  : Optional.of(idsBT.narrow(0, own.first(), own.size())));
    }
  }

  @Override
  public String firstNotFiniteGradient(LearnedBatch batch) {
    double unused = backward(batch, layer -> {});
    ImmutableList<String> names = child.spec().tensorShapes().keySet().asList();
    Optional<ShardedEvaluation.Place> own = Optional.empty();
    try (NativeScope scope = NativeScope.open()) {
      for (int number = 0; number < names.size() && own.isEmpty(); number++) {
        Tensor piece = trained.asMap().get(names.get(number));
        if (piece != null && !Finiteness.of(piece.grad().contiguous())) {
          own = Optional.of(new ShardedEvaluation.Place(number, names.get(number)));
        }
      }
    }
    return ShardedEvaluation.first(ranks, "where gradients are not finite", own)
        .orElse("the sum of the squares of all");
  }

  @Override
  public Optional<HeterogeneousModel> whole() {
    boolean wanted = ranks.rank() == 0;
    try (NamedTensors tensors = child.gathered(wanted)) {
      return wanted ? Optional.of(HeterogeneousModel.of(child.spec(), tensors)) : Optional.empty();
    }
  }

  @Override
  public void close() {
    held.close();
  }
}
