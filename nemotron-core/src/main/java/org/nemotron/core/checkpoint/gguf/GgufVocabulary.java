package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.Splitter;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
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

  private static final String ROWS =
      ".\nMaybe give the model rows for all tokens in transformers:"
          + " model.resize_token_embeddings(len(tokenizer)), then save both.";

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
    values.putAll(GgufChatTemplates.read(directory, config));
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

  private void putTo(ImmutableMap.Builder<String, GgufValue> values) throws IOException {
    JsonFile model = tokenizer.object("model");
    if (!model.text("type", "BPE").equals("BPE")) {
      throw model.wrong("type", model.node().path("type"), "BPE to be written as GGUF");
    }
    readTokens(model);
    ImmutableList<String> merges = merges(model);
    JsonNode preTokenizer = tokenizer.node().path("pre_tokenizer");
    boolean byteLevel = PreTokenizers.isByteLevel(preTokenizer);
    TokenizerKind kind = byteLevel ? TokenizerKind.BYTE_LEVEL : TokenizerKind.SENTENCE_PIECE;
    values.put(GgufSpecialTokens.KIND, GgufValue.of(kind.id()));
    if (byteLevel) {
      values.put(GgufSpecialTokens.PRE, GgufValue.of(preTokenizerName(preTokenizer)));
      values.put("tokenizer.ggml.merges", new GgufValue.Texts(merges));
    } else {
      checkSentencePiece(model);
      values.put(GgufSpecialTokens.PRE, GgufValue.of("default"));
      values.put("tokenizer.ggml.scores", new GgufValue.Reals(4, scores(merges)));
      values.put("tokenizer.ggml.add_space_prefix", GgufValue.of(beginsWithSpace()));
    }
    values.put(GgufTokens.TEXTS, new GgufValue.Texts(ImmutableList.copyOf(tokens)));
    values.put(
        GgufTokens.TYPES,
        new GgufValue.Wholes(GgufValue.WholeType.INT32, ImmutableLongArray.copyOf(types)));
    values.putAll(
        SpecialTokenKeys.of(
            tokenizer,
            settings,
            spec.specialTokens(),
            ImmutableList.copyOf(tokens),
            ImmutableMap.copyOf(ids)));
  }

  // ---- tokens

  private void readTokens(JsonFile model) throws CheckpointFormatException {
    JsonFile vocabulary = model.object("vocab");
    ImmutableSet<String> leftOut = leftOut();
    for (Map.Entry<String, JsonNode> entry : vocabulary.node().properties()) {
      if (leftOut.contains(entry.getKey())) {
        continue;
      }
      boolean isByte = BYTE_TOKEN.matcher(entry.getKey()).matches();
      putToken(vocabulary, entry.getValue(), entry.getKey(), isByte ? BYTE : NORMAL);
    }
    for (JsonNode added : tokenizer.node().path("added_tokens")) {
      String text = added.path("content").asText();
      if (isLeftOut(added)) {
        GgufWarnings.warn(
            tokenizer.where()
                + ": token "
                + text
                + " ("
                + added.path("id")
                + ") is left out: the model has no such row (vocabulary size "
                + tokens.length
                + ")");
      } else {
        boolean special = added.path("special").asBoolean();
        putToken(tokenizer, added.path("id"), text, special ? CONTROL : USER_DEFINED);
      }
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

  /** Returns the texts of the added tokens that are left out; some vocabularies list them too. */
  private ImmutableSet<String> leftOut() {
    ImmutableSet.Builder<String> texts = ImmutableSet.builder();
    for (JsonNode added : tokenizer.node().path("added_tokens")) {
      if (isLeftOut(added)) {
        texts.add(added.path("content").asText());
      }
    }
    return texts.build();
  }

  /** Returns whether an added token is beyond the model's rows, and no text is made with it. */
  private boolean isLeftOut(JsonNode added) {
    String text = added.path("content").asText();
    return added.path("id").canConvertToInt()
        && added.path("id").intValue() >= tokens.length
        && PreTokenizers.flat(tokenizer.node().path("post_processor"), "processors").stream()
            .noneMatch(step -> step.path("special_tokens").has(text));
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
              + ")"
              + (id.isInt() && id.asInt() > 0 ? ROWS : ""));
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
              + " is not known; it must cut as GPT-2, Llama 3, Qwen 2, SmolLM or Tekken do, or as"
              + " another that llama.cpp has a name for");
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
}
