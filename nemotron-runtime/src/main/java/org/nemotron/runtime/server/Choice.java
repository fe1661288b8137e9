package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.engine.FinishReason;
import org.nemotron.runtime.engine.GeneratedToken;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.Stop;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.server.wire.ChoicePart;
import org.nemotron.runtime.server.wire.GenerationOptions;
import org.nemotron.runtime.server.wire.TokenTexts;

/** One answer of a request as it comes. Used on the event loop. */
final class Choice {
  private final int index;
  private final Prompt.Encoded prompt;
  private final Generation generation;
  private final GenerationOptions options;
  private final TokenTexts texts;
  private final String echo;
  private final Scheduled scheduled;
  private final CallDivider divider;

  /** Tokens whose text is not certain yet, and so not sent. */
  private final List<Sampled> held = new ArrayList<>();

  private final boolean echoing;
  private ImmutableList<Sampled> scored = ImmutableList.of();
  private String echoed;
  private int offset = 0;
  private int tokens = 0;
  private String rest = "";
  private long firstNanos;
  private long lastNanos;
  private @Nullable GenerationResult result;

  Choice(
      int index,
      Prompt.Encoded prompt,
      Generation generation,
      GenerationOptions options,
      TokenTexts texts,
      boolean echoing,
      String echo,
      Scheduled scheduled,
      CallDivider divider) {
    this.index = index;
    this.prompt = prompt;
    this.generation = generation;
    this.options = options;
    this.texts = texts;
    this.echo = echo;
    this.echoed = echo;
    this.echoing = echoing;
    this.scheduled = scheduled;
    this.divider = divider;
  }

  int index() {
    return index;
  }

  Generation generation() {
    return generation;
  }

  /** Returns when the answer left the queue; 0 if it has not. */
  long scheduledNanos() {
    return scheduled.nanos();
  }

  /** Returns how long it waited in the queue; less than 0 while it waits. */
  long waitedNanos() {
    return scheduled.waitedNanos();
  }

  int promptTokens() {
    return prompt.ids().length();
  }

  /** Returns how many tokens have come, with the one that ended the answer. */
  int tokens() {
    return result == null ? tokens : result.generatedTokens();
  }

  int cachedTokens() {
    return result == null ? 0 : result.sharedTokens();
  }

  boolean isEnded() {
    return result != null;
  }

  /** Takes the tokens of the prompt with their log-probabilities, before the first token. */
  void prompt(ImmutableList<Sampled> tokens) {
    scored = tokens;
    if (echoesScores()) {
      held.addAll(0, echoedTokens());
    }
  }

  /** The prompt may have been scored with more likeliest tokens than the answer has. */
  private ImmutableList<Sampled> echoedTokens() {
    int top = options.sampling().topLogProbs();
    return scored.stream()
        .map(
            token ->
                new Sampled(
                    token.token(),
                    token.own(),
                    token.top().subList(0, Math.min(top, token.top().size()))))
        .collect(ImmutableList.toImmutableList());
  }

  private boolean echoesScores() {
    return options.logProbs() && echoing;
  }

  Optional<GenerationResult> result() {
    return Optional.ofNullable(result);
  }

  /** Returns whether this is the first token. */
  boolean count(long nowNanos) {
    tokens++;
    lastNanos = nowNanos;
    if (tokens == 1) {
      firstNanos = nowNanos;
    }
    return tokens == 1;
  }

  boolean hasBegun() {
    return tokens > 0;
  }

  long firstNanos() {
    return firstNanos;
  }

  long lastNanos() {
    return lastNanos;
  }

  /** Returns the piece that a token makes certain, if any. */
  Optional<ChoicePart> piece(GeneratedToken token) {
    if (options.logProbs() || options.returnTokenIds()) {
      held.add(token.sampled());
    }
    CallDivider.Divided divided = divider.push(token.text());
    return divided.isEmpty() ? Optional.empty() : Optional.of(part(divided, ""));
  }

  /** Keeps the text behind the last token. */
  void rest(String text) {
    rest = text;
  }

  void end(GenerationResult ended) {
    result = ended;
  }

  /** Returns the last piece: what was held back, and why the answer ended. */
  ChoicePart lastPiece() {
    CallDivider.Divided divided = divider.finish(rest);
    return part(divided, finishReason());
  }

  private ChoicePart part(CallDivider.Divided divided, String finish) {
    String text = echoed + divided.text();
    echoed = "";
    ImmutableList<Sampled> sent = ImmutableList.copyOf(held);
    held.clear();
    int from = offset;
    if (options.logProbs()) {
      offset +=
          sent.stream()
              .mapToInt(token -> texts.length(token.token(), options.specialTokens()))
              .sum();
    }
    return new ChoicePart(
        index, text, divided.calls(), from, sent, ImmutableList.of(), prompt.ids(), finish, stop());
  }

  /** Returns the whole answer. */
  ChoicePart whole() {
    GenerationResult ended = result().orElseThrow();
    ImmutableList.Builder<Sampled> sampled = ImmutableList.builder();
    if (options.logProbs()) {
      sampled.addAll(echoing ? echoedTokens() : ImmutableList.of()).addAll(ended.sampled());
    } else if (options.returnTokenIds()) {
      ended.tokens().forEach(id -> sampled.add(withoutLogProb(id)));
    }
    CallDivider.Divided divided = divider.finish(ended.text());
    return new ChoicePart(
        index,
        echo + divided.text(),
        divided.calls(),
        0,
        sampled.build(),
        options.promptLogProbs() >= 0 ? scored : ImmutableList.of(),
        prompt.ids(),
        finishReason(),
        stop());
  }

  private static Sampled withoutLogProb(int id) {
    return new Sampled(id, ImmutableList.of(), ImmutableList.of());
  }

  /** Returns what ended the answer, where that is of the request and not of the model. */
  private Stop stop() {
    return result != null && result.finish() != FinishReason.END_TOKEN ? result.stop() : Stop.NONE;
  }

  /** Returns why the answer ended, as the caller is told. */
  private String finishReason() {
    String reason = endReason();
    return reason.equals("stop") && divider.hasCalls() ? "tool_calls" : reason;
  }

  /** Returns why generation ended. */
  String endReason() {
    return switch (result().orElseThrow().finish()) {
      case END_TOKEN, STOP_TOKEN, STOP_STRING, COMPLETE -> "stop";
      case LENGTH, TIME -> "length";
      case CANCELLED -> "abort";
    };
  }
}
