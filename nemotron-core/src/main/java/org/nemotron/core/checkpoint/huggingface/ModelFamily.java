package org.nemotron.core.checkpoint.huggingface;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.ModelSpec;

/**
 * The families of models whose config.json is read, by what tells them apart. All of them name
 * their tensors alike; SmolLM and TinyLlama are Llamas.
 */
public enum ModelFamily {
  /** Llama 2 and 3, SmolLM, TinyLlama. */
  LLAMA("LlamaForCausalLM", "llama", ImmutableSet.of(), OptionalInt.empty(), 2048, false),
  /** Mistral 7B of any version, Mistral Nemo. */
  MISTRAL("MistralForCausalLM", "mistral", ImmutableSet.of(), OptionalInt.empty(), 131072, true),
  /** Qwen2 and Qwen2.5: biases of q, k and v, whatever the file says. */
  QWEN2(
      "Qwen2ForCausalLM",
      "qwen2",
      ImmutableSet.of(AttentionTrait.INPUT_BIASES),
      OptionalInt.empty(),
      32768,
      false),
  /** Qwen3: normalized heads, of a size of their own. */
  QWEN3(
      "Qwen3ForCausalLM",
      "qwen3",
      ImmutableSet.of(AttentionTrait.HEAD_NORMS),
      OptionalInt.of(128),
      32768,
      false);

  /** The key that adds biases to all four projections, in the families that look at it. */
  static final String ATTENTION_BIAS = "attention_bias";

  private static final ImmutableSet<AttentionTrait> BIASES =
      Sets.immutableEnumSet(AttentionTrait.INPUT_BIASES, AttentionTrait.OUTPUT_BIAS);

  private final String architecture;
  private final String modelType;
  private final ImmutableSet<AttentionTrait> traits;
  private final OptionalInt defaultHeadDim;
  private final int defaultMaxPositions;
  private final boolean alwaysWindowed;

  ModelFamily(
      String architecture,
      String modelType,
      ImmutableSet<AttentionTrait> traits,
      OptionalInt defaultHeadDim,
      int defaultMaxPositions,
      boolean alwaysWindowed) {
    this.architecture = architecture;
    this.modelType = modelType;
    this.traits = traits;
    this.defaultHeadDim = defaultHeadDim;
    this.defaultMaxPositions = defaultMaxPositions;
    this.alwaysWindowed = alwaysWindowed;
  }

  /** Returns the family with this architecture, or else with this model type, if there is one. */
  static Optional<ModelFamily> of(String architectureOrType) {
    return Arrays.stream(values())
        .filter(
            family ->
                family.architecture.equals(architectureOrType)
                    || family.modelType.equals(architectureOrType))
        .findFirst();
  }

  /**
   * Returns whether the layers of {@code spec} are as families have them: all alike, with
   * grouped-query attention and a gated FFN.
   */
  public static boolean hasLayersOf(ModelSpec spec) {
    return spec.isUniform() && FamilyBlocks.isOne(spec.block(0));
  }

  /** Returns a family whose attention can have exactly {@code traits}, preferring this one. */
  public Optional<ModelFamily> orOneWith(ImmutableSet<AttentionTrait> wanted) {
    return ImmutableList.<ModelFamily>builder().add(this).add(values()).build().stream()
        .filter(
            family ->
                family.traits.equals(wanted)
                    || (family.looksAtBias() && family.withBiases().equals(wanted)))
        .findFirst();
  }

  /** Returns what the architecture is called, for example {@code Qwen2ForCausalLM}. */
  public String architecture() {
    return architecture;
  }

  /** Returns the {@code model_type}. */
  String modelType() {
    return modelType;
  }

  /** Returns what every attention of the family has, given what the file says about biases. */
  ImmutableSet<AttentionTrait> traits(boolean attentionBias) {
    return attentionBias && looksAtBias() ? withBiases() : traits;
  }

  private boolean looksAtBias() {
    return this == LLAMA || this == QWEN3;
  }

  private ImmutableSet<AttentionTrait> withBiases() {
    return Sets.immutableEnumSet(Sets.union(traits, BIASES));
  }

  /** Returns the size of a head where the file is silent; empty: width divided by heads. */
  OptionalInt defaultHeadDim() {
    return defaultHeadDim;
  }

  /** Returns the longest context where the file is silent. */
  int defaultMaxPositions() {
    return defaultMaxPositions;
  }

  /** Returns whether a window counts without {@code use_sliding_window}. */
  boolean isAlwaysWindowed() {
    return alwaysWindowed;
  }
}
