package org.nemotron.core.checkpoint.huggingface;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Arrays;
import java.util.Optional;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.ModelSpec;

/**
 * The families of models whose config.json is read, by what tells them apart. All of them name
 * their tensors alike; SmolLM and TinyLlama are Llamas.
 */
public enum ModelFamily {
  /** Llama 2 and 3, SmolLM, TinyLlama. */
  LLAMA("LlamaForCausalLM", "llama", ImmutableSet.of()),
  /** Mistral 7B of any version, Mistral Nemo. */
  MISTRAL("MistralForCausalLM", "mistral", ImmutableSet.of()),
  /** Qwen2 and Qwen2.5: biases of q, k and v, whatever the file says. */
  QWEN2("Qwen2ForCausalLM", "qwen2", ImmutableSet.of(AttentionTrait.INPUT_BIASES)),
  /** Qwen3: normalized heads, of a size of their own. */
  QWEN3("Qwen3ForCausalLM", "qwen3", ImmutableSet.of(AttentionTrait.HEAD_NORMS));

  /** The key that adds biases to all four projections, in the families that look at it. */
  static final String ATTENTION_BIAS = "attention_bias";

  private static final ImmutableSet<AttentionTrait> BIASES =
      Sets.immutableEnumSet(AttentionTrait.INPUT_BIASES, AttentionTrait.OUTPUT_BIAS);

  /** How a model without its head is called: {@code LlamaModel}. */
  private static final String HEADED = "ForCausalLM";

  private static final String HEADLESS = "Model";

  private final String architecture;
  private final String modelType;
  private final ImmutableSet<AttentionTrait> traits;

  ModelFamily(String architecture, String modelType, ImmutableSet<AttentionTrait> traits) {
    this.architecture = architecture;
    this.modelType = modelType;
    this.traits = traits;
  }

  /**
   * Returns the family whose models have this architecture, with or without their heads, in any
   * spelling of its letters: the first Llamas were {@code LLaMAForCausalLM}.
   */
  static Optional<ModelFamily> ofArchitecture(String name) {
    return Arrays.stream(values())
        .filter(
            family ->
                Ascii.equalsIgnoreCase(family.architecture, name)
                    || family.architecture.replace(HEADED, HEADLESS).equals(name))
        .findFirst();
  }

  /** Returns the family with this {@code model_type}. */
  static Optional<ModelFamily> ofType(String modelType) {
    return Arrays.stream(values()).filter(family -> family.modelType.equals(modelType)).findFirst();
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

  /** Returns whether {@code attention_bias} counts. */
  boolean looksAtBias() {
    return this == LLAMA || this == QWEN3;
  }

  private ImmutableSet<AttentionTrait> withBiases() {
    return Sets.immutableEnumSet(Sets.union(traits, BIASES));
  }
}
