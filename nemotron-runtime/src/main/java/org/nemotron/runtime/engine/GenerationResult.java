package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import org.nemotron.runtime.sampling.Sampled;

/**
 * A finished generation. Immutable.
 *
 * @param text the answer, without the stop string that ended it unless the request includes it
 * @param tokens its tokens, without the end token or stop token unless the request includes that;
 *     those of a stop string are among them
 * @param sampled the same with log-probabilities, where they were asked for; else empty
 * @param prompt the tokens of the prompt with their log-probabilities, where they were asked for:
 *     the first has none, since nothing precedes it; else empty
 * @param finish the reason of its end
 * @param stop which text or token ended it
 * @param generatedTokens how many tokens were sampled, one that ended it among them
 * @param seed what its random generator began with: given to {@code SamplingParams}, it draws the
 *     same answer; 0 where the likeliest tokens were chosen
 * @param promptTokens how many tokens the prompt had
 * @param sharedTokens how many of them were in the KV cache already, from an earlier prompt with
 *     the same beginning
 * @param timeToFirstToken from submission to the first token; zero where there was none
 * @param duration from submission to the end
 */
public record GenerationResult(
    String text,
    ImmutableIntArray tokens,
    ImmutableList<Sampled> sampled,
    ImmutableList<Sampled> prompt,
    FinishReason finish,
    Stop stop,
    int generatedTokens,
    long seed,
    int promptTokens,
    int sharedTokens,
    Duration timeToFirstToken,
    Duration duration) {}
