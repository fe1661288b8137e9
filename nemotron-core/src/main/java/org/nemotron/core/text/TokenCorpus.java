package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.Cancellation;

/**
 * The tokens of many documents, one after another: {@code <s> document </s> <s> document </s> …}. A
 * mark that the model does not have is left out. Immutable.
 */
public final class TokenCorpus {
  static final int PIECE_CHARS = 1 << 18;
  private static final int DOCUMENTS_AT_ONCE = 64;

  private final ImmutableIntArray tokens;

  private TokenCorpus(ImmutableIntArray tokens) {
    this.tokens = tokens;
  }

  /** Returns a corpus of these tokens. */
  public static TokenCorpus of(ImmutableIntArray tokens) {
    return new TokenCorpus(tokens.trimmed());
  }

  /**
   * Returns the tokens of {@code documents}, or the first {@code maxTokens} of them; a long
   * document has the tokens that the tokenizer gives it as a whole.
   *
   * @param model has the special tokens around a document, and the size of the vocabulary
   * @throws IllegalArgumentException if the documents have no token, or one that is beyond the
   *     model's vocabulary
   */
  public static TokenCorpus encode(
      Iterable<String> documents, Tokenizer tokenizer, ModelSpec model, long maxTokens) {
    checkArgument(maxTokens > 0, "maxTokens (%s) must be positive", maxTokens);
    Collector collector =
        new Collector(model.vocabularySize(), (int) Math.min(maxTokens, Integer.MAX_VALUE - 16));
    for (List<String> some : Iterables.partition(documents, DOCUMENTS_AT_ONCE)) {
      Cancellation.check();
      for (ImmutableList<ImmutableIntArray> document : encoded(some, tokenizer)) {
        collector.addDocument(document, model.specialTokens());
      }
      if (collector.isFull()) {
        break;
      }
    }
    checkArgument(collector.size > 0, "the text has no token.\nMaybe the text files are empty.");
    return of(collector.tokens.build());
  }

  /** Returns the pieces of each document; all cores encode. */
  private static ImmutableList<ImmutableList<ImmutableIntArray>> encoded(
      List<String> documents, Tokenizer tokenizer) {
    return documents.parallelStream()
        .map(document -> TextPieces.encode(document, PIECE_CHARS, tokenizer::encode))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns how many tokens there are. */
  public int length() {
    return tokens.length();
  }

  /** Returns the token at {@code position}. */
  public int token(int position) {
    return tokens.get(position);
  }

  /** Returns the tokens from {@code begin} (inclusive) to {@code end} (exclusive). */
  public ImmutableIntArray tokens(int begin, int end) {
    return tokens.subArray(begin, end);
  }

  /**
   * Returns the windows of {@code length} tokens.
   *
   * @throws IllegalArgumentException if the corpus is shorter than one
   */
  public TokenWindows windows(int length) {
    return new CorpusWindows(this, length);
  }

  /** Returns the SHA-256 of the tokens. */
  public Fingerprint fingerprint() {
    Hasher hasher = Hashing.sha256().newHasher();
    tokens.forEach(hasher::putInt);
    return new Fingerprint(hasher.hash().toString());
  }

  /** Adds up tokens until there are enough. */
  private static final class Collector {
    private final ImmutableIntArray.Builder tokens = ImmutableIntArray.builder();
    private final int vocabularySize;
    private final int maxTokens;
    private int size;

    private Collector(int vocabularySize, int maxTokens) {
      this.vocabularySize = vocabularySize;
      this.maxTokens = maxTokens;
    }

    private boolean isFull() {
      return size == maxTokens;
    }

    private void addDocument(ImmutableList<ImmutableIntArray> pieces, SpecialTokens marks) {
      addMark(marks.beginOfText());
      pieces.forEach(piece -> piece.forEach(this::add));
      addMark(marks.endOfText());
    }

    private void addMark(ImmutableList<Integer> mark) {
      mark.stream().findFirst().ifPresent(this::add);
    }

    private void add(int token) {
      checkArgument(
          token >= 0 && token < vocabularySize,
          "token %s is beyond the model's vocabulary of %s.\n"
              + "Maybe the tokenizer belongs to another model.",
          token,
          vocabularySize);
      if (!isFull()) {
        tokens.add(token);
        size++;
      }
    }
  }
}
