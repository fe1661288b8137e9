package org.nemotron.runtime.engine;

/**
 * What the steps of an engine may hold. Immutable.
 *
 * @param maxBatch how many requests run at the same time
 * @param prefillTokens how many tokens of prompts a step reads at most
 * @param samples whether the model samples tokens
 * @param replays whether tokens of an answer that are read again are read one by one, as they were
 *     at first, and not as more of the prompt
 */
record StepRules(int maxBatch, int prefillTokens, boolean samples, boolean replays) {}
