package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.spec.SpecialTokens;

/** The special tokens of a Hugging Face directory as keys of a GGUF file. */
final class SpecialTokenKeys {
  private final JsonFile tokenizer;
  private final JsonFile settings;
  private final SpecialTokens ofConfig;
  private final ImmutableList<String> tokens;
  private final ImmutableMap<String, Integer> ids;
  private final ImmutableMap.Builder<String, GgufValue> values = ImmutableMap.builder();

  private SpecialTokenKeys(
      JsonFile tokenizer,
      JsonFile settings,
      SpecialTokens ofConfig,
      ImmutableList<String> tokens,
      ImmutableMap<String, Integer> ids) {
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.ofConfig = ofConfig;
    this.tokens = tokens;
    this.ids = ids;
  }

  /**
   * Returns the keys.
   *
   * @param settings tokenizer_config.json, which names tokens by their texts
   * @param ofConfig those of config.json, for what the settings do not name
   * @param tokens of the GGUF file, by id
   * @param ids of the tokenizer's tokens, by text
   */
  static ImmutableMap<String, GgufValue> of(
      JsonFile tokenizer,
      JsonFile settings,
      SpecialTokens ofConfig,
      ImmutableList<String> tokens,
      ImmutableMap<String, Integer> ids) {
    return new SpecialTokenKeys(tokenizer, settings, ofConfig, tokens, ids).values();
  }

  private ImmutableMap<String, GgufValue> values() {
    Optional<Integer> end = id("eos_token", ofConfig.endOfText());
    putToken("bos", id("bos_token", ofConfig.beginOfText()));
    putToken("eos", end);
    putToken("padding", id("pad_token", ofConfig.padding()));
    putToken("unknown", id("unk_token", ImmutableList.of()));
    putFurtherEnds(end);
    ImmutableList<String> template = template();
    values.put(
        "tokenizer.ggml.add_bos_token",
        GgufValue.of(isSpecial(template.isEmpty() ? "" : template.get(0))));
    values.put(
        "tokenizer.ggml.add_eos_token",
        GgufValue.of(template.size() > 1 && isSpecial(template.get(template.size() - 1))));
    return values.buildOrThrow();
  }

  /**
   * Adds the end tokens beyond the first, as far as GGUF has keys, or llama.cpp knows their texts.
   */
  private void putFurtherEnds(Optional<Integer> end) {
    List<String> keys = new ArrayList<>(ImmutableList.of("eot", "eom"));
    for (int id : ofConfig.endOfText()) {
      if (id >= tokens.size() || end.equals(Optional.of(id))) {
        continue;
      }
      boolean message = TokenRole.END_OF_MESSAGE.texts().contains(tokens.get(id));
      String own = message ? "eom" : "eot";
      if (keys.remove(own)) {
        values.put(GgufSpecialTokens.key(own), GgufValue.of(id));
      } else if (!GgufTokens.isEnd(tokens.get(id))) {
        GgufWarnings.warn(
            tokenizer.where()
                + ": token "
                + tokens.get(id)
                + " ("
                + id
                + ") will not end an answer in llama.cpp: GGUF has no key for further end tokens");
      }
    }
  }

  private void putToken(String name, Optional<Integer> id) {
    id.ifPresent(known -> values.put(GgufSpecialTokens.key(name), GgufValue.of(known)));
  }

  /** Returns the token that the settings name, or else the first of config.json's. */
  private Optional<Integer> id(String setting, ImmutableList<Integer> otherwise) {
    JsonNode named = settings.node().path(setting);
    Integer id = ids.get(named.isObject() ? named.path("content").asText() : named.asText());
    if (id == null && !otherwise.isEmpty() && otherwise.get(0) < tokens.size()) {
      id = otherwise.get(0);
    }
    return Optional.ofNullable(id);
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
