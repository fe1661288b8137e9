package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.runtime.chat.AnswerPart;
import org.nemotron.runtime.engine.Stop;
import org.nemotron.runtime.sampling.Sampled;

/**
 * A piece of an answer, or the whole of it. Immutable.
 *
 * @param index of the answer
 * @param text the text
 * @param calls the parts of calls of tools that the piece has besides
 * @param offset where the text of the first token begins in the answer, in characters
 * @param tokens the tokens whose text it is
 * @param scored the tokens of the prompt with their log-probabilities, where the request asks for
 *     them beside the answer; else empty
 * @param prompt the tokens of the prompt
 * @param finish why the answer ended; empty while it goes on
 * @param stop which stop string or stop token of the request ended it
 */
public record ChoicePart(
    int index,
    String text,
    ImmutableList<AnswerPart> calls,
    int offset,
    ImmutableList<Sampled> tokens,
    ImmutableList<Sampled> scored,
    ImmutableIntArray prompt,
    String finish,
    Stop stop) {

  /** Returns this piece with another text. */
  public ChoicePart withText(String other) {
    return new ChoicePart(index, other, calls, offset, tokens, scored, prompt, finish, stop);
  }
}
