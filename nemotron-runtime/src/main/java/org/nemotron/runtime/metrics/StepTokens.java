package org.nemotron.runtime.metrics;

import com.google.common.primitives.ImmutableLongArray;

/**
 * How many tokens the steps of an engine read: of prompts, and one for each answer that goes on.
 * Immutable.
 *
 * @param steps how many steps read at most 2^i tokens and more than 2^(i-1), by i; the last element
 *     is not 0
 * @param tokens of all steps together
 */
public record StepTokens(ImmutableLongArray steps, long tokens) {}
