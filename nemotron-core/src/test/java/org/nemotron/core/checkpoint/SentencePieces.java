package org.nemotron.core.checkpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.testing.ModelSpecBuilder;

/**
 * A small SentencePiece tokenizer in the form that Llama 2's has as tokenizer.json: bytes for what
 * is not in the vocabulary, a space before every text.
 */
final class SentencePieces {
  private static final ImmutableList<String> SPECIAL = ImmutableList.of("<unk>", "<s>", "</s>");
  private static final ImmutableList<String> MERGES =
      ImmutableList.of(
          "t h",
          "\u2581 t",
          "h e",
          "\u2581 th",
          "\u2581t he",
          "\u2581th e",
          "r e",
          "th e",
          "e r",
          "s e",
          "\u2581the re",
          "o the",
          "othe r");

  private SentencePieces() {}

  private static ImmutableList<String> tokens() {
    ImmutableList.Builder<String> tokens = ImmutableList.builder();
    tokens.addAll(SPECIAL);
    for (int value = 0; value < 256; value++) {
      tokens.add(String.format(Locale.ROOT, "<0x%02X>", value));
    }
    MERGES.stream().map(merge -> merge.replace(" ", "")).distinct().forEach(tokens::add);
    return tokens.add("\u2581", "t", "h", "e", "r", "s", "o", "n", "!").build();
  }

  /** Returns a model of that vocabulary. */
  static ModelSpec spec() {
    return ModelSpecBuilder.like(LetterModels.spec("uniform, untied"))
        .vocabularySize(tokens().size())
        .specialTokens(
            new SpecialTokens(ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of()))
        .build();
  }

  /** Writes tokenizer.json. */
  static void write(Path directory) throws IOException {
    ObjectNode json = new JsonMapper().createObjectNode();
    ArrayNode added = json.putArray("added_tokens");
    for (int id = 0; id < SPECIAL.size(); id++) {
      added
          .addObject()
          .put("id", id)
          .put("content", SPECIAL.get(id))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    ArrayNode normalizers =
        json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    normalizers.addObject().put("type", "Prepend").put("prepend", "\u2581");
    normalizers
        .addObject()
        .put("type", "Replace")
        .put("content", "\u2581")
        .putObject("pattern")
        .put("String", " ");
    ObjectNode model = json.putObject("model").put("type", "BPE").put("unk_token", "<unk>");
    model.put("fuse_unk", true).put("byte_fallback", true);
    ObjectNode vocabulary = model.putObject("vocab");
    for (String token : tokens()) {
      vocabulary.put(token, vocabulary.size());
    }
    MERGES.forEach(model.putArray("merges")::add);
    Files.writeString(directory.resolve("tokenizer.json"), json.toString());
  }
}
