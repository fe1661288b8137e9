package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * What each alternative costs in one scenario on the machine it was measured on. Immutable.
 *
 * <p>Layers are alike in cost where their specs are alike, so that the keys are specs. The cost of
 * an architecture is the sum over its blocks and the non-block part.
 *
 * @param scenario what was measured
 * @param memory how bytes are counted
 * @param attentions time of each attention
 * @param ffns time of each FFN
 * @param nonBlock time of embedding, final norm, head and the choice of the next token
 * @param own costs of the user's own, by their names
 */
public record CostTable(
    Scenario scenario,
    MemoryModel memory,
    ImmutableMap<AttentionSpec, Latency> attentions,
    ImmutableMap<FfnSpec, Latency> ffns,
    Latency nonBlock,
    ImmutableMap<String, OwnCosts> own) {
  /** Weights and KV cache together, in bytes; of one GPU where several compute together. */
  public static final String MEMORY_BYTES = "memoryBytes";

  /** Time of the whole scenario, in nanoseconds. */
  public static final String LATENCY_NANOS = "latencyNanos";

  /** Time to the first token, in nanoseconds. */
  public static final String PREFILL_NANOS = "prefillNanos";

  /** Number of parameters. */
  public static final String PARAMETERS = "parameters";

  /** Makes a table without costs of the user's own. */
  public CostTable(
      Scenario scenario,
      MemoryModel memory,
      ImmutableMap<AttentionSpec, Latency> attentions,
      ImmutableMap<FfnSpec, Latency> ffns,
      Latency nonBlock) {
    this(scenario, memory, attentions, ffns, nonBlock, ImmutableMap.of());
  }

  /** Returns this table with bytes counted otherwise. */
  public CostTable withMemory(MemoryModel other) {
    return new CostTable(scenario, other, attentions, ffns, nonBlock, own);
  }

  /**
   * Returns this table with a cost of the user's own.
   *
   * @throws IllegalArgumentException if a sub-block of this table has no such cost, or there is one
   *     of a sub-block that is not in this table
   */
  public CostTable with(OwnCosts more) {
    more.check(attentions.keySet(), ffns.keySet());
    return new CostTable(
        scenario,
        memory,
        attentions,
        ffns,
        nonBlock,
        ImmutableMap.<String, OwnCosts>builder()
            .putAll(own)
            .put(more.name(), more)
            .buildKeepingLast());
  }

  /** Returns the time of one attention. */
  public Latency latency(AttentionSpec attention) {
    Latency latency = attention.isNoOp() ? Latency.NONE : attentions.get(attention);
    checkArgument(latency != null, "attention %s was not measured", attention.id());
    return latency;
  }

  /** Returns the time of one FFN. */
  public Latency latency(FfnSpec ffn) {
    Latency latency = ffn.isNoOp() ? Latency.NONE : ffns.get(ffn);
    checkArgument(latency != null, "FFN %s was not measured", ffn.id());
    return latency;
  }

  /** Returns the time of one block. */
  public Latency latency(BlockSpec block) {
    return latency(block.attention()).plus(latency(block.ffn()));
  }

  /** Returns the time of a whole model. */
  public Latency latency(ModelSpec model) {
    return model.blocks().stream().map(this::latency).reduce(nonBlock, Latency::plus);
  }

  /** Returns generated tokens per second of a whole model in the scenario. */
  public double tokensPerSecond(ModelSpec model) {
    return scenario.tokensPerSecond(latency(model).scenarioNanos(scenario));
  }

  /** Returns the same divided by the number of GPUs that compute together. */
  public double tokensPerSecondPerGpu(ModelSpec model) {
    return scenario.tokensPerSecondPerGpu(latency(model).scenarioNanos(scenario));
  }

  /** Returns the named costs of one block. */
  public ImmutableMap<String, Double> costs(BlockSpec block, int width) {
    return named(
        memory.weightBytes(block, width, scenario.ranks())
            + memory.kvBytes(block.attention(), scenario),
        latency(block),
        block.parameters(width),
        costs -> costs.of(block.attention()) + costs.of(block.ffn()));
  }

  /** Returns the named costs of the non-block part. */
  public ImmutableMap<String, Double> fixedCosts(ModelSpec model) {
    return named(
        memory.nonBlockBytes(model, scenario.ranks()),
        nonBlock,
        model.nonBlockParameters(),
        OwnCosts::nonBlock);
  }

  /** Returns the named costs of a whole model: the sum over its parts. */
  public ImmutableMap<String, Double> costs(ModelSpec model) {
    Map<String, Double> sums = new LinkedHashMap<>(fixedCosts(model));
    for (BlockSpec block : model.blocks()) {
      costs(block, model.width()).forEach((name, cost) -> sums.merge(name, cost, Double::sum));
    }
    return ImmutableMap.copyOf(sums);
  }

  private ImmutableMap<String, Double> named(
      long bytes, Latency latency, long parameters, ToDoubleFunction<OwnCosts> ofOwn) {
    ImmutableMap.Builder<String, Double> costs = ImmutableMap.builder();
    costs.put(MEMORY_BYTES, (double) bytes);
    costs.put(LATENCY_NANOS, latency.scenarioNanos(scenario));
    costs.put(PREFILL_NANOS, latency.prefillNanos());
    costs.put(PARAMETERS, (double) parameters);
    own.forEach((name, more) -> costs.put(name, ofOwn.applyAsDouble(more)));
    return costs.buildOrThrow();
  }
}
