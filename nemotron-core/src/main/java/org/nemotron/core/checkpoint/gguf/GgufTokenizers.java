package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The tokenizer of a GGUF file as a tokenizer.json: the way back from {@link GgufVocabulary}.
 *
 * <p>SentencePiece's scores become merges: every way to put a token together from two others, in
 * the order of the scores of what it makes.
 */
public final class GgufTokenizers {
  private static final String SPACE = "\u2581";

  private final GgufKeys keys;
  private final ImmutableList<String> tokens;
  private final ImmutableLongArray types;

  private GgufTokenizers(GgufKeys keys) throws CheckpointFormatException {
    this.keys = keys;
    this.tokens = keys.texts("tokenizer.ggml.tokens");
    this.types = keys.wholes("tokenizer.ggml.token_type");
    if (types.length() != tokens.size()) {
      throw keys.wrong("tokenizer.ggml.token_type", "as long as tokenizer.ggml.tokens");
    }
  }

  /**
   * Returns the tokenizer.json.
   *
   * @throws CheckpointFormatException if the file has no tokenizer, or one of a kind that is not
   *     supported
   */
  public static ObjectNode toJson(GgufKeys keys) throws CheckpointFormatException {
    return new GgufTokenizers(keys).json();
  }

  /** Returns the tokenizer_config.json: special tokens and the chat template. */
  public static ObjectNode toConfig(GgufKeys keys) throws CheckpointFormatException {
    ImmutableList<String> tokens = keys.texts("tokenizer.ggml.tokens");
    ObjectNode config = new JsonMapper().createObjectNode();
    for (String name : ImmutableList.of("bos", "eos", "unk", "pad")) {
      String key = name.equals("unk") ? "unknown" : name.equals("pad") ? "padding" : name;
      for (int id : keys.token("tokenizer.ggml." + key + "_token_id")) {
        if (id < tokens.size()) {
          config.put(name + "_token", tokens.get(id));
        }
      }
    }
    keys.optionalText("tokenizer.chat_template")
        .ifPresent(template -> config.put("chat_template", template));
    return config.put("tokenizer_class", "PreTrainedTokenizerFast");
  }

  private ObjectNode json() throws CheckpointFormatException {
    ObjectNode json = new JsonMapper().createObjectNode().put("version", "1.0");
    json.putNull("truncation").putNull("padding");
    putAddedTokens(json.putArray("added_tokens"));
    String kind = keys.optionalText("tokenizer.ggml.model").orElse("(not named)");
    switch (kind) {
      case GgufVocabulary.BYTE_LEVEL -> putByteLevel(json);
      case GgufVocabulary.SENTENCE_PIECE -> putSentencePiece(json);
      default -> throw keys.wrong("tokenizer.ggml.model", "gpt2 or llama to be read, not " + kind);
    }
    putTemplate(json);
    return json;
  }

  private void putAddedTokens(ArrayNode added) {
    for (int id = 0; id < tokens.size(); id++) {
      long type = types.get(id);
      if (type == GgufVocabulary.CONTROL
          || type == GgufVocabulary.USER_DEFINED
          || type == GgufVocabulary.UNKNOWN) {
        added
            .addObject()
            .put("id", id)
            .put("content", tokens.get(id))
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
    for (int id = 0; id < tokens.size(); id++) {
      if (types.get(id) != GgufVocabulary.UNUSED) {
        vocabulary.put(tokens.get(id), id);
      }
    }
    merges.forEach(model.putArray("merges")::add);
    return model;
  }

  private void putByteLevel(ObjectNode json) throws CheckpointFormatException {
    String name = keys.optionalText("tokenizer.ggml.pre").orElse("(not named)");
    ObjectNode preTokenizer =
        PreTokenizers.json(name)
            .orElseThrow(() -> keys.wrong("tokenizer.ggml.pre", "one of the known, not " + name));
    json.putNull("normalizer");
    json.set("pre_tokenizer", preTokenizer);
    json.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", true);
    boolean ignoresMerges = name.equals("llama-bpe") || name.equals("tekken");
    ObjectNode unused =
        putModel(json, false, keys.texts("tokenizer.ggml.merges"))
            .put("ignore_merges", ignoresMerges);
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
    for (int id = 0; id < tokens.size(); id++) {
      if (types.get(id) == GgufVocabulary.UNKNOWN) {
        model.put("unk_token", tokens.get(id));
      }
    }
  }

  private record Merge(double score, int left, int right) {}

  private ImmutableList<String> mergesOfScores() throws CheckpointFormatException {
    if (!(keys.values().get("tokenizer.ggml.scores") instanceof GgufValue.Reals reals)
        || reals.values().length() != tokens.size()) {
      throw keys.wrong("tokenizer.ggml.scores", "a number per token");
    }
    ImmutableDoubleArray scores = reals.values();
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      if (types.get(id) == GgufVocabulary.NORMAL) {
        ids.put(tokens.get(id), id);
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
        .map(merge -> tokens.get(merge.left()) + " " + tokens.get(merge.right()))
        .collect(ImmutableList.toImmutableList());
  }

  /** Adds what puts the begin token before a text. */
  private void putTemplate(ObjectNode json) throws CheckpointFormatException {
    ImmutableList<Integer> begin = keys.token("tokenizer.ggml.bos_token_id");
    boolean byDefault =
        keys.optionalText("tokenizer.ggml.model").orElse("").equals(GgufVocabulary.SENTENCE_PIECE);
    boolean added = keys.flag("tokenizer.ggml.add_bos_token", byDefault);
    if (!added || begin.isEmpty() || begin.get(0) >= tokens.size()) {
      json.putNull("post_processor");
      return;
    }
    String token = tokens.get(begin.get(0));
    ObjectNode template = json.putObject("post_processor").put("type", "TemplateProcessing");
    for (String parts : ImmutableList.of("single", "pair")) {
      ArrayNode list = template.putArray(parts);
      list.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
      list.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
      if (parts.equals("pair")) {
        list.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
      }
    }
    ObjectNode special = template.putObject("special_tokens").putObject(token).put("id", token);
    special.putArray("ids").add(begin.get(0));
    special.putArray("tokens").add(token);
  }
}
