package org.nemotron.core.checkpoint.huggingface;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.SpecialTokens;

/**
 * The ids of special tokens in a config.json, which must be rows of the embedding. Negative ones
 * mean that there is no such token.
 */
final class SpecialTokenIds {
  private final JsonFile file;
  private final int vocabularySize;

  private SpecialTokenIds(JsonFile file, int vocabularySize) {
    this.file = file;
    this.vocabularySize = vocabularySize;
  }

  static SpecialTokens read(JsonFile file, ModelFamily family) throws CheckpointFormatException {
    SpecialTokenIds ids = new SpecialTokenIds(file, file.count("vocab_size"));
    SpecialTokens defaults = ClassDefaults.tokens(family);
    return new SpecialTokens(
        ids.named("bos_token_id", defaults.beginOfText()),
        ids.named("eos_token_id", defaults.endOfText()),
        ids.named("pad_token_id", defaults.padding()));
  }

  private ImmutableList<Integer> named(String key, ImmutableList<Integer> otherwise)
      throws CheckpointFormatException {
    if (!file.names(key)) {
      return otherwise.stream()
          .filter(id -> id < vocabularySize)
          .collect(ImmutableList.toImmutableList());
    }
    ImmutableList<Integer> ids = file.tokens(key);
    for (int id : ids) {
      if (id >= vocabularySize) {
        throw new CheckpointFormatException(
            file.wrong(key, file.node().path(key), "below vocab_size (" + vocabularySize + ")")
                    .getMessage()
                + ".\nMaybe the ids are those of another model: name those of this model's"
                + " tokenizer, or null.");
      }
    }
    return ids;
  }
}
