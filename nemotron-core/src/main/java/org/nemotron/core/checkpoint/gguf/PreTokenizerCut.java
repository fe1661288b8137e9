package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;

/**
 * How byte-level tokenizers cut a text before they merge, as steps in order. A step is one of the
 * three names below, or a regular expression whose matches become pieces, as what lies between them
 * does.
 *
 * <p>Source: the tokenizer.json of the models, and llama.cpp's llama-vocab.cpp where it cuts
 * otherwise.
 */
enum PreTokenizerCut {
  GPT2("gpt-2", PreTokenizerCut.GPT2_BYTES),
  SMOLLM("smollm", PreTokenizerCut.DIGITS, PreTokenizerCut.GPT2_BYTES),
  LLAMA3(
      "llama-bpe",
      Regex.CONTRACTION + Regex.WORD + "|\\p{N}{1,3}" + Regex.SIGNS + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  QWEN2(
      "qwen2",
      Regex.CONTRACTION + Regex.WORD + "|\\p{N}" + Regex.SIGNS + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  QWEN35(
      "qwen35",
      Regex.CONTRACTION
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
          + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  TEKKEN(
      "tekken",
      Regex.LOWER_WORD
          + "|"
          + Regex.UPPER_WORD
          + "|\\p{N}"
          + Regex.SIGNS_AND_SLASHES
          + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  GPT4O(
      "gpt-4o",
      Regex.LOWER_WORD
          + Regex.CONTRACTION
          + "?|"
          + Regex.UPPER_WORD
          + Regex.CONTRACTION
          + "?|\\p{N}{1,3}"
          + Regex.SIGNS_AND_SLASHES
          + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  DEEPSEEK_CODER(
      "deepseek-coder",
      "[\\r\\n]",
      "\\s?\\p{L}+",
      "\\s?\\p{P}+",
      "[\\u4E00-\\u9FA5\\u0800-\\u4E00\\uAC00-\\uD7FF]+",
      "\\p{N}",
      PreTokenizerCut.BYTES),
  DEEPSEEK3(
      "deepseek-v3",
      "\\p{N}{1,3}",
      "[\\u4E00-\\u9FA5\\u3040-\\u309F\\u30A0-\\u30FF]+",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
          + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  SEED_CODER(
      "seed-coder",
      Regex.CONTRACTION
          + Regex.WORD
          + "|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+"
          + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  BAILING(
      "bailingmoe",
      "'(?i:[sdmt]|ll|ve|re)"
          + Regex.WORD
          + "|\\p{N}"
          + Regex.SIGNS
          + "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
      PreTokenizerCut.BYTES),
  MINICPM5(
      "minicpm5",
      "\\p{N}{1,3}",
      Regex.CONTRACTION + Regex.WORD + "|\\p{N}+" + Regex.SIGNS + Regex.LINES_AND_SPACES,
      PreTokenizerCut.BYTES),
  FALCON(
      "falcon",
      "[\\p{P}\\$\\+<=>\\^~\\|`]+",
      Regex.OF_GPT2,
      Regex.THREE_DIGITS,
      PreTokenizerCut.BYTES),
  BLOOM("bloom", Regex.BETWEEN_PUNCTUATION, PreTokenizerCut.BYTES),
  VIKING("viking", Regex.BETWEEN_PUNCTUATION, "\\p{N}", PreTokenizerCut.BYTES),
  DEFAULT(
      "default",
      "[\\p{P}\\$\\+<=>\\^~\\|]+",
      Regex.OF_GPT2,
      "\\p{N}+",
      Regex.THREE_DIGITS,
      PreTokenizerCut.BYTES);

  /** The bytes as letters, cut as GPT-2 does. */
  static final String GPT2_BYTES = "ByteLevel with its regex";

  /** The bytes as letters, not cut further. */
  static final String BYTES = "ByteLevel";

  static final String DIGITS = "Digits one by one";

  private final String id;
  private final ImmutableList<String> steps;

  PreTokenizerCut(String id, String... steps) {
    this.id = id;
    this.steps = ImmutableList.copyOf(steps);
  }

  /** Returns llama.cpp's name of the cut, the most usual of several: {@code llama-bpe}. */
  String id() {
    return id;
  }

  ImmutableList<String> steps() {
    return steps;
  }

  /** Parts that several cuts share. */
  private static final class Regex {
    static final String CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    static final String WORD = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
    static final String LOWER_WORD =
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+";
    static final String UPPER_WORD =
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*";
    static final String SIGNS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
    static final String SIGNS_AND_SLASHES = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
    static final String LINES_AND_SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    static final String THREE_DIGITS = "[0-9][0-9][0-9]";
    static final String OF_GPT2 =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    /** Commas, stops and ellipses of Latin, Chinese, Devanagari, Urdu and Arabic. */
    static final String BETWEEN_PUNCTUATION =
        " ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+";
  }
}
