package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The tokenizer of a GGUF file as a tokenizer.json: the way back from {@link GgufVocabulary}.
 *
 * <p>SentencePiece's scores become merges: every way to put a token together from two others, in
 * the order of the scores of what it makes.
 */
public final class GgufTokenizers {
  private static final String SPACE = "\u2581";
  private static final String MERGES = "tokenizer.ggml.merges";
  private static final String SCORES = "tokenizer.ggml.scores";

  private final GgufKeys keys;
  private final GgufTokens tokens;
  private final GgufSpecialTokens special;

  private GgufTokenizers(GgufKeys keys) throws CheckpointFormatException {
    this.keys = keys;
    this.tokens = GgufTokens.read(keys);
    this.special = GgufSpecialTokens.read(keys, tokens.size());
  }

  /**
   * Returns the tokenizer.json.
   *
   * @throws CheckpointFormatException if the file has no tokenizer, or one of a kind that is not
   *     supported
   */
  public static ObjectNode toJson(GgufKeys keys) throws CheckpointFormatException {
    TokenizerKind kind = kind(keys);
    return new GgufTokenizers(keys).json(kind);
  }

  private static TokenizerKind kind(GgufKeys keys) throws CheckpointFormatException {
    Optional<String> id = keys.optionalText(GgufSpecialTokens.KIND);
    Optional<TokenizerKind> kind = id.flatMap(TokenizerKind::of);
    if (kind.isEmpty()) {
      throw keys.wrong(
          GgufSpecialTokens.KIND,
          "gpt2 or llama to be read, not "
              + id.orElse("(not named)")
              + ".\nMaybe take the Hugging Face directory of the original model");
    }
    return kind.get();
  }

  /** Returns the tokenizer_config.json: special tokens and the chat templates. */
  public static ObjectNode toConfig(GgufKeys keys) throws CheckpointFormatException {
    GgufTokens tokens = GgufTokens.read(keys);
    GgufSpecialTokens special = GgufSpecialTokens.read(keys, tokens.size());
    ObjectNode config = new JsonMapper().createObjectNode();
    putToken(config, "bos_token", tokens, special.ofSpec(keys).beginOfText());
    putToken(config, "eos_token", tokens, special.end());
    putToken(config, "unk_token", tokens, special.unknown());
    putToken(config, "pad_token", tokens, special.padding());
    GgufChatTemplates.putTo(config, keys);
    return config.put("tokenizer_class", "PreTrainedTokenizerFast");
  }

  private static void putToken(
      ObjectNode config, String name, GgufTokens tokens, ImmutableList<Integer> ids) {
    ids.forEach(id -> config.put(name, tokens.texts().get(id)));
  }

  private ObjectNode json(TokenizerKind kind) throws CheckpointFormatException {
    ObjectNode json = new JsonMapper().createObjectNode().put("version", "1.0");
    json.putNull("truncation").putNull("padding");
    putAddedTokens(json.putArray("added_tokens"));
    switch (kind) {
      case BYTE_LEVEL -> putByteLevel(json);
      case SENTENCE_PIECE -> putSentencePiece(json);
    }
    putTemplate(json);
    return json;
  }

  private void putAddedTokens(ArrayNode added) {
    for (int id = 0; id < tokens.size(); id++) {
      long type = tokens.types().get(id);
      if (type == GgufVocabulary.CONTROL
          || type == GgufVocabulary.USER_DEFINED
          || type == GgufVocabulary.UNKNOWN) {
        added
            .addObject()
            .put("id", id)
            .put("content", tokens.texts().get(id))
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", type != GgufVocabulary.USER_DEFINED);
      }
    }
  }

  private ObjectNode putModel(ObjectNode json, boolean byteFallback, List<String> merges) {
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", byteFallback).put("byte_fallback", byteFallback);
    ObjectNode vocabulary = model.putObject("vocab");
    Set<String> merged = new HashSet<>();
    merges.forEach(merge -> merged.addAll(parts(merge)));
    for (int id = 0; id < tokens.size(); id++) {
      String text = tokens.texts().get(id);
      if (tokens.types().get(id) != GgufVocabulary.UNUSED || merged.contains(text)) {
        vocabulary.put(text, id);
      }
    }
    merges.forEach(model.putArray("merges")::add);
    return model;
  }

  /** Returns the two tokens of a merge, and the one that they make. */
  private static ImmutableList<String> parts(String merge) {
    int space = merge.indexOf(' ', 1);
    return space < 0
        ? ImmutableList.of()
        : ImmutableList.of(
            merge.substring(0, space),
            merge.substring(space + 1),
            merge.substring(0, space) + merge.substring(space + 1));
  }

  /**
   * Returns the merges of the file, each once. One that makes what is no token, or of what is none,
   * is passed over: tokenizer.json has no such merges.
   */
  private ImmutableList<String> merges() throws CheckpointFormatException {
    ImmutableList<String> stored = keys.texts(MERGES);
    ImmutableList<String> usable =
        stored.stream()
            .filter(
                merge -> !parts(merge).isEmpty() && tokens.ids().keySet().containsAll(parts(merge)))
            .distinct()
            .collect(ImmutableList.toImmutableList());
    if (usable.size() < stored.size()) {
      GgufWarnings.warn(
          keys.where()
              + ": "
              + MERGES
              + ": "
              + (stored.size() - usable.size())
              + " of "
              + stored.size()
              + " are passed over: they are given twice, or not of tokens");
    }
    return usable;
  }

