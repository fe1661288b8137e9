package org.nemotron.core.checkpoint.huggingface;

import java.util.Collection;
import java.util.Optional;

/**
 * The names of tensors in models saved as part of another: without a head ({@code LlamaModel}),
 * names lack the prefix {@code model.}, which transformers adds; within another module, they have a
 * prefix more.
 */
final class TensorNames {
  private static final String PREFIX = "model.";
  private static final String EMBEDDING = "embed_tokens.weight";
  private static final String HEAD = "lm_head.";

  private TensorNames() {}

  /** Returns whether {@code names} are those of a model that was saved without its head class. */
  static boolean areHeadless(Collection<String> names) {
    return names.contains(EMBEDDING) && names.stream().noneMatch(name -> name.startsWith(PREFIX));
  }

  /** Returns what a tensor of a model without its head class is called in one with it. */
  static String headed(String name) {
    return name.startsWith(HEAD) ? name : PREFIX + name;
  }

  /** Returns what stands before the name of the embedding, if it is there with a prefix more. */
  static Optional<String> furtherPrefix(Collection<String> names) {
    String embedding = PREFIX + EMBEDDING;
    return names.contains(embedding)
        ? Optional.empty()
        : names.stream()
            .filter(name -> name.endsWith("." + embedding))
            .map(name -> name.substring(0, name.length() - embedding.length()))
            .findFirst();
  }
}
