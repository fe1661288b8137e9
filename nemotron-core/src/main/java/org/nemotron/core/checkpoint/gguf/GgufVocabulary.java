package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.Splitter;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.TokenizerJson;

/**
 * The tokenizer of a Hugging Face directory as keys of a GGUF file.
 *
 * <p>Two kinds of byte-pair encoding are known: byte-level (GPT-2, Llama 3, Qwen, SmolLM), by its
 * merges; and SentencePiece's (Llama 2, TinyLlama, Mistral), by a score per token, for which the
 * rank of the merge that makes the token stands. Tokens that the model has beyond the tokenizer's
 * are filled up as unused.
 */
public final class GgufVocabulary {
  static final String BYTE_LEVEL = "gpt2";
  static final String SENTENCE_PIECE = "llama";

  // Token types.
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;
  static final int BYTE = 6;

  /** The score of a token that no merge makes: below that of every other. */
  static final double NEVER_MERGED = -1e9;

  private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-F]{2}>");

  private final JsonFile tokenizer;
  private final JsonFile settings;
  private final ModelSpec spec;
  private final String[] tokens;
  private final long[] types;
  private final Map<String, Integer> ids = new HashMap<>();

  private GgufVocabulary(JsonFile tokenizer, JsonFile settings, ModelSpec spec) {
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.spec = spec;
    this.tokens = new String[spec.vocabularySize()];
    this.types = new long[tokens.length];
  }

  /**
   * Returns the keys of the tokenizer in {@code directory}.
   *
   * @throws CheckpointFormatException if there is no tokenizer.json, or it is of a kind that GGUF
   *     files or this library do not have
   */
  public static ImmutableMap<String, GgufValue> read(Path directory, ModelSpec spec)
      throws IOException {
    checkNotOnlyPieces(directory);
    JsonFile tokenizer = tokenizer(directory);
    Path settings = directory.resolve("tokenizer_config.json");
    JsonFile config =
        Files.exists(settings)
            ? JsonFile.read(settings)
            : new JsonFile(settings.toString(), new JsonMapper().createObjectNode());
    ImmutableMap.Builder<String, GgufValue> values = ImmutableMap.builder();
    new GgufVocabulary(tokenizer, config, spec).putTo(values);
    Optional<String> template = chatTemplate(directory, config);
    if (template.isPresent()) {
      values.put("tokenizer.chat_template", GgufValue.of(template.get()));
    }
    return values.buildOrThrow();
  }

  /** Returns tokenizer.json with the tokens that only the files beside it list. */
  private static JsonFile tokenizer(Path directory) throws IOException {
    try {
      return new JsonFile(
          directory.resolve("tokenizer.json").toString(), TokenizerJson.tree(directory));
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw new CheckpointFormatException(Strings.nullToEmpty(e.getMessage()), e);
    }
  }

  private static void checkNotOnlyPieces(Path directory) throws CheckpointFormatException {
    if (Files.exists(directory.resolve("tokenizer.model"))
        && !Files.exists(directory.resolve("tokenizer.json"))) {
      throw new CheckpointFormatException(
          directory
              + " has its tokenizer as tokenizer.model, which this library does not read.\n"
              + "Maybe load the tokenizer in transformers and call save_pretrained: it writes"
              + " tokenizer.json.");
    }
  }

  private static Optional<String> chatTemplate(Path directory, JsonFile config) throws IOException {
    Path file = directory.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      return Optional.of(Files.readString(file));
    }
    JsonNode template = config.node().path("chat_template");
    if (template.isTextual()) {
      return Optional.of(template.asText());
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default")) {
        return Optional.of(named.path("template").asText());
      }
    }
    return Optional.empty();
  }

  private void putTo(ImmutableMap.Builder<String, GgufValue> values) throws IOException {
    JsonFile model = tokenizer.object("model");
    if (!model.text("type", "BPE").equals("BPE")) {
      throw model.wrong("type", model.node().path("type"), "BPE to be written as GGUF");
    }
    readTokens(model);
    ImmutableList<String> merges = merges(model);
    JsonNode preTokenizer = tokenizer.node().path("pre_tokenizer");
    boolean byteLevel = PreTokenizers.isByteLevel(preTokenizer);
    values.put("tokenizer.ggml.model", GgufValue.of(byteLevel ? BYTE_LEVEL : SENTENCE_PIECE));
    if (byteLevel) {
      values.put("tokenizer.ggml.pre", GgufValue.of(preTokenizerName(preTokenizer)));
      values.put("tokenizer.ggml.merges", new GgufValue.Texts(merges));
    } else {
      checkSentencePiece(model);
      values.put("tokenizer.ggml.pre", GgufValue.of("default"));
      values.put("tokenizer.ggml.scores", new GgufValue.Reals(4, scores(merges)));
      values.put("tokenizer.ggml.add_space_prefix", GgufValue.of(beginsWithSpace()));
    }
    values.put("tokenizer.ggml.tokens", new GgufValue.Texts(ImmutableList.copyOf(tokens)));
    values.put(
        "tokenizer.ggml.token_type",
        new GgufValue.Wholes(GgufValue.WholeType.INT32, ImmutableLongArray.copyOf(types)));
    putSpecialTokens(values);
  }

  // ---- tokens

  private void readTokens(JsonFile model) throws CheckpointFormatException {
    JsonFile vocabulary = model.object("vocab");
    for (Map.Entry<String, JsonNode> entry : vocabulary.node().properties()) {
      boolean isByte = BYTE_TOKEN.matcher(entry.getKey()).matches();
      putToken(vocabulary, entry.getValue(), entry.getKey(), isByte ? BYTE : NORMAL);
    }
    for (JsonNode added : tokenizer.node().path("added_tokens")) {
      boolean special = added.path("special").asBoolean();
      putToken(
          tokenizer,
          added.path("id"),
          added.path("content").asText(),
          special ? CONTROL : USER_DEFINED);
    }
    Integer unknown = ids.get(model.text("unk_token", ""));
    if (unknown != null) {
      types[unknown] = UNKNOWN;
    }
    for (int id = 0; id < tokens.length; id++) {
      if (types[id] == 0) {
        tokens[id] = "[PAD" + id + "]";
        types[id] = UNUSED;
      }
    }
  }

  private void putToken(JsonFile place, JsonNode id, String text, int type)
      throws CheckpointFormatException {
    if (!id.isInt() || id.asInt() < 0 || id.asInt() >= tokens.length) {
      throw new CheckpointFormatException(
          place.where()
              + ": the id of token "
              + text
              + " ("
              + id
              + ") must be below the model's vocabulary size ("
              + tokens.length
              + ")");
    }
    tokens[id.asInt()] = text;
    types[id.asInt()] = type;
    ids.put(text, id.asInt());
  }

  private static ImmutableList<String> merges(JsonFile model) throws CheckpointFormatException {
    ImmutableList.Builder<String> merges = ImmutableList.builder();
    for (JsonNode merge : model.node().path("merges")) {
      if (merge.isTextual()) {
        merges.add(merge.asText());
      } else if (merge.size() == 2) {
        merges.add(merge.path(0).asText() + " " + merge.path(1).asText());
      } else {
        throw model.wrong("merges", merge, "pairs");
      }
    }
    return merges.build();
  }

  private String preTokenizerName(JsonNode preTokenizer) throws CheckpointFormatException {
    Optional<String> name = PreTokenizers.name(preTokenizer);
    if (name.isEmpty()) {
      throw new CheckpointFormatException(
          tokenizer.where()
              + ": llama.cpp's name of the pre_tokenizer "
              + preTokenizer
              + " is not known; it must cut as GPT-2, Llama 3, Qwen 2, SmolLM or Tekken do");
    }
    return name.get();
  }

  // ---- SentencePiece

  private void checkSentencePiece(JsonFile model) throws CheckpointFormatException {
    if (!model.flag("byte_fallback", false)) {
      throw new CheckpointFormatException(
          tokenizer.where()
              + ": the tokenizer must be byte-level, or SentencePiece's with byte_fallback, to be"
              + " written as GGUF");
    }
  }

  /** Returns a score per token: the earlier the merge that makes it, the higher. */
  private ImmutableDoubleArray scores(List<String> merges) {
    double[] scores = new double[tokens.length];
    Arrays.fill(scores, NEVER_MERGED);
    Splitter halves = Splitter.on(' ').limit(2);
    for (int rank = merges.size() - 1; rank >= 0; rank--) {
      Integer made = ids.get(String.join("", halves.split(merges.get(rank))));
      if (made != null) {
        scores[made] = -rank;
      }
    }
    for (int id = 0; id < scores.length; id++) {
      if (types[id] != NORMAL) {
        scores[id] = 0;
      }
    }
    return ImmutableDoubleArray.copyOf(scores);
  }

  /** Returns whether a space is put before every text. */
  private boolean beginsWithSpace() {
    boolean prepended =
        PreTokenizers.flat(tokenizer.node().path("normalizer"), "normalizers").stream()
            .anyMatch(step -> step.path("type").asText().equals("Prepend"));
    boolean metaspace =
        PreTokenizers.flat(tokenizer.node().path("pre_tokenizer"), "pretokenizers").stream()
            .filter(step -> step.path("type").asText().equals("Metaspace"))
            .anyMatch(
                step ->
                    step.has("prepend_scheme")
                        ? !step.path("prepend_scheme").asText().equals("never")
                        : step.path("add_prefix_space").asBoolean(true));
    return prepended || metaspace;
  }

  // ---- special tokens

  private void putSpecialTokens(ImmutableMap.Builder<String, GgufValue> values)
      throws CheckpointFormatException {
    putToken(values, "bos", "bos_token", spec.specialTokens().beginOfText());
    putToken(values, "eos", "eos_token", spec.specialTokens().endOfText());
    putToken(values, "padding", "pad_token", spec.specialTokens().padding());
    putToken(values, "unknown", "unk_token", ImmutableList.of());
    ImmutableList<String> template = template();
    values.put(
        "tokenizer.ggml.add_bos_token",
        GgufValue.of(isSpecial(template.isEmpty() ? "" : template.get(0))));
    values.put(
        "tokenizer.ggml.add_eos_token",
        GgufValue.of(template.size() > 1 && isSpecial(template.get(template.size() - 1))));
  }

  private void putToken(
      ImmutableMap.Builder<String, GgufValue> values,
      String name,
      String setting,
      ImmutableList<Integer> ofConfig) {
    JsonNode named = settings.node().path(setting);
    Integer id = ids.get(named.isObject() ? named.path("content").asText() : named.asText());
    if (id == null && !ofConfig.isEmpty() && ofConfig.get(0) < tokens.length) {
      id = ofConfig.get(0);
    }
    if (id != null) {
      values.put("tokenizer.ggml." + name + "_token_id", GgufValue.of(id));
    }
  }

  private static boolean isSpecial(String part) {
    return part.equals("SpecialToken");
  }

  /** Returns the kinds of parts that make up a single text: special tokens and the text itself. */
  private ImmutableList<String> template() {
    for (JsonNode step :
        PreTokenizers.flat(tokenizer.node().path("post_processor"), "processors")) {
      if (step.path("type").asText().equals("TemplateProcessing")) {
        ImmutableList.Builder<String> parts = ImmutableList.builder();
        step.path("single").forEach(part -> part.fieldNames().forEachRemaining(parts::add));
        return parts.build();
      }
    }
    return ImmutableList.of();
  }
}
