package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.runtime.sampling.LogProbs;
import org.nemotron.runtime.sampling.TokenLogProb;

/** Takes the log-probability of each token of a text's end. */
final class ScoreJob implements Job {
  private final ImmutableIntArray tokens;
  private final ImmutableList.Builder<TokenLogProb> scores = ImmutableList.builder();
  private int next;
  private boolean greedy = true;
  private final CompletableFuture<ImmutableList<TokenLogProb>> result = new CompletableFuture<>();

  /**
   * Scores {@code tokens} from position {@code from} on.
   *
   * @param from at least 1
   */
  ScoreJob(ImmutableIntArray tokens, int from) {
    this.tokens = tokens;
    this.next = from - 1;
  }

  CompletableFuture<ImmutableList<TokenLogProb>> result() {
    return result;
  }

  /** Returns the sum over the scored tokens; waits for it. */
  Likelihood likelihood() {
    ImmutableList<TokenLogProb> all =
        GenerationFailedException.join(result, () -> result.cancel(false));
    return new Likelihood(all.stream().mapToDouble(TokenLogProb::logProb).sum(), greedy);
  }

  /** All tokens but the last, behind which nothing is asked. */
  @Override
  public ImmutableIntArray prompt() {
    return tokens.subArray(0, tokens.length() - 1);
  }

  @Override
  public int wantedFrom() {
    return next;
  }

  @Override
  public ImmutableIntArray generated() {
    return ImmutableIntArray.of();
  }

  @Override
  public int moreTokens() {
    return 0;
  }

  @Override
  public boolean accept(int position, float[] logits) {
    if (position == next) {
      int token = tokens.get(position + 1);
      scores.add(LogProbs.of(logits, token));
      greedy &= GreedyDecoder.likeliest(logits) == token;
      next++;
    }
    return position == tokens.length() - 2;
  }

  @Override
  public Optional<TokenSampling> choice() {
    return Optional.empty();
  }

  @Override
  public boolean accept(int token) {
    throw new IllegalStateException("a text that is scored chooses no token");
  }

  @Override
  public int nextToken() {
    throw new IllegalStateException("a text that is scored has no next token");
  }

  @Override
  public boolean isCancelled() {
    return result.isCancelled();
  }

  @Override
  public void begin(int sharedTokens) {}

  @Override
  public void end() {
    result.complete(scores.build());
  }

  @Override
  public void cancelled() {
    result.cancel(false);
  }

  @Override
  public void failed(Throwable reason) {
    result.completeExceptionally(reason);
  }
}
