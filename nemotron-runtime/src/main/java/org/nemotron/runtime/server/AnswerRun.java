package org.nemotron.runtime.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.engine.FinishReason;
import org.nemotron.runtime.engine.GeneratedToken;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.TokenListener;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.server.wire.AnswerShape;
import org.nemotron.runtime.server.wire.ApiException;
import org.nemotron.runtime.server.wire.ChoicePart;
import org.nemotron.runtime.server.wire.GenerationOptions;
import org.nemotron.runtime.server.wire.TokenTexts;
import org.nemotron.runtime.server.wire.Usage;

/**
 * The answers of one request, from submission to the last byte. Tokens come from the engine's
 * thread, which does nothing but hand them to the event loop.
 */
final class AnswerRun {
  private final EventLoop loop;
  private final Exchange exchange;
  private final AnswerShape shape;
  private final GenerationOptions options;
  private final TokenTexts texts;
  private final ImmutableList<Choice> choices;
  private final Admission.Ticket ticket;
  private final RequestObserver observer;
  private final long submittedNanos = System.nanoTime();

  private final Map<Integer, TextChunk> plainChunks = new HashMap<>();
  private int left;
  private boolean failed;

  AnswerRun(
      EventLoop loop,
      Exchange exchange,
      AnswerShape shape,
      GenerationOptions options,
      TokenTexts texts,
      ImmutableList<Choice> choices,
      Admission.Ticket ticket,
      RequestObserver observer) {
    this.loop = loop;
    this.exchange = exchange;
    this.shape = shape;
    this.options = options;
    this.texts = texts;
    this.choices = choices;
    this.ticket = ticket;
    this.observer = observer;
    this.left = choices.size();
  }

  /** Follows the answers; on the event loop. */
  void begin() {
    if (options.stream()) {
      exchange.promiseStream();
    }
    observer.request(options.n());
    exchange.onCancel(this::cancel);
    for (Choice choice : choices) {
      choice.generation().listen(new Posting(choice));
      CompletableFuture<GenerationResult> unused =
          choice
              .generation()
              .future()
              .whenComplete((result, fault) -> loop.run(() -> ended(choice, result, fault)));
    }
  }

  /** Ends all answers at the next token. */
  void cancel() {
    choices.forEach(choice -> choice.generation().cancel());
  }

  /** Hands what comes on the engine's thread to the event loop. */
  private final class Posting implements TokenListener {
    private final Choice choice;

    private Posting(Choice choice) {
      this.choice = choice;
    }

    @Override
    public void onPrompt(ImmutableList<Sampled> tokens) {
      loop.run(() -> scored(choice, tokens));
    }

    @Override
    public void onToken(GeneratedToken token) {
      long now = System.nanoTime();
      loop.run(() -> token(choice, token, now));
    }

    @Override
    public void onRest(String text) {
      loop.run(() -> choice.rest(text));
    }
  }

  /** The first of several answers to a prompt scores it for all of them. */
  private void scored(Choice first, ImmutableList<Sampled> tokens) {
    int behind = first.index() + options.n();
    choices.subList(first.index(), behind).forEach(choice -> choice.prompt(tokens));
  }

  private void token(Choice choice, GeneratedToken token, long nowNanos) {
    long last = choice.lastNanos();
    if (choice.count(nowNanos)) {
      ticket.begin();
      observer.firstToken(nowNanos - exchange.arrivedNanos());
    } else {
      observer.nextToken(nowNanos - last);
    }
    if (options.stream() && !failed) {
      if (choice.tokens() == 1) {
        open(choice);
      }
      choice.piece(token).ifPresent(piece -> send(piece));
    }
  }

  private void open(Choice choice) {
    exchange.beginStream();
    shape
        .opening(choice.index())
        .ifPresent(
            chunk -> {
              addUsage(chunk);
              exchange.event(chunk);
            });
  }

  private void send(ChoicePart piece) {
    if (isPlain(piece)) {
      exchange.event(plain(piece), piece.text());
      return;
    }
    ObjectNode chunk = shape.chunk(piece, texts);
    addUsage(chunk);
    exchange.event(chunk);
  }

  private boolean isPlain(ChoicePart piece) {
    return !piece.text().isEmpty()
        && piece.calls().isEmpty()
        && piece.finish().isEmpty()
        && !options.logProbs()
        && !options.returnTokenIds()
        && !options.continuousUsage();
  }

  private TextChunk plain(ChoicePart piece) {
    return plainChunks.computeIfAbsent(
        piece.index(),
        index -> {
          ObjectNode chunk = shape.chunk(piece.withText(TextChunk.PLACE), texts);
          addUsage(chunk);
          return new TextChunk(chunk);
        });
  }

  private void addUsage(ObjectNode chunk) {
    if (options.continuousUsage()) {
      chunk.set("usage", shape.usage(usage()).get("usage"));
    } else if (options.includeUsage()) {
      chunk.putNull("usage");
    }
  }

  private void ended(Choice choice, @Nullable GenerationResult result, @Nullable Throwable fault) {
    left--;
    if (result == null) {
      observer.ended(figures(choice, "error"));
      fail(Faults.ofAnswer(fault));
    } else {
      if (!result.prompt().isEmpty() && result.generatedTokens() == 0) {
        scored(choice, result.prompt());
      }
      choice.end(result);
      observer.ended(figures(choice, choice.endReason()));
      if (result.finish() == FinishReason.CANCELLED) {
        fail(ApiException.unavailable("shutting_down", 1, "the server is shutting down"));
      } else if (options.stream() && !failed) {
        if (!choice.hasBegun()) {
          open(choice);
        }
        send(choice.lastPiece());
      }
    }
    if (left == 0) {
      observer.requestEnded(choices.stream().mapToInt(Choice::tokens).max().orElse(0));
      ticket.close();
      complete();
    }
  }

  private void fail(ApiException fault) {
    if (!failed) {
      failed = true;
      cancel();
      exchange.fail(fault);
    }
  }

  private void complete() {
    if (failed) {
      return;
    }
    if (!options.stream()) {
      exchange.json(
          200,
          shape.whole(
              choices.stream().map(Choice::whole).collect(ImmutableList.toImmutableList()),
              usage(),
              texts));
      return;
    }
    if (options.includeUsage()) {
      exchange.event(shape.usage(usage()));
    }
    exchange.done();
  }

  /** A prompt with several answers counts once. */
  private Usage usage() {
    long prompt = 0;
    long cached = 0;
    long completion = 0;
    for (Choice choice : choices) {
      if (choice.index() % options.n() == 0) {
        prompt += choice.promptTokens();
        cached += choice.cachedTokens();
      }
      completion += choice.tokens();
    }
    return new Usage(prompt, completion, cached);
  }

  private AnswerFigures figures(Choice choice, String reason) {
    long now = System.nanoTime();
    boolean begun = choice.hasBegun();
    long scheduled = choice.scheduledNanos() == 0 ? submittedNanos : choice.scheduledNanos();
    return new AnswerFigures(
        reason,
        choice.promptTokens(),
        choice.cachedTokens(),
        choice.tokens(),
        now - exchange.arrivedNanos(),
        choice.waitedNanos(),
        begun ? Math.max(0, choice.firstNanos() - scheduled) : -1,
        begun ? choice.lastNanos() - choice.firstNanos() : -1);
  }
}
