package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import java.util.Optional;

/**
 * The names that files give to cuts, and what else llama.cpp takes from a name.
 *
 * <p>Source: llama.cpp, llama-vocab.cpp.
 */
final class PreTokenizerNames {
  /** What a file without a name of its cut is read as. */
  static final String DEFAULT = "default";

  /** Names for which whole pieces that are tokens are not merged together. */
  private static final ImmutableSet<String> IGNORING_MERGES =
      ImmutableSet.of(
          "llama-bpe",
          "llama3",
          "llama-v3",
          "falcon3",
          "falcon-h1",
          "pixtral",
          "midm-2.0",
          "lfm2",
          "jina-v5-nano",
          "tekken",
          "minicpm5");

  /** The only one of them for which no begin token is added unless the file says so. */
  private static final String ADDING_NONE = "minicpm5";

  /** Names for which no token is the begin token unless the file says so. */
  private static final ImmutableSet<String> WITHOUT_BEGIN = ImmutableSet.of("glm4", "chatglm-bpe");

  private static final ImmutableMap<PreTokenizerCut, ImmutableList<String>> NAMES =
      ImmutableMap.<PreTokenizerCut, ImmutableList<String>>builder()
          .put(
              PreTokenizerCut.GPT2,
              ImmutableList.of(
                  "gpt-2",
                  "phi-2",
                  "jina-es",
                  "jina-de",
                  "jina-v2-es",
                  "jina-v2-de",
                  "gigachat",
                  "a.x-4.0",
                  "mellum",
                  "modern-bert",
                  "mpt",
                  "olmo",
                  "jais",
                  "trillion",
                  "granite-docling",
                  "exaone4"))
          .put(
              PreTokenizerCut.SMOLLM,
              ImmutableList.of(
                  "smollm",
                  "starcoder",
                  "refact",
                  "command-r",
                  "codeshell",
                  "exaone",
                  "minerva-7b",
                  "mellum2"))
          .put(
              PreTokenizerCut.LLAMA3,
              ImmutableList.of(
                  "llama-bpe",
                  "llama3",
                  "llama-v3",
                  "falcon3",
                  "falcon-h1",
                  "pixtral",
                  "midm-2.0",
                  "lfm2",
                  "jina-v5-nano",
                  "dbrx",
                  "smaug-bpe",
                  "chatglm-bpe",
                  "glm4"))
          .put(
              PreTokenizerCut.QWEN2,
              ImmutableList.of(
                  "qwen2",
                  "deepseek-r1-qwen",
                  "megrez",
                  "stablelm2",
                  "hunyuan",
                  "solar-open",
                  "grok-2",
                  "kormo",
                  "f2llmv2"))
          .put(PreTokenizerCut.QWEN35, ImmutableList.of("qwen35"))
          .put(PreTokenizerCut.TEKKEN, ImmutableList.of("tekken"))
          .put(
              PreTokenizerCut.GPT4O,
              ImmutableList.of("gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"))
          .put(PreTokenizerCut.DEEPSEEK_CODER, ImmutableList.of("deepseek-coder"))
          .put(
              PreTokenizerCut.DEEPSEEK3,
              ImmutableList.of("deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"))
          .put(PreTokenizerCut.SEED_CODER, ImmutableList.of("seed-coder"))
          .put(PreTokenizerCut.BAILING, ImmutableList.of("bailingmoe", "bailingmoe2", "llada-moe"))
          .put(PreTokenizerCut.MINICPM5, ImmutableList.of("minicpm5"))
          .put(PreTokenizerCut.FALCON, ImmutableList.of("falcon"))
          .put(PreTokenizerCut.BLOOM, ImmutableList.of("bloom", "poro-chat", "gpt3-finnish"))
          .put(PreTokenizerCut.VIKING, ImmutableList.of("viking"))
          .put(PreTokenizerCut.DEFAULT, ImmutableList.of(DEFAULT))
          .buildOrThrow();

  private PreTokenizerNames() {}

  /** Returns the cut of this name, or empty for one that this library does not have. */
  static Optional<PreTokenizerCut> cut(String name) {
    return NAMES.entrySet().stream()
        .filter(names -> names.getValue().contains(name))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Returns all names that this library has. */
  static ImmutableList<String> all() {
    return NAMES.values().stream()
        .flatMap(ImmutableList::stream)
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns whether a piece that is a token is taken whole, whatever the merges make of it. */
  static boolean ignoresMerges(String name) {
    return IGNORING_MERGES.contains(name);
  }

  /** Returns whether a begin token is put before a text unless the file says otherwise. */
  static boolean addsBegin(String name) {
    return ignoresMerges(name) && !name.equals(ADDING_NONE);
  }

  /** Returns whether some token is the begin token where a file names none. */
  static boolean hasBeginByDefault(String name) {
    return !WITHOUT_BEGIN.contains(name);
  }
}
