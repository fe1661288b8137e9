package org.nemotron.core.eval.task;

/**
 * A continuation to be scored behind a context, as text.
 *
 * @param context may be empty
 * @param continuation what is scored
 */
public record TextPair(String context, String continuation) {}
