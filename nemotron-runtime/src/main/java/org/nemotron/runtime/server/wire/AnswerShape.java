package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.util.Optional;

/** How the answers of one endpoint look in JSON, as a whole and in chunks. Immutable. */
public interface AnswerShape {
  /** Returns the whole answer. */
  ObjectNode whole(ImmutableList<ChoicePart> choices, Usage usage, TokenTexts texts);

  /** Returns the chunk that begins an answer, where there is one. */
  Optional<ObjectNode> opening(int index);

  /** Returns the chunk of a piece; with a finish it is the last of its answer. */
  ObjectNode chunk(ChoicePart part, TokenTexts texts);

  /** Returns the chunk without choices that has the counts. */
  ObjectNode usage(Usage usage);
}
