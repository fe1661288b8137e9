package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.chat.ChatMessage;

/** Prompts that are encoded as long as somebody wants them, and they fit. */
final class WatchedPromptTest {
  private static final String LONG = "Once upon a time, there was a fish.\n".repeat(6000);
  private static final String HUGE = "a ".repeat(2_000_000);

  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    generator =
        SmallModel.chatting(
            EngineSettings.builder().threads(1).build(),
            "{% for m in messages %}{{ m.content }}{% endfor %}");
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static ImmutableList<Prompt> prompts(String text) {
    return ImmutableList.of(
        new Prompt.Text(text),
        new Prompt.Rendered(text),
        new Prompt.Chat(ImmutableList.of(ChatMessage.user(text))));
  }

  @Test
  void encode_watched_hasTheTokensOfTheWhole() {
    for (String text : List.of("Once", LONG)) {
      for (Prompt prompt : prompts(text)) {
        assertThat(generator.encode(prompt, tokens -> true)).contains(generator.encode(prompt));
      }
    }
    Prompt tokens = new Prompt.Tokens(ImmutableIntArray.of(1, 2, 3));
    assertThat(generator.encode(tokens, count -> count <= 3)).contains(generator.encode(tokens));
    assertThat(generator.encode(tokens, count -> count < 3)).isEmpty();
  }

  @Test
  void encode_watchedHugeText_endsByItsLengthAlone() {
    for (Prompt prompt : prompts(HUGE)) {
      List<Integer> counts = new ArrayList<>();
      assertThat(
              generator.encode(
                  prompt,
                  tokens -> {
                    counts.add(tokens);
                    return tokens <= 10_000;
                  }))
          .isEmpty();
      assertThat(counts).containsExactly(generator.tokenizer().leastTokens(HUGE));
    }
  }

  @Test
  void encode_watchedLongText_endsWithAPiece() {
    for (Prompt prompt : prompts(LONG)) {
      int whole = generator.encode(prompt).ids().length();
      List<Integer> counts = new ArrayList<>();
      assertThat(
              generator.encode(
                  prompt,
                  tokens -> {
                    counts.add(tokens);
                    return counts.size() < 2;
                  }))
          .isEmpty();
      assertThat(counts).hasSize(2);
      assertThat(counts.get(1)).isBetween(1000, whole / 2);
    }
  }
}
