package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.sampling.SamplingParams;

/** An answer token by token: ids, texts and log-probabilities as they come. */
final class TokenStreamTest {
  private static final int NEW_TOKENS = 40;

  private static GenerationRequest.Builder request() {
    return GenerationRequest.continuing(
            new SplittableRandom(1).ints(5, 0, SmallModel.VOCABULARY).toArray())
        .maxNewTokens(NEW_TOKENS);
  }

  /** All that a listener receives. */
  private static final class Received implements TokenListener {
    private final List<GeneratedToken> tokens = new ArrayList<>();
    private final List<String> rests = new ArrayList<>();

    @Override
    public void onToken(GeneratedToken token) {
      assertThat(rests).isEmpty();
      tokens.add(token);
    }

    @Override
    public void onRest(String text) {
      rests.add(text);
    }

    private String text() {
      return tokens.stream().map(GeneratedToken::text).collect(Collectors.joining())
          + String.join("", rests);
    }
  }

  @Test
  void generate_tokenListener_receivesTokensTextsAndLogProbs() throws IOException {
    SamplingParams params = SamplingParams.builder().temperature(0.9).topLogProbs(2).build();
    Received received = new Received();
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      GenerationResult result = generator.generate(request().sampling(params).build(), received);
      assertThat(received.tokens).hasSize(NEW_TOKENS);
      assertThat(received.tokens)
          .extracting(GeneratedToken::id)
          .isEqualTo(result.tokens().asList());
      assertThat(received.tokens)
          .extracting(GeneratedToken::sampled)
          .isEqualTo(result.sampled())
          .allSatisfy(token -> assertThat(token.logProb()).isPresent());
      assertThat(received.tokens).allSatisfy(token -> assertThat(token.topLogProbs()).hasSize(2));
      assertThat(received.text()).isEqualTo(result.text()).isNotEmpty();
    }
  }

  @Test
  void generate_logProbsNotAsked_tokensHaveNone() throws IOException {
    Received received = new Received();
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      GenerationResult result = generator.generate(request().build(), received);
      assertThat(received.tokens).hasSize(result.tokens().length());
      assertThat(received.tokens)
          .allSatisfy(token -> assertThat(token.logProb()).isEmpty())
          .allSatisfy(token -> assertThat(token.topLogProbs()).isEmpty());
    }
  }

  /** Each text is what a decoder of whole texts adds for that token, where characters are whole. */
  @Test
  void generate_shippedParent_eachTextIsThatOfItsToken() throws IOException {
    Received received = new Received();
    try (TextGenerator generator = TextGenerator.open(SmallModel.SHIPPED);
        Tokenizer tokenizer = Tokenizer.open(SmallModel.SHIPPED)) {
      GenerationResult result =
          generator.generate(
              GenerationRequest.continuing("Once upon a time").maxNewTokens(20).build(), received);
      ImmutableIntArray ids = result.tokens();
      for (int i = 0; i < ids.length(); i++) {
        String before = tokenizer.decodeText(ids.subArray(0, i));
        assertThat(before + received.tokens.get(i).text())
            .isEqualTo(tokenizer.decodeText(ids.subArray(0, i + 1)));
      }
    }
  }

  @Test
  void generate_textThatMayBeAStopString_comesAsTheRest() throws IOException {
    Received received = new Received();
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      String whole = generator.generate(request().build()).text();
      String end = whole.substring(whole.length() - 3);
      GenerationResult result =
          generator.generate(request().stopStrings(List.of(end + "\0")).build(), received);
      assertThat(result.text()).isEqualTo(whole);
      assertThat(received.rests).containsExactly(end);
      assertThat(received.text()).isEqualTo(whole);
    }
  }

  @Test
  void generate_tokenListenerThrows_cancelsAndThrowsIt() throws IOException {
    IllegalStateException fault = new IllegalStateException("listener");
    TokenListener faulty =
        new TokenListener() {
          @Override
          public void onToken(GeneratedToken token) {
            throw fault;
          }

          @Override
          public void onRest(String text) {}
        };
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      Generation generation = generator.submit(request().maxNewTokens(500).build());
      assertThatThrownBy(() -> generation.follow(faulty)).isSameAs(fault);
      assertThat(generation.await().finish()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  @Test
  void follow_secondStream_isRefusedAndTheFirstGoesOn() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      Generation generation = generator.submit(request().build());
      var pieces = generation.pieces();
      assertThatThrownBy(() -> generation.follow(new Received()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the stream of this generation has been taken before");
      assertThat(pieces.collect(Collectors.joining())).isEqualTo(generation.await().text());
      assertThat(generation.await().finish()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void follow_requestFails_throwsTheReason() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults(), Double.NaN)) {
      Generation generation = generator.submit(request().build());
      assertThatThrownBy(() -> generation.follow(new Received()))
          .isInstanceOf(GenerationFailedException.class)
          .hasMessageStartingWith("the request failed: ");
    }
  }
}
