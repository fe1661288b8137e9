package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableLongArray;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The tokens of a GGUF file as llama.cpp takes them: ordinary ones where the file has no types, and
 * control tokens where a text says so, whatever type the file gives. Immutable.
 *
 * @param texts by id
 * @param types by id, as {@link GgufVocabulary} has them
 * @param ids by text
 */
record GgufTokens(
    ImmutableList<String> texts, ImmutableLongArray types, ImmutableMap<String, Integer> ids) {
  static final String TEXTS = "tokenizer.ggml.tokens";
  static final String TYPES = "tokenizer.ggml.token_type";

  /** End answers whether a key names them or not. */
  private static final ImmutableSet<String> ENDS =
      ImmutableSet.of(
          "<|return|>",
          "<|call|>",
          "<|flush|>",
          "<|calls|>",
          "</s>",
          "[EOS]",
          "<eos>",
          "<turn|>",
          "<|tool_response>",
          "[e~[");

  /** Parts of answers of gpt-oss, which are shown. */
  private static final ImmutableSet<String> SHOWN =
      ImmutableSet.of("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>");

  /**
   * Reads the tokens.
   *
   * @throws CheckpointFormatException if there are none, or two with one text, or too few types
   */
  static GgufTokens read(GgufKeys keys) throws CheckpointFormatException {
    ImmutableList<String> texts = texts(keys);
    ImmutableMap<String, Integer> ids = ids(keys, texts);
    long[] types = types(keys, texts.size());
    for (int id = 0; id < types.length; id++) {
      String text = texts.get(id);
      if (isEnd(text) || hasRole(keys, text)) {
        types[id] = GgufVocabulary.CONTROL;
      }
      if (SHOWN.contains(text)) {
        types[id] = GgufVocabulary.USER_DEFINED;
      }
    }
    return new GgufTokens(texts, ImmutableLongArray.copyOf(types), ids);
  }

  private static ImmutableList<String> texts(GgufKeys keys) throws CheckpointFormatException {
    ImmutableList<String> stored = keys.texts(TEXTS);
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    for (int id = 0; id < stored.size(); id++) {
      texts.add(stored.get(id).isEmpty() ? "[EMPTY_" + id + "]" : stored.get(id));
    }
    return texts.build();
  }

  private static ImmutableMap<String, Integer> ids(GgufKeys keys, ImmutableList<String> texts)
      throws CheckpointFormatException {
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < texts.size(); id++) {
      Integer before = ids.put(texts.get(id), id);
      if (before != null) {
        throw keys.wrong(
            TEXTS,
            "different from one another: "
                + texts.get(id)
                + " has the ids "
                + before
                + " and "
                + id);
      }
    }
    return ImmutableMap.copyOf(ids);
  }

  private static long[] types(GgufKeys keys, int tokens) throws CheckpointFormatException {
    long[] types = new long[tokens];
    ImmutableLongArray stored =
        keys.has(TYPES) ? keys.wholes(TYPES) : ImmutableLongArray.copyOf(types);
    if (stored.length() < tokens) {
      throw keys.wrong(TYPES, "as long as " + TEXTS);
    }
    for (int id = 0; id < tokens; id++) {
      long type = stored.get(id);
      boolean known = type >= GgufVocabulary.NORMAL && type <= GgufVocabulary.BYTE;
      types[id] = known ? type : GgufVocabulary.NORMAL;
    }
    return types;
  }

  /** Returns whether {@code text} ends an answer, whatever the keys of the file name. */
  static boolean isEnd(String text) {
    return ENDS.contains(text)
        || TokenRole.END_OF_TURN.texts().contains(text)
        || TokenRole.END_OF_MESSAGE.texts().contains(text);
  }

  /** Returns whether {@code text} has a role that no key gives to a token. */
  private static boolean hasRole(GgufKeys keys, String text) {
    for (TokenRole role : TokenRole.values()) {
      if (role.texts().contains(text)
          && role.keys().stream().noneMatch(key -> keys.has(GgufSpecialTokens.key(key)))) {
        return true;
      }
    }
    return false;
  }

  int size() {
    return texts.size();
  }

  Optional<Integer> id(String text) {
    return Optional.ofNullable(ids.get(text));
  }
}
