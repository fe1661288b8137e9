package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TokenizerTest {
  private static final Path TALE_7M = Path.of("../examples/models/tale-7m");

  private Tokenizer tokenizer;

  @BeforeAll
  void openTokenizer() throws IOException {
    tokenizer = Tokenizer.open(TALE_7M);
  }

  @AfterAll
  void closeTokenizer() {
    tokenizer.close();
  }

  /** The ids are those of Hugging Face's own tokenizers 0.23. */
  @Test
  void encode_text_givesTheIdsOfTheReference() {
    assertThat(tokenizer.encode("Once upon a time, there was a green fish.\n"))
        .isEqualTo(
            ImmutableIntArray.of(705, 531, 261, 483, 14, 429, 302, 261, 1536, 1398, 16, 201));
    assertThat(tokenizer.encode("→ 日本"))
        .isEqualTo(ImmutableIntArray.of(161, 231, 243, 223, 165, 248, 101, 165, 253, 108));
    assertThat(tokenizer.encode("<s> is text")).isEqualTo(ImmutableIntArray.of(0, 376, 871, 1016));
  }

  @Test
  void encode_longText_isNotCutOff() {
    String text = "The quick brown fox jumps over the lazy dog.\n".repeat(2000);
    ImmutableIntArray ids = tokenizer.encode(text);
    assertThat(ids.length()).isGreaterThan(20_000);
    assertThat(tokenizer.decode(ids)).isEqualTo(text);
  }

  @Test
  void encode_emptyText_hasNoToken() {
    assertThat(tokenizer.encode("")).isEqualTo(ImmutableIntArray.of());
  }

  @Test
  void decode_specialTokens_keepsThemOrNot() {
    ImmutableIntArray ids =
        ImmutableIntArray.builder().add(0).addAll(tokenizer.encode("A tale.")).add(1).build();
    assertThat(tokenizer.decode(ids)).isEqualTo("<s>A tale.</s>");
    assertThat(tokenizer.decodeText(ids)).isEqualTo("A tale.");
  }

  @Test
  void open_noTokenizer_namesTheRemedy(@TempDir Path directory) {
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            directory
                + " has no tokenizer.json.\n"
                + "Maybe the model has only tokenizer.model: load its tokenizer in transformers and"
                + " call save_pretrained, which writes tokenizer.json.");
  }

  @Test
  void open_damagedTokenizer_isRefusedByName(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), "{\"version\": ");
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(directory.resolve("tokenizer.json") + " is not a tokenizer (");
  }

  @Test
  void close_whileOthersEncode_waitsForThem() throws Exception {
    Tokenizer own = Tokenizer.open(TALE_7M);
    String text = "a b ".repeat(20_000);
    int tokens = own.encode(text).length();
    CountDownLatch begun = new CountDownLatch(2);
    List<CompletableFuture<String>> encoding =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          begun.countDown();
                          try {
                            while (true) {
                              assertThat(own.encode(text).length()).isEqualTo(tokens);
                            }
                          } catch (IllegalStateException e) {
                            return String.valueOf(e.getMessage());
                          }
                        },
                        command -> new Thread(command, "encoding").start()))
            .limit(2)
            .toList();
    begun.await();
    own.close();
    for (CompletableFuture<String> one : encoding) {
      assertThat(one.get(1, TimeUnit.MINUTES)).isEqualTo("this tokenizer is closed");
    }
  }
}
