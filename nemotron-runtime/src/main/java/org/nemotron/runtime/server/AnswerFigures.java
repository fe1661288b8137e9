package org.nemotron.runtime.server;

/**
 * What was measured of an answer. Immutable.
 *
 * @param reason why it ended: stop, length, abort or error
 * @param promptTokens of its prompt
 * @param cachedTokens how many of them were in the KV cache
 * @param tokens of the answer
 * @param totalNanos from the arrival of the request to the end
 * @param queueNanos from the submission until it was first computed; less than 0 if it never was
 * @param prefillNanos from then to the first token
 * @param decodeNanos from the first token to the last
 */
record AnswerFigures(
    String reason,
    int promptTokens,
    int cachedTokens,
    int tokens,
    long totalNanos,
    long queueNanos,
    long prefillNanos,
    long decodeNanos) {}
