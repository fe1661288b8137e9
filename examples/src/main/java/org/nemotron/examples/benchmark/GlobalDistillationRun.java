package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.nas.cost.DeviceLimits;
import org.nemotron.nas.distill.GlobalDistillation;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.distill.OptimizerStates;

/**
 * Global distillation of a child with random weights, for a few steps.
 *
 * <p>Useful work is the parent's forward pass, and forward and backward pass of the child; what is
 * computed again on the way back is not counted.
 *
 * @param batch sequences of a step
 * @param tokens of each
 * @param parentDivided whether ranks have slices of the parent, not the whole
 */
record GlobalDistillationRun(
    TrainingShape shape,
    Device device,
    int batch,
    int tokens,
    int steps,
    OptimizerStates states,
    boolean parentDivided,
    SharedWork shared) {
  private static final int FFN_CHANNELS = 5888;

  /** Distils, prints a line, and returns the figures. */
  Map<String, Object> measure(DeviceLimits limits) throws IOException {
    DType dtype = device.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    TokenCorpus corpus = shape.tokens(2 * batch * tokens);
    GlobalDistillationSettings settings =
        GlobalDistillationSettings.DEFAULT.toBuilder()
            .steps(steps)
            .optimizer(OptimizerSettings.ofRate(1e-5))
            .evaluateEvery(steps)
            .optimizerStates(states)
            .build();
    ModelSpec childSpec = child();
    List<Long> marks = new ArrayList<>();
    TokenBatches data = new TokenBatches(corpus, batch, tokens, new Seed(1));
    EvaluationBatches heldOut = new EvaluationBatches(corpus, 1, tokens, 1);
    GlobalDistiller plain = new GlobalDistiller(settings).withRanks(shared.ranks());
    GlobalDistiller distiller = parentDivided ? plain.withParentDivided(device) : plain;
    // What is divided comes from host memory, by rank 0.
    try (HeterogeneousModel parent =
        RandomModels.at(parentDivided ? Device.CPU : device, shape.spec(), device, dtype)) {
      ImmutableDoubleArray losses;
      if (shared.ranks().rank() == 0) {
        Device place = shared.isShared() ? Device.CPU : device;
        try (HeterogeneousModel start = RandomModels.at(place, childSpec, device, dtype)) {
          GlobalDistillation done =
              distiller.distill(parent, start, data, heldOut, step -> marks.add(System.nanoTime()));
          done.child().close();
          losses = done.losses();
        }
      } else {
        distiller.follow(parent, childSpec, data, heldOut, step -> marks.add(System.nanoTime()));
        losses = ImmutableDoubleArray.of();
      }
      return figures(limits, childSpec, marks, losses, usedBytes());
    }
  }

  /** What the driver has given: LibTorch keeps what it took once. */
  private long usedBytes() {
    if (device.equals(Device.CPU)) {
      return 0;
    }
    Gpu gpu = Gpu.of(device);
    return gpu.totalBytes() - gpu.freeBytes();
  }

  /**
   * Returns a child of 6 billion parameters for Llama-3.1-8B's shape: every other FFN with 41 % of
   * the channels, every eighth attention gone. Other shapes have half of everything in all layers.
   */
  private ModelSpec child() {
    ModelSpec parent = shape.spec();
    boolean large = parent.equals(RandomModels.LLAMA_8B);
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (int layer = 0; layer < parent.layers(); layer++) {
      blocks.add(large ? thinned(parent.block(layer), layer) : halved(parent.block(layer)));
    }
    return parent.withBlocks(blocks.build());
  }

  private static BlockSpec thinned(BlockSpec block, int layer) {
    return new BlockSpec(
        layer % 8 == 4 ? new AttentionSpec.NoOp() : block.attention(),
        layer % 2 == 1 ? new FfnSpec.Gated(FFN_CHANNELS) : block.ffn());
  }

  private static BlockSpec halved(BlockSpec block) {
    AttentionSpec.GroupedQuery attention = (AttentionSpec.GroupedQuery) block.attention();
    FfnSpec.Gated ffn = (FfnSpec.Gated) block.ffn();
    return new BlockSpec(
        new AttentionSpec.GroupedQuery(
            attention.queryHeads(), Math.max(1, attention.kvHeads() / 2), attention.headDim()),
        new FfnSpec.Gated(ffn.channels() / 2));
  }

  private Map<String, Object> figures(
      DeviceLimits limits,
      ModelSpec child,
      List<Long> marks,
      ImmutableDoubleArray losses,
      long used) {
    // The first two steps load libraries and choose what is computed again.
    double seconds = (marks.get(steps - 1) - marks.get(1)) / 1e9 / (steps - 2);
    double flops = flopsPerToken(child) * batch * tokens;
    double share = flops / seconds / limits.productFlops() / shared.ranks().size();
    double first = losses.isEmpty() ? Double.NaN : losses.get(0);
    double last = losses.isEmpty() ? Double.NaN : losses.get(steps - 1);
    shared.say(
        "global distillation, %.2fB to %.2fB, %d x %d tokens, %s: %.3f s a step, %.0f tokens/s,"
            + " %.0f TFLOP/s, %.1f %% of the matrix rate, %.1f GB, loss %.4f to %.4f",
        shape.spec().parameters() / 1e9,
        child.parameters() / 1e9,
        batch,
        tokens,
        states,
        seconds,
        batch * tokens / seconds,
        flops / seconds / 1e12,
        share * 100,
        used / 1e9,
        first,
        last);
    return ImmutableMap.<String, Object>builder()
        .put("ranks", shared.ranks().size())
        .put("parentDivided", parentDivided)
        .put("batch", batch)
        .put("tokens", tokens)
        .put("optimizerStates", states)
        .put("childParameters", child.parameters())
        .put("secondsPerStep", seconds)
        .put("tokensPerSecond", batch * tokens / seconds)
        .put("flopsPerSecond", flops / seconds)
        .put("shareOfMatrixRate", share)
        .put("usedBytes", used)
        .put("losses", losses.toString())
        .buildOrThrow();
  }

  private double flopsPerToken(ModelSpec child) {
    PassFlops ofParent = new PassFlops(shape.spec(), tokens);
    PassFlops ofChild = new PassFlops(child, tokens);
    return ofParent.blocks(0, shape.spec().layers())
        + ofParent.head()
        + 3 * (ofChild.blocks(0, child.layers()) + ofChild.head());
  }
}
