package org.nemotron.runtime.metrics;

/**
 * An engine at one moment. Immutable.
 *
 * @param tokensPerSecond generated tokens per second, over the last ten seconds
 * @param generatedTokens generated tokens since the engine was made
 * @param promptTokens tokens of prompts that were computed, shared ones not counted
 * @param timeToFirstToken from a request's arrival to its first token
 * @param timePerOutputToken from one token of a request to its next
 * @param cache the KV cache
 * @param queued requests that wait to be let in
 * @param running requests that are generating
 * @param served requests that ended well
 * @param failed requests that ended in an error
 * @param cancelled requests that their callers gave up
 */
public record EngineMetrics(
    double tokensPerSecond,
    long generatedTokens,
    long promptTokens,
    Latency timeToFirstToken,
    Latency timePerOutputToken,
    CacheUse cache,
    int queued,
    int running,
    long served,
    long failed,
    long cancelled) {}
