package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.runtime.engine.Stop;
import org.nemotron.runtime.sampling.Sampled;

/**
 * A piece of an answer, or the whole of it. Immutable.
 *
 * @param index of the answer
 * @param text the text
 * @param offset where the text of the first token begins in the answer, in characters
 * @param tokens the tokens whose text it is
 * @param prompt the tokens of the prompt
 * @param finish why the answer ended; empty while it goes on
 * @param stop which stop string or stop token of the request ended it
 */
public record ChoicePart(
    int index,
    String text,
    int offset,
    ImmutableList<Sampled> tokens,
    ImmutableIntArray prompt,
    String finish,
    Stop stop) {}
