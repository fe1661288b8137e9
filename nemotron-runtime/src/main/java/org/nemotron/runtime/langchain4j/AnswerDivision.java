package org.nemotron.runtime.langchain4j;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.runtime.chat.AnswerPart;
import org.nemotron.runtime.chat.ToolCallParser;

/**
 * Divides an answer into text and calls of tools as it comes.
 *
 * @param parser finds the calls; without one all is text
 */
record AnswerDivision(Optional<ToolCallParser> parser) {
  ImmutableList<AnswerPart> push(String piece) {
    return parser
        .map(calls -> calls.push(piece))
        .orElseGet(() -> ImmutableList.of(new AnswerPart.Text(piece)));
  }

  ImmutableList<AnswerPart> finish() {
    return parser.map(ToolCallParser::finish).orElseGet(ImmutableList::of);
  }
}