  private void putByteLevel(ObjectNode json) throws CheckpointFormatException {
    String name = cutName();
    PreTokenizerCut cut =
        PreTokenizerNames.cut(name)
            .orElseThrow(
                () ->
                    keys.wrong(
                        GgufSpecialTokens.PRE,
                        "one of "
                            + String.join(", ", PreTokenizerNames.all())
                            + " to be read, not "
                            + name
                            + ".\nMaybe take the Hugging Face directory of the original model"));
    json.putNull("normalizer");
    json.set("pre_tokenizer", PreTokenizers.json(cut));
    json.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", true);
    ObjectNode unused =
        putModel(json, false, merges()).put("ignore_merges", PreTokenizerNames.ignoresMerges(name));
  }

  private String cutName() throws CheckpointFormatException {
    String name = keys.optionalText(GgufSpecialTokens.PRE).orElse("");
    if (!name.isEmpty() && !name.equals(PreTokenizerNames.DEFAULT)) {
      return name;
    }
    GgufWarnings.warn(
        keys.where()
            + ": "
            + GgufSpecialTokens.PRE
            + (name.isEmpty() ? " is missing" : " is " + name)
            + ", so texts are cut by llama.cpp's default rule, which may not be the model's.\n"
            + "Maybe take the tokenizer.json of the original model.");
    return PreTokenizerNames.DEFAULT;
  }

  private void putSentencePiece(ObjectNode json) throws CheckpointFormatException {
    ArrayNode normalizers =
        json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    boolean prefixed = keys.flag("tokenizer.ggml.add_space_prefix", true);
    if (prefixed) {
      normalizers.addObject().put("type", "Prepend").put("prepend", SPACE);
    }
    normalizers
        .addObject()
        .put("type", "Replace")
        .put("content", SPACE)
        .putObject("pattern")
        .put("String", " ");
    json.putNull("pre_tokenizer");
    ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
    decoders
        .addObject()
        .put("type", "Replace")
        .put("content", " ")
        .putObject("pattern")
        .put("String", SPACE);
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    if (prefixed) {
      decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
    ObjectNode model = putModel(json, true, mergesOfScores());
    unknown().ifPresent(token -> model.put("unk_token", token));
  }

  private Optional<String> unknown() {
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.types().get(id) == GgufVocabulary.UNKNOWN) {
        return Optional.of(tokens.texts().get(id));
      }
    }
    return special.unknown().stream().map(tokens.texts()::get).findFirst();
  }

  private record Merge(double score, int left, int right) {}

  private ImmutableList<String> mergesOfScores() throws CheckpointFormatException {
    ImmutableDoubleArray scores = keys.numbers(SCORES);
    if (scores.length() < tokens.size()) {
      throw keys.wrong(SCORES, "a number per token");
    }
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.types().get(id) == GgufVocabulary.NORMAL) {
        ids.put(tokens.texts().get(id), id);
      }
    }
    List<Merge> merges = new ArrayList<>();
    for (Map.Entry<String, Integer> entry : ids.entrySet()) {
      double score = scores.get(entry.getValue());
      String token = entry.getKey();
      for (int cut = 1; cut < token.length() && score > GgufVocabulary.NEVER_MERGED; cut++) {
        Integer left = ids.get(token.substring(0, cut));
        Integer right = ids.get(token.substring(cut));
        if (left != null && right != null) {
          merges.add(new Merge(score, left, right));
        }
      }
    }
    merges.sort(
        Comparator.comparingDouble((Merge merge) -> -merge.score())
            .thenComparingInt(Merge::left)
            .thenComparingInt(Merge::right));
    return merges.stream()
        .map(merge -> tokens.texts().get(merge.left()) + " " + tokens.texts().get(merge.right()))
        .collect(ImmutableList.toImmutableList());
  }

  /** Adds what puts the begin token before a text, and the end token after it. */
  private void putTemplate(ObjectNode json) throws CheckpointFormatException {
    ImmutableList<Integer> begin = special.addsBegin() ? special.begin() : ImmutableList.of();
    ImmutableList<Integer> end = special.addsEnd() ? special.end() : ImmutableList.of();
    checkNamed(special.addsBegin(), begin, "bos", "a begin token is put before texts");
    checkNamed(special.addsEnd(), end, "eos", "an end token is put after texts");
    if (begin.isEmpty() && end.isEmpty()) {
      json.putNull("post_processor");
      return;
    }
    ObjectNode template = json.putObject("post_processor").put("type", "TemplateProcessing");
    putText(template.putArray("single"), "A", 0, begin, end);
    ArrayNode pair = template.putArray("pair");
    putText(pair, "A", 0, begin, end);
    putText(pair, "B", 1, ImmutableList.of(), end);
    ObjectNode named = template.putObject("special_tokens");
    begin.forEach(id -> putNamed(named, id));
    end.forEach(id -> putNamed(named, id));
  }

  private void checkNamed(boolean added, ImmutableList<Integer> ids, String name, String because)
      throws CheckpointFormatException {
    if (added && ids.isEmpty()) {
      throw keys.wrong(GgufSpecialTokens.key(name), "a token of the file: " + because);
    }
  }

  private void putText(
      ArrayNode parts,
      String id,
      int type,
      ImmutableList<Integer> before,
      ImmutableList<Integer> after) {
    before.forEach(token -> putPart(parts, "SpecialToken", tokens.texts().get(token), type));
    putPart(parts, "Sequence", id, type);
    after.forEach(token -> putPart(parts, "SpecialToken", tokens.texts().get(token), type));
  }

  private static void putPart(ArrayNode parts, String kind, String id, int type) {
    parts.addObject().putObject(kind).put("id", id).put("type_id", type);
  }

  private void putNamed(ObjectNode named, int id) {
    String text = tokens.texts().get(id);
    ObjectNode token = named.putObject(text).put("id", text);
    token.putArray("ids").add(id);
    token.putArray("tokens").add(text);
  }
}
