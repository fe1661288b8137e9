package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.runtime.chat.AnswerPart;
import org.nemotron.runtime.chat.ToolCallParser;
import org.nemotron.runtime.chat.ToolConvention;
import org.nemotron.runtime.server.wire.ToolUse;

/** Divides one answer into its text and calls of tools, as it comes. Used on the event loop. */
final class CallDivider {
  private final Optional<ToolCallParser> parser;
  private final int mostCalls;
  private int calls = 0;

  /** Makes a divider; without a convention all is text. */
  CallDivider(Optional<ToolConvention> convention, ToolUse tools) {
    this.parser = convention.map(known -> known.parser(tools.json()));
    this.mostCalls = tools.several() ? Integer.MAX_VALUE : 1;
  }

  /**
   * What has become certain. Immutable.
   *
   * @param calls parts of calls, in their order
   */
  record Divided(String text, ImmutableList<AnswerPart> calls) {
    boolean isEmpty() {
      return text.isEmpty() && calls.isEmpty();
    }
  }

  /** Returns what a piece of the answer makes certain. */
  Divided push(String piece) {
    return parser
        .map(known -> divided(known.push(piece)))
        .orElseGet(() -> new Divided(piece, ImmutableList.of()));
  }

  /** Returns what the last piece of the answer makes certain: all that is left. */
  Divided finish(String piece) {
    return parser
        .map(
            known ->
                divided(
                    ImmutableList.<AnswerPart>builder()
                        .addAll(known.push(piece))
                        .addAll(known.finish())
                        .build()))
        .orElseGet(() -> new Divided(piece, ImmutableList.of()));
  }

  /** Calls beyond those that the request allows are left out. */
  private Divided divided(ImmutableList<AnswerPart> parts) {
    StringBuilder text = new StringBuilder();
    ImmutableList.Builder<AnswerPart> kept = ImmutableList.builder();
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.Text plain) {
        text.append(plain.text());
      } else if (part instanceof AnswerPart.CallBegin begin && begin.index() < mostCalls) {
        calls++;
        kept.add(part);
      } else if (part instanceof AnswerPart.CallArguments more && more.index() < mostCalls) {
        kept.add(part);
      }
    }
    return new Divided(text.toString(), kept.build());
  }

  /** Returns whether the answer has calls. */
  boolean hasCalls() {
    return calls > 0;
  }
}
