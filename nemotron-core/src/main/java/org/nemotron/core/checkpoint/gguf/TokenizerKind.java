package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Optional;

/**
 * The kinds of tokenizers that this library reads from GGUF files, with the ids that llama.cpp
 * gives to special tokens which a file does not name.
 *
 * <p>Source: llama.cpp, llama-vocab.cpp.
 */
enum TokenizerKind {
  /** Byte-level byte-pair encoding, by its merges. The default ids are those of Falcon. */
  BYTE_LEVEL("gpt2", ImmutableList.of(11), ImmutableList.of(11), ImmutableList.of()),
  /** SentencePiece's byte-pair encoding, by a score per token. */
  SENTENCE_PIECE("llama", ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of(0));

  private final String id;
  private final ImmutableList<Integer> begin;
  private final ImmutableList<Integer> end;
  private final ImmutableList<Integer> unknown;

  TokenizerKind(
      String id,
      ImmutableList<Integer> begin,
      ImmutableList<Integer> end,
      ImmutableList<Integer> unknown) {
    this.id = id;
    this.begin = begin;
    this.end = end;
    this.unknown = unknown;
  }

  /** Returns the kind that files call {@code id}. */
  static Optional<TokenizerKind> of(String id) {
    return Arrays.stream(values()).filter(kind -> kind.id.equals(id)).findFirst();
  }

  /** Returns the name in files: {@code gpt2}. */
  String id() {
    return id;
  }

  /** Returns the begin token of a file that names none, as a list of one or none. */
  ImmutableList<Integer> begin() {
    return begin;
  }

  /** Returns the end token of a file that names none. */
  ImmutableList<Integer> end() {
    return end;
  }

  /** Returns the unknown token of a file that names none. */
  ImmutableList<Integer> unknown() {
    return unknown;
  }
}
