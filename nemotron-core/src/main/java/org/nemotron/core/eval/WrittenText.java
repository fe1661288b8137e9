package org.nemotron.core.eval;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.eval.GeneratedText.Ending;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.text.Tokenizer;

/** A text under way. */
final class WrittenText {
  /** Tokens that a stop text may touch beside one for each of its bytes. */
  private static final int MARGIN = 8;

  private final GenerationRequest request;
  private final ImmutableIntArray prompt;
  private final Tokenizer tokenizer;
  private final ImmutableSet<Integer> endTokens;
  private final int window;
  private final int[] written;
  private final TokenDraws draws;
  private int count;
  private @Nullable GeneratedText result;

  /**
   * Begins with nothing written.
   *
   * @param prompt that of the request, cut to the model's room
   */
  WrittenText(
      GenerationRequest request,
      ImmutableIntArray prompt,
      Tokenizer tokenizer,
      ImmutableSet<Integer> endTokens) {
    this.request = request;
    this.prompt = prompt;
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.written = new int[request.maxTokens()];
    this.draws = new TokenDraws(request.temperature(), request.topP(), request.seed());
    this.window =
        MARGIN
            + request.stops().stream()
                .mapToInt(stop -> stop.getBytes(StandardCharsets.UTF_8).length)
                .max()
                .orElse(0);
  }

  ImmutableIntArray prompt() {
    return prompt;
  }

  int maxTokens() {
    return request.maxTokens();
  }

  /** Returns how many tokens prompt and text have. */
  int length() {
    return prompt.length() + count;
  }

  boolean hasEnded() {
    return result != null;
  }

  GeneratedText result() {
    checkState(result != null, "this text has not ended");
    return result;
  }

  /** Returns the token written last, to be read next. */
  SequenceChunk lastToken(ImmutableIntArray pages) {
    return new SequenceChunk(
        pages, length() - 1, ImmutableIntArray.of(written[count - 1]), wanted());
  }

  /** Returns what the next token is taken from. */
  SequenceChunk.Output wanted() {
    return request.isDrawn() ? SequenceChunk.LAST_LOGITS : SequenceChunk.LIKELIEST_TOKEN;
  }

  /** Adds the token that a row of a step gives. */
  void add(StepOutput output, int row) {
    add(
        request.isDrawn()
            ? draws.next(output.logits(row), length() - 1)
            : GreedyDecoder.likeliest(output, row));
  }

  private void add(int token) {
    if (endTokens.contains(token)) {
      end(text(0), count + 1, Ending.END_TOKEN);
      return;
    }
    written[count++] = token;
    String all = mayHaveStopped() ? text(0) : "";
    OptionalInt stop = firstStop(all);
    if (stop.isPresent()) {
      end(all.substring(0, stop.getAsInt()), count, Ending.STOP);
    } else if (count == written.length) {
      end(text(0), count, Ending.LENGTH);
    }
  }

  private void end(String text, int tokens, Ending ending) {
    result = new GeneratedText(text, tokens, ending);
  }

  private boolean mayHaveStopped() {
    return !request.stops().isEmpty() && firstStop(text(Math.max(0, count - window))).isPresent();
  }

  private String text(int from) {
    return tokenizer.decodeText(ImmutableIntArray.copyOf(Arrays.copyOfRange(written, from, count)));
  }

  private OptionalInt firstStop(String text) {
    return request.stops().stream().mapToInt(text::indexOf).filter(at -> at >= 0).min();
  }
}
