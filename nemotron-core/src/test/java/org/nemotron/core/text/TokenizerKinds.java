package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tokenizers of every kind that models have, made from the vocabulary of the shipped one. */
enum TokenizerKinds {
  /** GPT-2's: words by a rule, any bytes. */
  BYTE_LEVEL {
    @Override
    void change(ObjectNode json) {}
  },
  /** Llama 3's: another rule, in which punctuation begins a word. */
  LLAMA_3 {
    @Override
    void change(ObjectNode json) {
      ArrayNode both =
          json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
      both.addObject()
          .put("type", "Split")
          .put("behavior", "Isolated")
          .put("invert", false)
          .putObject("pattern")
          .put(
              "Regex",
              "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
                  + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
      both.addObject()
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", true)
          .put("use_regex", false);
    }
  },
  /** With a space before every text. */
  BYTE_LEVEL_PREFIXED {
    @Override
    void change(ObjectNode json) {
      ((ObjectNode) json.get("pre_tokenizer")).put("add_prefix_space", true);
    }
  },
  /** Without white space around a text, which the tokens of the whole then have not. */
  STRIPPED {
    @Override
    void change(ObjectNode json) {
      json.putObject("normalizer")
          .put("type", "Strip")
          .put("strip_left", true)
          .put("strip_right", true);
    }
  },
  /** Llama 2's: no words, a space before every text, bytes for what is not in the vocabulary. */
  SENTENCE_PIECE {
    @Override
    void change(ObjectNode json) {
      json.putNull("pre_tokenizer");
      ArrayNode both = json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
      both.addObject().put("type", "Prepend").put("prepend", "\u2581");
      both.addObject()
          .put("type", "Replace")
          .put("content", "\u2581")
          .putObject("pattern")
          .put("String", " ");
      json.set("model", sentencePieces(json.get("model")));
    }
  },
  /** Mistral's later ones: a space before the first word, words cut at spaces. */
  METASPACE {
    @Override
    void change(ObjectNode json) {
      json.putObject("pre_tokenizer")
          .put("type", "Metaspace")
          .put("replacement", "\u2581")
          .put("prepend_scheme", "first")
          .put("split", true);
      json.set("model", sentencePieces(json.get("model")));
    }
  },
  /** BERT's: lower case, no accents, longest pieces of words. */
  WORD_PIECE {
    @Override
    void change(ObjectNode json) {
      json.putObject("normalizer")
          .put("type", "BertNormalizer")
          .put("clean_text", true)
          .put("handle_chinese_chars", true)
          .put("lowercase", true);
      json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
      ObjectNode model = new JsonMapper().createObjectNode().put("type", "WordPiece");
      model.put("unk_token", "[UNK]").put("continuing_subword_prefix", "##");
      model.put("max_input_chars_per_word", 100);
      ObjectNode vocabulary = model.putObject("vocab").put("[UNK]", 0);
      for (String token : List.of("a", "b", "s", "the", "un", "ed", ".", ",", "1", "2")) {
        vocabulary.put(token, vocabulary.size()).put("##" + token, vocabulary.size());
      }
      json.set("model", model);
      json.putArray("added_tokens");
    }
  },
  /** T5's: the likeliest way to cut a text. */
  UNIGRAM {
    @Override
    void change(ObjectNode json) {
      json.putObject("pre_tokenizer")
          .put("type", "Metaspace")
          .put("replacement", "\u2581")
          .put("prepend_scheme", "always")
          .put("split", true);
      ObjectNode model = new JsonMapper().createObjectNode().put("type", "Unigram");
      ArrayNode vocabulary = model.put("unk_id", 0).put("byte_fallback", false).putArray("vocab");
      vocabulary.addArray().add("<unk>").add(0.0);
      for (Map.Entry<String, JsonNode> token :
          sentencePieces(json.get("model")).get("vocab").properties()) {
        if (!token.getKey().startsWith("<")) {
          vocabulary.addArray().add(token.getKey()).add(-4 - vocabulary.size() / 500.0);
        }
      }
      json.set("model", model);
      json.putArray("added_tokens");
    }
  };

  private static final Path SHIPPED = Path.of("../examples/models/tale-7m/tokenizer.json");

  abstract void change(ObjectNode json);

  /** Opens it; its file is written to {@code directory}. */
  Tokenizer open(Path directory) throws IOException {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(SHIPPED.toFile());
    change(json);
    Files.writeString(directory.resolve("tokenizer.json"), json.toString());
    return Tokenizer.open(directory);
  }

  /**
   * Returns the same vocabulary and merges, as far as they are ASCII, as SentencePiece has them.
   */
  private static ObjectNode sentencePieces(JsonNode byteLevel) {
    ObjectNode model = new JsonMapper().createObjectNode().put("type", "BPE");
    model.put("unk_token", "<unk>").put("fuse_unk", true).put("byte_fallback", true);
    ObjectNode vocabulary = model.putObject("vocab");
    for (String special : List.of("<s>", "</s>", "<pad>", "<unk>")) {
      vocabulary.put(special, vocabulary.size());
    }
    for (int value = 0; value < 256; value++) {
      vocabulary.put(String.format(Locale.ROOT, "<0x%02X>", value), vocabulary.size());
    }
    for (Map.Entry<String, JsonNode> token : byteLevel.get("vocab").properties()) {
      String piece = token.getKey().replace('\u0120', '\u2581');
      if (piece.matches("[!-~\u2581]+") && !vocabulary.has(piece)) {
        vocabulary.put(piece, vocabulary.size());
      }
    }
    ArrayNode merges = model.putArray("merges");
    for (JsonNode merge : byteLevel.get("merges")) {
      String both =
          merge.isArray() ? merge.get(0).asText() + " " + merge.get(1).asText() : merge.asText();
      List<String> parts = Splitter.on(' ').splitToList(both.replace('\u0120', '\u2581'));
      if (parts.stream().allMatch(vocabulary::has) && vocabulary.has(String.join("", parts))) {
        merges.add(parts.get(0) + " " + parts.get(1));
      }
    }
    return model;
  }
}
