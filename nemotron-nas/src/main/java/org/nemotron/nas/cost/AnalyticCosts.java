package org.nemotron.nas.cost;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import org.nemotron.core.parallel.HeadShare;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.parallel.TensorParallel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.library.SearchSpace;

/**
 * Costs computed from a device's limits, not measured: for machines that are not at hand, and for
 * several GPUs that compute together. Immutable.
 *
 * <p>A part takes the longer of what its multiplications and its bytes take on the GPU that has
 * most of it, and then its sum over the GPUs (the roofline model; Williams, Waterman and Patterson,
 * Communications of the ACM 52(4), 2009). No launch, no gap and no overlap is counted, so that a
 * real engine is slower; what counts is how parts compare.
 *
 * @param limits of one GPU
 * @param allReduce time of a sum over the GPUs
 * @param memory types of weights and cache
 */
public record AnalyticCosts(DeviceLimits limits, AllReduceTime allReduce, MemoryModel memory) {
  /** Bytes of an element of the hidden states, which are 16-bit floats. */
  private static final int ACTIVATION_BYTES = 2;

  /** Returns the costs of all that {@code space} has for {@code parent} in {@code scenario}. */
  public CostTable of(ModelSpec parent, SearchSpace space, Scenario scenario) {
    return new CostTable(
        scenario,
        memory,
        ImmutableMap.copyOf(
            Maps.asMap(space.attentions(parent), spec -> latency(spec, parent, scenario))),
        ImmutableMap.copyOf(
            Maps.asMap(space.ffns(parent), spec -> latency(spec, parent, scenario))),
        nonBlock(parent, scenario));
  }

  private Latency latency(AttentionSpec attention, ModelSpec parent, Scenario scenario) {
    if (attention.isNoOp()) {
      return Latency.NONE;
    }
    TensorParallel ranks = scenario.ranks();
    double parameters = ranks.mostParameters(attention, parent.width());
    double pairFlops = 4.0 * mostQueryHeads(attention, ranks) * attention.headDim();
    double prompt = scenario.promptTokens();
    int cacheBytes = memory.kvCache().bytes();
    long batch = scenario.batch();
    return work(
        parameters,
        batch * prompt * pairFlops * prompt / 2,
        batch * ranks.mostKvCacheBytes(attention, scenario.promptTokens(), cacheBytes),
        batch * pairFlops * scenario.meanContextTokens(),
        batch * ranks.mostKvCacheBytes(attention, scenario.meanContextTokens(), cacheBytes),
        parent,
        scenario);
  }

  private static long mostQueryHeads(AttentionSpec attention, TensorParallel ranks) {
    long most = 0;
    for (int rank = 0; attention.kvHeads() > 0 && rank < ranks.degree(); rank++) {
      HeadShare share =
          HeadShare.of(attention.queryHeads(), attention.kvHeads(), rank, ranks.degree());
      most = Math.max(most, share.queryHeads().size());
    }
    return most;
  }

  private Latency latency(FfnSpec ffn, ModelSpec parent, Scenario scenario) {
    return ffn.isNoOp()
        ? Latency.NONE
        : work(scenario.ranks().mostParameters(ffn, parent.width()), 0, 0, 0, 0, parent, scenario);
  }

  /**
   * Returns the time of a sub-block that multiplies every token by its parameters, and reads them
   * once in a step.
   */
  private Latency work(
      double parameters,
      double prefillFlops,
      double prefillBytes,
      double decodeFlops,
      double decodeBytes,
      ModelSpec parent,
      Scenario scenario) {
    double prompts = (double) scenario.batch() * scenario.promptTokens();
    double weights = parameters * memory.weights().bytes();
    return new Latency(
        nanos(2 * prompts * parameters + prefillFlops, weights + prefillBytes)
            + sum(prompts, parent, scenario),
        nanos(2.0 * scenario.batch() * parameters + decodeFlops, weights + decodeBytes)
            + sum(scenario.batch(), parent, scenario),
        0,
        0);
  }

  /** The head for one token of each sequence, whose logits one GPU gathers: half an all-reduce. */
  private Latency nonBlock(ModelSpec parent, Scenario scenario) {
    double rows = new SlicePlan(parent, scenario.tensorParallel()).mostVocabularyRows();
    double elements = rows * parent.width();
    double head =
        nanos(2.0 * scenario.batch() * elements, elements * memory.nonBlockWeights().bytes());
    double logits = (double) scenario.batch() * parent.vocabularySize() * Float.BYTES;
    double gathered = allReduce.nanos(logits / 2, scenario.tensorParallel());
    return new Latency(head + gathered, head + gathered, 0, 0);
  }

  private double sum(double tokens, ModelSpec parent, Scenario scenario) {
    return allReduce.nanos(tokens * parent.width() * ACTIVATION_BYTES, scenario.tensorParallel());
  }

  private double nanos(double flops, double bytes) {
    return Math.max(flops / limits.productFlops(), bytes / limits.copyBytesPerSecond()) * 1e9;
  }
}
