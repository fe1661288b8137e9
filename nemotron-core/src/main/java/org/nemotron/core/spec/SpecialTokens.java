package org.nemotron.core.spec;

import com.google.common.collect.ImmutableList;

/**
 * Token ids with a meaning of their own. Immutable; a list is empty where the model names none.
 *
 * @param beginOfText the token put before a document
 * @param endOfText the tokens that end a generation; the first is put after a document
 * @param padding the token that fills unused places
 */
public record SpecialTokens(
    ImmutableList<Integer> beginOfText,
    ImmutableList<Integer> endOfText,
    ImmutableList<Integer> padding) {}
