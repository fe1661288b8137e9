package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Set;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;

/**
 * A cost of the user's own, such as energy or money, of each sub-block. Immutable.
 *
 * <p>Layers are alike in cost where their specs are alike, so that the keys are candidates' names
 * without their layer: {@code attention.kv2}, {@code ffn.w352}, {@code ffn.linear}. The parent's
 * own sub-blocks are among them; a no-op costs nothing and is not.
 *
 * @param name of the cost, by which budgets and limits name it
 * @param provenance what measured it, in words
 * @param nonBlock the cost of the part outside the layers
 * @param subBlocks the cost of each sub-block
 */
public record OwnCosts(
    String name, String provenance, double nonBlock, ImmutableMap<String, Double> subBlocks) {
  private static final ImmutableSet<String> MEASURED =
      ImmutableSet.of(
          CostTable.MEMORY_BYTES,
          CostTable.LATENCY_NANOS,
          CostTable.PREFILL_NANOS,
          CostTable.PARAMETERS);

  /** Checks that all are numbers that are not negative, and that the name is no other cost's. */
  public OwnCosts {
    checkArgument(!name.isBlank(), "the name (\"%s\") of a cost must not be blank", name);
    checkArgument(
        !MEASURED.contains(name),
        "a cost of one's own must not be called %s, which this library measures",
        name);
    checkCost(name, "nonBlock", nonBlock);
    subBlocks.forEach((key, value) -> checkCost(name, key, value));
  }

  private static void checkCost(String name, String key, double value) {
    checkArgument(
        Double.isFinite(value) && value >= 0,
        "own costs %s: %s (%s) must be finite and not negative",
        name,
        key,
        value);
  }

  /**
   * Checks that these are costs of {@code attentions} and {@code ffns}, all of them.
   *
   * @throws IllegalArgumentException if one has no cost, or there is one of something else
   */
  public void check(Set<AttentionSpec> attentions, Set<FfnSpec> ffns) {
    ImmutableSet.Builder<String> keys = ImmutableSet.builder();
    attentions.stream().filter(spec -> !spec.isNoOp()).map(OwnCosts::key).forEach(keys::add);
    ffns.stream().filter(spec -> !spec.isNoOp()).map(OwnCosts::key).forEach(keys::add);
    ImmutableSet<String> needed = keys.build();
    for (String key : needed) {
      checkArgument(
          subBlocks.containsKey(key),
          "own costs %s: %s has none.\nMaybe add it to the costs.",
          name,
          key);
    }
    for (String key : subBlocks.keySet()) {
      checkArgument(
          needed.contains(key),
          "own costs %s: %s is no sub-block; there are %s.\nMaybe one of another search space.",
          name,
          key,
          needed);
    }
  }

  private static String key(AttentionSpec spec) {
    return "attention." + spec.id();
  }

  private static String key(FfnSpec spec) {
    return "ffn." + spec.id();
  }

  double of(AttentionSpec spec) {
    return spec.isNoOp() ? 0 : of(key(spec));
  }

  double of(FfnSpec spec) {
    return spec.isNoOp() ? 0 : of(key(spec));
  }

  private double of(String key) {
    Double value = subBlocks.get(key);
    checkArgument(value != null, "own costs %s: %s has none", name, key);
    return value;
  }
}
