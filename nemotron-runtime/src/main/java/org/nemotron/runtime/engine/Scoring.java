package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.sampling.TokenLogProb;

/** Log-probabilities of given texts, by an engine. Safe for use by several threads. */
final class Scoring {
  private final Tokenizer tokenizer;
  private final Engine engine;

  Scoring(Tokenizer tokenizer, Engine engine) {
    this.tokenizer = tokenizer;
    this.engine = engine;
  }

  ImmutableList<TokenLogProb> score(String prompt, String continuation) {
    engine.checkOpen();
    ImmutableIntArray tokens = tokenizer.encodeWhole(prompt + continuation);
    ImmutableIntArray before = tokenizer.encodeWhole(prompt);
    int from = 0;
    while (from < Math.min(before.length(), tokens.length())
        && before.get(from) == tokens.get(from)) {
      from++;
    }
    return score(tokens, from);
  }

  ImmutableList<TokenLogProb> score(ImmutableIntArray tokens, int from) {
    checkArgument(
        from > 0 && from < tokens.length(),
        "scored tokens must begin (%s) behind the first and before the end of %s",
        from,
        tokens.length());
    checkFits(tokens);
    engine.checkMayWait();
    ScoreJob job = new ScoreJob(tokens, from);
    engine.submit(job);
    return GenerationFailedException.join(job.result(), () -> job.result().cancel(false));
  }

  private void checkFits(ImmutableIntArray scored) {
    try {
      engine.checkFits(scored.length() - 1, 0);
    } catch (IllegalArgumentException e) {
      throw new RequestRefusedException(e);
    }
  }
}
