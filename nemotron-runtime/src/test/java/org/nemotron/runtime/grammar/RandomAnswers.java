package org.nemotron.runtime.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.nemotron.core.text.TokenBytes;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.sampling.TokenConstraint;

/** Answers of a model that knows nothing: each token is drawn from those that are allowed. */
final class RandomAnswers {
  static final TokenBytes VOCABULARY = vocabulary();
  static final GrammarCompiler COMPILER = new GrammarCompiler(VOCABULARY);

  /** From here on mostly a token is taken that may close something. */
  private static final int CLOSING = 60;

  private static final int MOST = 20_000;

  private RandomAnswers() {}

  private static TokenBytes vocabulary() {
    try (Tokenizer tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"))) {
      return tokenizer.tokenBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns an answer of a format; fails where it comes to a dead end, or is not UTF-8. */
  static String draw(AnswerFormat format, long seed) {
    return drawUpTo(MOST, format, seed).orElseThrow();
  }

  /** Returns an answer of at most {@code most} tokens; empty where it did not come to an end. */
  static Optional<String> drawUpTo(int most, AnswerFormat format, long seed) {
    TokenConstraint constraint = COMPILER.compile(format);
    SplittableRandom random = new SplittableRandom(seed);
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    TokenConstraint.State state = constraint.start();
    for (int count = 0; count < most; count++) {
      List<Integer> allowed = allowed(state);
      assertThat(state.mayEnd() || !allowed.isEmpty()).as("dead end behind %s", answer).isTrue();
      if (state.mayEnd() && (allowed.isEmpty() || count > CLOSING || random.nextInt(3) == 0)) {
        return Optional.of(decoded(answer.toByteArray()));
      }
      int token = chosen(allowed, count > CLOSING, random);
      answer.writeBytes(VOCABULARY.bytes(token));
      state = state.after(token);
    }
    return Optional.empty();
  }

  /** Returns an answer that opens objects as long as that is allowed, then closes them. */
  static String deepest(AnswerFormat format) {
    StringBuilder answer = new StringBuilder();
    TokenConstraint.State state = COMPILER.compile(format).start();
    while (!state.mayEnd()) {
      int token = firstOf("\":{}", state);
      answer.append((char) VOCABULARY.bytes(token)[0]);
      state = state.after(token);
    }
    return answer.toString();
  }

  /** Names are empty: a quote opens one and closes it. */
  private static int firstOf(String wishes, TokenConstraint.State state) {
    for (char wish : wishes.toCharArray()) {
      for (int token = 0; token < VOCABULARY.size(); token++) {
        byte[] bytes = VOCABULARY.bytes(token);
        if (bytes.length == 1 && bytes[0] == wish && state.allowed().contains(token)) {
          return token;
        }
      }
    }
    throw new AssertionError("a dead end");
  }

  private static List<Integer> allowed(TokenConstraint.State state) {
    List<Integer> allowed = new ArrayList<>();
    for (int token = 0; token < VOCABULARY.size(); token++) {
      if (state.allowed().contains(token)) {
        allowed.add(token);
      }
    }
    assertThat(allowed).hasSize(state.allowed().size());
    return allowed;
  }

  private static int chosen(List<Integer> allowed, boolean closing, SplittableRandom random) {
    List<Integer> closers = allowed.stream().filter(RandomAnswers::closes).toList();
    boolean close = !closers.isEmpty() && random.nextInt(4) < (closing ? 3 : 1);
    List<Integer> from = close ? closers : allowed;
    return from.get(random.nextInt(from.size()));
  }

  private static boolean closes(int token) {
    byte[] bytes = VOCABULARY.bytes(token);
    return bytes.length == 1 && "\"\"\"}]0abcA.".indexOf(bytes[0]) >= 0;
  }

  private static String decoded(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
