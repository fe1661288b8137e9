package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableSet;

/**
 * The roles that llama.cpp gives to tokens by a key or, where a file lacks the key, by their text.
 *
 * <p>Source: llama.cpp, llama-vocab.cpp.
 */
enum TokenRole {
  END_OF_TURN(
      ImmutableSet.of("eot"),
      "<|eot_id|>",
      "<|im_end|>",
      "<|end|>",
      "<end_of_turn>",
      "<|endoftext|>",
      "<|end_of_text|>",
      "<EOT>",
      "_<EOT>",
      "[EOT]",
      "<\uff5cend\u2581of\u2581sentence\uff5c>",
      "<end_of_utterance>"),
  END_OF_MESSAGE(ImmutableSet.of("eom"), "<|eom_id|>"),
  FILL_PREFIX(
      ImmutableSet.of("fim_pre", "prefix"),
      "<|fim_prefix|>",
      "<fim-prefix>",
      "<fim_prefix>",
      "<\uff5cfim\u2581begin\uff5c>",
      "<PRE>",
      "\u2581<PRE>",
      "<|code_prefix|>",
      "<|prefix|>"),
  FILL_SUFFIX(
      ImmutableSet.of("fim_suf", "suffix"),
      "<|fim_suffix|>",
      "<fim-suffix>",
      "<fim_suffix>",
      "<\uff5cfim\u2581hole\uff5c>",
      "<SUF>",
      "\u2581<SUF>",
      "<|code_suffix|>",
      "<|suffix|>"),
  FILL_MIDDLE(
      ImmutableSet.of("fim_mid", "middle"),
      "<|fim_middle|>",
      "<fim-middle>",
      "<fim_middle>",
      "<\uff5cfim\u2581end\uff5c>",
      "<MID>",
      "\u2581<MID>",
      "<|code_middle|>",
      "<|middle|>"),
  FILL_PADDING(
      ImmutableSet.of("fim_pad"), "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"),
  FILL_REPOSITORY(
      ImmutableSet.of("fim_rep"),
      "<|fim_repo|>",
      "<|repo_name|>",
      "<fim-repo>",
      "<REPO>",
      "<reponame>"),
  FILL_SEPARATOR(ImmutableSet.of("fim_sep"), "<|file_sep|>");

  private final ImmutableSet<String> keys;
  private final ImmutableSet<String> texts;

  TokenRole(ImmutableSet<String> keys, String... texts) {
    this.keys = keys;
    this.texts = ImmutableSet.copyOf(texts);
  }

  /** Returns the keys that name the token, the newest first: {@code eot}. */
  ImmutableSet<String> keys() {
    return keys;
  }

  /** Returns the texts by which the token is found where no key names it. */
  ImmutableSet<String> texts() {
    return texts;
  }

  /** Returns whether the token ends an answer. */
  boolean endsAnswer() {
    return switch (this) {
      case END_OF_TURN, END_OF_MESSAGE, FILL_PADDING, FILL_REPOSITORY, FILL_SEPARATOR -> true;
      case FILL_PREFIX, FILL_SUFFIX, FILL_MIDDLE -> false;
    };
  }
}
