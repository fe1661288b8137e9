package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.SpecialTokens;

/**
 * The special tokens of a GGUF file as llama.cpp finds them: by keys, by defaults of the kind of
 * tokenizer, and by their texts. An id that no token has is passed over. Immutable; a list of ids
 * has one or none.
 *
 * <p>Source: llama.cpp, llama-vocab.cpp.
 *
 * @param begin the begin token
 * @param end the end token
 * @param unknown stands for what no token does
 * @param padding fills unused places
 * @param answerEnds all that end an answer, the end token first
 * @param addsBegin whether the begin token is put before a text
 * @param addsEnd whether the end token is put after a text
 * @param passedOver a sentence per id that no token has, and for a missing end token
 */
record GgufSpecialTokens(
    ImmutableList<Integer> begin,
    ImmutableList<Integer> end,
    ImmutableList<Integer> unknown,
    ImmutableList<Integer> padding,
    ImmutableSet<Integer> answerEnds,
    boolean addsBegin,
    boolean addsEnd,
    ImmutableList<String> passedOver) {
  static final String KIND = "tokenizer.ggml.model";
  static final String PRE = "tokenizer.ggml.pre";

  /** Ollama's list of end tokens beyond the first. */
  private static final String FURTHER_ENDS = "tokenizer.ggml.eos_token_ids";

  private static final String END = "eos";

  /** Returns the key of a special token: {@code tokenizer.ggml.bos_token_id}. */
  static String key(String name) {
    return "tokenizer.ggml." + name + "_token_id";
  }

  /**
   * Reads the special tokens of a file whose model has {@code vocabularySize} tokens.
   *
   * @throws CheckpointFormatException if a key is of another kind than it must be
   */
  static GgufSpecialTokens read(GgufKeys keys, int vocabularySize)
      throws CheckpointFormatException {
    return new Reader(keys, vocabularySize).read();
  }

  /** Returns what a model spec says of them: a begin token counts where it is named or added. */
  SpecialTokens ofSpec(GgufKeys keys) {
    boolean counts = addsBegin || keys.has(key("bos"));
    return new SpecialTokens(
        counts ? begin : ImmutableList.of(), ImmutableList.copyOf(answerEnds), padding);
  }

  private static final class Reader {
    private final GgufKeys keys;
    private final int size;
    private final Optional<GgufTokens> tokens;
    private final Optional<TokenizerKind> kind;
    private final String cut;
    private final Set<String> passedOver = new LinkedHashSet<>();

    Reader(GgufKeys keys, int vocabularySize) throws CheckpointFormatException {
      this.keys = keys;
      this.tokens =
          keys.has(GgufTokens.TEXTS) ? Optional.of(GgufTokens.read(keys)) : Optional.empty();
      this.size = tokens.map(GgufTokens::size).orElse(vocabularySize);
      this.kind = TokenizerKind.of(keys.optionalText(KIND).orElse(""));
      this.cut = keys.optionalText(PRE).orElse(PreTokenizerNames.DEFAULT);
    }

    GgufSpecialTokens read() throws CheckpointFormatException {
      ImmutableList<Integer> begin = token("bos", defaultBegin());
      ImmutableList<Integer> end =
          token(END, kind.map(TokenizerKind::end).orElse(ImmutableList.of()));
      ImmutableList<Integer> unknown =
          token("unknown", kind.map(TokenizerKind::unknown).orElse(ImmutableList.of()));
      ImmutableList<Integer> padding = token("padding", ImmutableList.of());
      return new GgufSpecialTokens(
          begin,
          end,
          unknown,
          padding,
          answerEnds(end),
          keys.flag("tokenizer.ggml.add_bos_token", addsBeginByDefault()),
          keys.flag("tokenizer.ggml.add_eos_token", false),
          ImmutableList.copyOf(passedOver));
    }

    private ImmutableList<Integer> defaultBegin() {
      return kind.isPresent() && PreTokenizerNames.hasBeginByDefault(cut)
          ? kind.get().begin()
          : ImmutableList.of();
    }

    private boolean addsBeginByDefault() {
      return kind.isPresent()
          && (kind.get() == TokenizerKind.SENTENCE_PIECE || PreTokenizerNames.addsBegin(cut));
    }

    /** Returns the token under a key, or {@code byDefault} where there is none or a bad one. */
    private ImmutableList<Integer> token(String name, ImmutableList<Integer> byDefault)
        throws CheckpointFormatException {
      ImmutableList<Integer> otherwise =
          byDefault.stream().allMatch(this::exists) ? byDefault : ImmutableList.of();
      if (!keys.has(key(name))) {
        if (name.equals(END)) {
          otherwise.forEach(
              id -> passedOver.add(keys.where() + ": " + key(END) + " is missing: " + taken(id)));
        }
        return otherwise;
      }
      long id = keys.whole(key(name), 0);
      if (exists(id)) {
        return ImmutableList.of((int) id);
      }
      passedOver.add(
          keys.where()
              + ": "
              + key(name)
              + " ("
              + id
              + ") is passed over: it must be below the number of tokens ("
              + size
              + ")"
              + otherwise.stream().map(other -> "; " + taken(other)).collect(Collectors.joining()));
      return otherwise;
    }

    private static String taken(int id) {
      return "token " + id + " is taken, llama.cpp's default";
    }

    private boolean exists(long id) {
      return id >= 0 && id < size;
    }

    /** Returns all tokens that end an answer: those of the keys, of roles, and by their texts. */
    private ImmutableSet<Integer> answerEnds(ImmutableList<Integer> end)
        throws CheckpointFormatException {
      TreeSet<Integer> others = new TreeSet<>();
      for (TokenRole role : TokenRole.values()) {
        if (role.endsAnswer()) {
          others.addAll(withRole(role));
        }
      }
      // llama.cpp does not know this key: one of another kind is no fault.
      if (keys.values().get(FURTHER_ENDS) instanceof GgufValue.Wholes further) {
        further.values().stream().filter(this::exists).forEach(id -> others.add((int) id));
      }
      if (tokens.isPresent()) {
        addByText(tokens.get(), others);
      }
      ImmutableSet<Integer> all =
          ImmutableSet.<Integer>builder().addAll(end).addAll(others).build();
      return tokens.isPresent() ? withoutParts(all, tokens.get()) : all;
    }

    private ImmutableList<Integer> withRole(TokenRole role) throws CheckpointFormatException {
      for (String key : role.keys()) {
        ImmutableList<Integer> named = token(key, ImmutableList.of());
        if (!named.isEmpty()) {
          return named;
        }
      }
      return tokens.stream()
          .flatMap(known -> role.texts().stream().flatMap(text -> known.id(text).stream()))
          .sorted()
          .limit(1)
          .collect(ImmutableList.toImmutableList());
    }

    private static void addByText(GgufTokens tokens, Set<Integer> ends) {
      for (int id = 0; id < tokens.size(); id++) {
        if (GgufTokens.isEnd(tokens.texts().get(id))) {
          ends.add(id);
        }
      }
    }

    /**
     * Leaves out what only ends a part of an answer: {@code <|end|>} beside the tokens that end the
     * answers of gpt-oss and Solar, {@code </s>} beside Gemma 4's.
     */
    private static ImmutableSet<Integer> withoutParts(
        ImmutableSet<Integer> ends, GgufTokens tokens) {
      ImmutableSet<String> texts =
          ends.stream().map(tokens.texts()::get).collect(ImmutableSet.toImmutableSet());
      boolean call = texts.contains("<|call|>") || texts.contains("<|calls|>");
      boolean parted = call && (texts.contains("<|return|>") || texts.contains("<|flush|>"));
      return ends.stream()
          .filter(id -> !(parted && tokens.texts().get(id).equals("<|end|>")))
          .filter(
              id -> !(texts.contains("<|tool_response>") && tokens.texts().get(id).equals("</s>")))
          .collect(ImmutableSet.toImmutableSet());
    }
  }
}
