package org.nemotron.runtime.metrics;

/**
 * Load, latencies and counts of an engine at one moment. Immutable.
 *
 * @param tokensPerSecond generated tokens per second, over the last ten seconds
 * @param generatedTokens generated tokens since the engine was made
 * @param promptTokens tokens of prompts that were computed, shared ones not counted
 * @param timeToFirstToken from a request's arrival to its first token
 * @param timePerOutputToken from one token of a request to its next
 * @param stepTokens how many tokens each step read
 * @param cache the KV cache
 * @param queued requests waiting for admission
 * @param running requests admitted and not ended: reading their prompt, or generating
 * @param served requests that ended with a complete answer
 * @param failed requests that ended in an error
 * @param cancelled requests cancelled by their caller or by close
 * @param preemptions how often a running request gave its KV cache back to older ones, to be
 *     computed again later
 */
public record EngineMetrics(
    double tokensPerSecond,
    long generatedTokens,
    long promptTokens,
    Latency timeToFirstToken,
    Latency timePerOutputToken,
    StepTokens stepTokens,
    CacheUse cache,
    int queued,
    int running,
    long served,
    long failed,
    long cancelled,
    long preemptions) {}
