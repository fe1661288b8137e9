package org.nemotron.core.eval;

/**
 * The log-likelihood of a continuation.
 *
 * @param logProbability the sum over the continuation's tokens, in nats
 * @param greedy whether every token of the continuation is the model's first choice
 */
public record Likelihood(double logProbability, boolean greedy) {}
