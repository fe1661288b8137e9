package org.nemotron.runtime.sampling;

/**
 * A token and the natural logarithm of its probability under the model. Immutable.
 *
 * @param token the token's id
 * @param logProb at most 0; the model's own, before any penalty, temperature or filter
 */
public record TokenLogProb(int token, double logProb) {}
