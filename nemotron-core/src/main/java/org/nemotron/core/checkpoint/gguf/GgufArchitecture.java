package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.nemotron.core.checkpoint.huggingface.ModelFamily;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.ModelSpec;

/** The architectures of llama.cpp that this library's models can be written as or read from. */
public enum GgufArchitecture {
  /** All layers alike; biases where the tensors are there. */
  LLAMA(true),
  /** Layers may differ: llama.cpp's name for nemotron-nas. */
  DECI(true),
  /** All layers alike, with biases of q, k and v. */
  QWEN2(false),
  /** All layers alike, with norms of query and key heads. */
  QWEN3(false),
  /** As {@link #LLAMA}, under the name that newer files of Mistral have; read only. */
  MISTRAL3(true);

  private final boolean interleaved;

  GgufArchitecture(boolean interleaved) {
    this.interleaved = interleaved;
  }

  /**
   * Returns the architecture that most programs know among those that can express {@code spec}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static GgufArchitecture of(ModelSpec spec) {
    ImmutableSet<AttentionTrait> traits = spec.traits();
    if (ModelFamily.hasLayersOf(spec)) {
      if (traits.contains(AttentionTrait.HEAD_NORMS)) {
        checkArgument(
            traits.size() == 1, "GGUF has no attention with norms of its heads and biases");
        return QWEN3;
      }
      return traits.equals(Sets.immutableEnumSet(AttentionTrait.INPUT_BIASES))
              && GgufHyperparameters.ropeFactors(spec).isEmpty()
          ? QWEN2
          : LLAMA;
    }
    checkArgument(
        !traits.contains(AttentionTrait.HEAD_NORMS),
        "GGUF cannot express a model whose layers differ and whose query and key heads are"
            + " normalized (Qwen3).\nMaybe export it as any-model for vLLM.");
    checkArgument(
        traits.isEmpty() || spec.queryHeads() * spec.headDim() == spec.width(),
        "GGUF cannot express biases of %s query heads of %s in a model of width %s whose layers"
            + " differ: heads times size must be the width",
        spec.queryHeads(),
        spec.headDim(),
        spec.width());
    return DECI;
  }

  /** Returns the architecture of this name, or empty for one that is not supported. */
  static Optional<GgufArchitecture> ofId(String id) {
    return Arrays.stream(values()).filter(one -> one.id().equals(id)).findFirst();
  }

  /** Returns the names of all that can be read, for messages. */
  static String supported() {
    return Arrays.stream(values()).map(GgufArchitecture::id).collect(Collectors.joining(", "));
  }

  /** Returns the name in files: {@code deci}. */
  String id() {
    return Ascii.toLowerCase(name());
  }

  /** Returns the full name of a key of this architecture. */
  String key(String name) {
    return id() + "." + name;
  }

  /**
   * Returns whether pair i of a head is its elements 2i and 2i + 1; otherwise it is i and i + H/2,
   * as in this library.
   */
  boolean isInterleaved() {
    return interleaved;
  }
}
