package org.nemotron.runtime.engine;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nemotron.core.inference.TokenSampling;

/** Wants {@code newTokens} tokens behind a prompt; notes what it is given. */
final class FakeJob implements Job {
  private final ImmutableIntArray prompt;
  private final int newTokens;
  private final boolean samples;
  final List<Integer> taken = new ArrayList<>();
  int shared = -1;
  boolean cancelled;
  Optional<RuntimeException> failure = Optional.empty();

  FakeJob(int first, int promptTokens, int newTokens, boolean samples) {
    this.prompt = ImmutableIntArray.copyOf(IntStream.range(first, first + promptTokens));
    this.newTokens = newTokens;
    this.samples = samples;
  }

  @Override
  public ImmutableIntArray prompt() {
    return prompt;
  }

  @Override
  public ImmutableIntArray generated() {
    return ImmutableIntArray.copyOf(taken);
  }

  @Override
  public int wantedFrom() {
    return prompt.length() - 1;
  }

  @Override
  public int moreTokens() {
    return newTokens - 1;
  }

  @Override
  public boolean accept(int position, float[] logits) {
    return accept((int) logits[0]);
  }

  @Override
  public Optional<TokenSampling> choice() {
    return samples ? Optional.of(TokenSampling.LIKELIEST) : Optional.empty();
  }

  @Override
  public boolean accept(int token) {
    failure.ifPresent(
        reason -> {
          throw reason;
        });
    taken.add(token);
    return taken.size() == newTokens;
  }

  @Override
  public int nextToken() {
    return taken.get(taken.size() - 1);
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public void begin(int sharedTokens) {
    shared = sharedTokens;
  }

  @Override
  public void end() {}

  @Override
  public void cancelled() {}

  @Override
  public void failed(Throwable reason) {}
}
