package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.testing.ModelSpecBuilder;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TokenCorpusTest {
  private static final SpecialTokens MARKS =
      new SpecialTokens(ImmutableList.of(0), ImmutableList.of(1, 2), ImmutableList.of());
  private static final SpecialTokens NO_MARKS =
      new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of());

  private Tokenizer tokenizer;

  @BeforeAll
  void openTokenizer() throws IOException {
    tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"));
  }

  @AfterAll
  void closeTokenizer() {
    tokenizer.close();
  }

  @Test
  void encode_documents_areMarkedAtBothEnds() {
    ImmutableIntArray expected =
        ImmutableIntArray.builder()
            .add(0)
            .addAll(tokenizer.encode("One."))
            .add(1)
            .add(0)
            .addAll(tokenizer.encode("Two words."))
            .add(1)
            .build();
    assertThat(tokens(encode(MARKS, 1000, "One.", "Two words."))).isEqualTo(expected);
  }

  @Test
  void encode_modelWithoutMarks_concatenates() {
    ImmutableIntArray expected =
        ImmutableIntArray.builder()
            .addAll(tokenizer.encode("One."))
            .addAll(tokenizer.encode("Two."))
            .build();
    assertThat(tokens(encode(NO_MARKS, 1000, "One.", "Two."))).isEqualTo(expected);
  }

  @Test
  void encode_limit_keepsTheFirstTokens() {
    TokenCorpus all = encode(MARKS, 1000, "One.", "Two.", "Three.");
    for (int limit = 1; limit <= all.length(); limit++) {
      assertThat(tokens(encode(MARKS, limit, "One.", "Two.", "Three.")))
          .isEqualTo(all.tokens(0, limit));
    }
  }

  @Test
  void encode_documentOfManyPieces_isWhole() {
    String text = "It was a dark and stormy night. ".repeat(20_000);
    TokenCorpus corpus = encode(NO_MARKS, Long.MAX_VALUE, text);
    assertThat(tokenizer.decode(tokens(corpus))).isEqualTo(text);
  }

  @Test
  void encode_tokenBeyondTheVocabulary_isRefused() {
    assertThatThrownBy(
            () ->
                TokenCorpus.encode(
                    ImmutableList.of("Once upon a time"), tokenizer, model(500, NO_MARKS), 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "token 705 is beyond the model's vocabulary of 500.\n"
                + "Maybe the tokenizer belongs to another model.");
  }

  @Test
  void encode_noDocument_isRefused() {
    assertThatThrownBy(() -> encode(MARKS, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the text has no token.\nMaybe the text files are empty.");
  }

  @Test
  void fingerprint_oneTokenOther_differs() {
    TokenCorpus corpus = TokenCorpus.of(ImmutableIntArray.of(1, 2, 3));
    assertThat(TokenCorpus.of(ImmutableIntArray.of(1, 2, 3)).fingerprint())
        .isEqualTo(corpus.fingerprint());
    assertThat(TokenCorpus.of(ImmutableIntArray.of(1, 3, 2)).fingerprint())
        .isNotEqualTo(corpus.fingerprint());
  }

  private TokenCorpus encode(SpecialTokens marks, long maxTokens, String... documents) {
    return TokenCorpus.encode(
        ImmutableList.copyOf(documents), tokenizer, model(4096, marks), maxTokens);
  }

  private static ImmutableIntArray tokens(TokenCorpus corpus) {
    return corpus.tokens(0, corpus.length());
  }

  private static ModelSpec model(int vocabularySize, SpecialTokens marks) {
    return new ModelSpecBuilder().vocabularySize(vocabularySize).specialTokens(marks).build();
  }
}
