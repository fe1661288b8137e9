package org.nemotron.core.checkpoint.huggingface;

import com.google.common.collect.ImmutableList;
import java.util.OptionalInt;
import org.nemotron.core.spec.SpecialTokens;

/**
 * What the configuration class of a family in transformers has for keys that config.json does not
 * name. A key that is {@code null} is named.
 */
final class ClassDefaults {
  private ClassDefaults() {}

  /** Returns how many key/value heads there are; empty: as many as query heads. */
  static OptionalInt kvHeads(ModelFamily family) {
    return switch (family) {
      case LLAMA -> OptionalInt.empty();
      case MISTRAL -> OptionalInt.of(8);
      case QWEN2, QWEN3 -> OptionalInt.of(32);
    };
  }

  /** Returns the size of a head; empty: hidden size divided by heads. */
  static OptionalInt headDim(ModelFamily family) {
    return switch (family) {
      case LLAMA, MISTRAL, QWEN2 -> OptionalInt.empty();
      case QWEN3 -> OptionalInt.of(128);
    };
  }

  /** Returns the longest context. */
  static int maxPositions(ModelFamily family) {
    return switch (family) {
      case LLAMA -> 2048;
      case MISTRAL -> 131_072;
      case QWEN2, QWEN3 -> 32_768;
    };
  }

  /** Returns the sliding window of a layer that has one. */
  static OptionalInt window(ModelFamily family) {
    return switch (family) {
      case LLAMA -> OptionalInt.empty();
      case MISTRAL, QWEN2, QWEN3 -> OptionalInt.of(4096);
    };
  }

  /** Returns the special tokens. */
  static SpecialTokens tokens(ModelFamily family) {
    return switch (family) {
      case LLAMA, MISTRAL ->
          new SpecialTokens(ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of());
      case QWEN2, QWEN3 ->
          new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of());
    };
  }

  /** Returns what a sentence has behind a missing key in place of its value. */
  static String taken(ModelFamily family, int value) {
    return ", which is " + value + " in " + family.architecture() + " where it is missing,";
  }
}
