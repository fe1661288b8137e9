package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.metrics.MetricsRecorder;
import org.nemotron.runtime.sampling.AnswerLimits;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.sampling.TokenSampler;
import org.nemotron.runtime.text.EndTokens;
import org.nemotron.runtime.text.StopStrings;
import org.nemotron.runtime.text.TextStream;

/** Chooses the tokens of one generation, and makes them text. */
final class GenerationJob implements Job {
  private final ImmutableIntArray prompt;
  private final int maxNewTokens;
  private final boolean keepsSampled;
  private final Optional<PromptScores> scores;
  private final EndTokens endTokens;
  private final ImmutableSet<Integer> stopTokens;
  private final boolean includesStop;
  private final int minNewTokens;
  private final String cacheSalt;
  private final TokenSampler sampler;
  private final TextStream text;
  private final StopStrings stops;
  private final MetricsRecorder metrics;
  private final Generation generation;
  private final RequestEvents events;
  private final long seed;
  private final long maxNanos;
  private final long submittedNanos = System.nanoTime();
  private final StringBuilder answer = new StringBuilder();
  private final ImmutableIntArray.Builder tokens = ImmutableIntArray.builder();
  private final ImmutableList.Builder<Sampled> sampled = ImmutableList.builder();
  private @Nullable GenerationJob before;
  private volatile boolean pastPrompt;
  private int count;
  private int sharedTokens;
  private int lastToken;
  private long firstTokenNanos;
  private long lastTokenNanos;
  private FinishReason finish = FinishReason.LENGTH;
  private Stop stop = Stop.NONE;

  GenerationJob(
      ImmutableIntArray prompt,
      int maxNewTokens,
      GenerationRequest request,
      int vocabularySize,
      Tokenizer tokenizer,
      EndTokens endTokens,
      MetricsRecorder metrics,
      Generation generation,
      RequestListener listener) {
    SamplingParams settings = request.sampling().seeded();
    this.prompt = prompt;
    this.maxNewTokens = maxNewTokens;
    this.keepsSampled = settings.logProbs();
    this.scores = PromptScores.of(prompt, request);
    this.seed = settings.seed();
    this.maxNanos = request.maxTime().toNanos();
    this.endTokens = endTokens;
    this.stopTokens = request.stopTokens();
    this.includesStop = request.includeStop();
    this.minNewTokens = request.minNewTokens();
    this.cacheSalt = request.cacheSalt();
    this.sampler =
        new TokenSampler(settings, vocabularySize, prompt, limits(), request.constraint());
    this.text =
        request.specialTokens()
            ? TextStream.withSpecialTokens(tokenizer)
            : TextStream.of(tokenizer);
    this.stops = new StopStrings(request.stopStrings());
    this.metrics = metrics;
    this.generation = generation;
    this.events = new RequestEvents(listener, submittedNanos, prompt.length());
  }

  private AnswerLimits limits() {
    return new AnswerLimits(Sets.union(endTokens.ids(), stopTokens).immutableCopy(), minNewTokens);
  }

  /** Lets this request wait until {@code other}, in the queue before it, has read its prompt. */
  void beginBehind(GenerationJob other) {
    before = other;
  }

  @Override
  public boolean mayBegin() {
    return before == null || before.pastPrompt;
  }

  @Override
  public ImmutableIntArray prompt() {
    return prompt;
  }

  @Override
  public String cacheSalt() {
    return cacheSalt;
  }

  @Override
  public int wantedFrom() {
    return scores.map(PromptScores::next).orElse(prompt.length() - 1);
  }

  @Override
  public ImmutableIntArray generated() {
    return tokens.build();
  }

  @Override
  public int moreTokens() {
    return Math.max(0, maxNewTokens - 1);
  }

  @Override
  public boolean accept(int position, float[] logits) {
    if (position < prompt.length() - 1) {
      scores.ifPresent(wanted -> wanted.add(position, logits));
      return false;
    }
    if (maxNewTokens == 0) {
      metrics.promptTokens(prompt.length() - sharedTokens);
      return true;
    }
    return take(sampler.next(logits));
  }

  @Override
  public Optional<TokenSampling> choice() {
    return maxNewTokens == 0 ? Optional.empty() : sampler.choice();
  }

  @Override
  public boolean accept(int token) {
    return take(TokenSampler.chosen(token));
  }

  private boolean take(Sampled chosen) {
    if (!pastPrompt) {
      scores.ifPresent(read -> generation.addPrompt(read.result()));
    }
    pastPrompt = true;
    noteTime();
    if (endTokens.contains(chosen.token())) {
      return endsAt(chosen.token(), FinishReason.END_TOKEN);
    }
    if (stopTokens.contains(chosen.token())) {
      if (includesStop) {
        append(chosen);
      }
      return endsAt(chosen.token(), FinishReason.STOP_TOKEN);
    }
    append(chosen);
    if (stops.found().isPresent()) {
      finish = FinishReason.STOP_STRING;
      stop = new Stop.Text(stops.found().orElseThrow());
      return true;
    }
    if (sampler.isComplete()) {
      finish = FinishReason.COMPLETE;
      return true;
    }
    if (count < maxNewTokens && lastTokenNanos - deadlineNanos() >= 0) {
      timeOver();
      return true;
    }
    return count == maxNewTokens;
  }

  private boolean endsAt(int token, FinishReason reason) {
    finish = reason;
    stop = new Stop.Token(token);
    return true;
  }

  /** Adds a token to the answer, and its text as far as that is certain. */
  private void append(Sampled chosen) {
    lastToken = chosen.token();
    tokens.add(lastToken);
    if (keepsSampled) {
      sampled.add(chosen);
    }
    String piece = text.push(lastToken);
    if (count >= minNewTokens) {
      piece = stops.push(piece);
      if (includesStop) {
        piece += stops.found().orElse("");
      }
    }
    answer.append(piece);
    generation.add(new GeneratedToken(chosen, piece));
  }

  private void noteTime() {
    long now = System.nanoTime();
    if (count == 0) {
      firstTokenNanos = now;
      metrics.promptTokens(prompt.length() - sharedTokens);
      metrics.firstToken(now - submittedNanos);
    } else {
      metrics.nextToken(now - lastTokenNanos);
    }
    lastTokenNanos = now;
    count++;
    events.token(now, count);
  }

  @Override
  public int nextToken() {
    return lastToken;
  }

  @Override
  public boolean isCancelled() {
    return generation.isCancelled();
  }

  @Override
  public long deadlineNanos() {
    return submittedNanos + maxNanos;
  }

  @Override
  public void timeOver() {
    finish = FinishReason.TIME;
  }

  @Override
  public void begin(int shared) {
    sharedTokens = shared;
    events.scheduled(shared);
  }

  @Override
  public void end() {
    pastPrompt = true;
    if (stops.found().isEmpty()) {
      String rest = stops.push(text.finish()) + stops.finish();
      answer.append(rest);
      generation.addRest(rest);
    }
    events.ended(finish);
    generation.end(result());
  }

  @Override
  public void cancelled() {
    finish = FinishReason.CANCELLED;
    end();
  }

  @Override
  public void failed(Throwable reason) {
    pastPrompt = true;
    events.failed(reason);
    generation.fail(reason);
  }

  private GenerationResult result() {
    return new GenerationResult(
        answer.toString(),
        tokens.build(),
        sampled.build(),
        scores.map(PromptScores::result).orElse(ImmutableList.of()),
        finish,
        stop,
        count,
        seed,
        prompt.length(),
        sharedTokens,
        Duration.ofNanos(count == 0 ? 0 : firstTokenNanos - submittedNanos),
        Duration.ofNanos(System.nanoTime() - submittedNanos));
  }
}
