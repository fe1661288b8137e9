package org.nemotron.runtime.chat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.UUID;

/**
 * Divides the model's turn into text and calls of tools, as it comes. Text that may begin a call is
 * held back until that is certain; what turns out to be none is text, unchanged. The parts do not
 * depend on where the turn is cut into pieces, but for how texts and arguments are divided. Not
 * safe for use by several threads.
 */
public final class ToolCallParser {
  private static final String END_MARK = "</tool_call>";

  /** What is being read. */
  private enum Place {
    TEXT,
    CALL,
    BEHIND_CALL
  }

  private final ToolConvention convention;
  private final ImmutableSet<String> tools;
  private ImmutableList.Builder<AnswerPart> parts = ImmutableList.builder();
  private final StringBuilder text = new StringBuilder();

  /** What was read since it was last certain what it is. */
  private final StringBuilder pending = new StringBuilder();

  private Place place = Place.TEXT;
  private CallScanner scanner = new CallScanner();
  private boolean begun;
  private boolean plain;
  private boolean argued;
  private int calls = 0;

  ToolCallParser(ToolConvention convention, ImmutableSet<String> tools) {
    this.convention = convention;
    this.tools = tools;
  }

  /** Returns the parts that {@code piece} makes certain. */
  public ImmutableList<AnswerPart> push(String piece) {
    for (int i = 0; i < piece.length(); i++) {
      read(piece.charAt(i));
    }
    addArguments();
    return taken();
  }

  /** Returns the parts that are certain when nothing follows. */
  public ImmutableList<AnswerPart> finish() {
    addArguments();
    if (!begun) {
      text.append(pending);
    }
    pending.setLength(0);
    return taken();
  }

  /** Returns how many calls have begun. */
  public int calls() {
    return calls;
  }

  private ImmutableList<AnswerPart> taken() {
    addText();
    ImmutableList<AnswerPart> made = parts.build();
    parts = ImmutableList.builder();
    return made;
  }

  private void addText() {
    if (!text.isEmpty()) {
      parts.add(new AnswerPart.Text(text.toString()));
      text.setLength(0);
    }
  }

  private void read(char next) {
    switch (place) {
      case TEXT -> readText(next);
      case CALL -> readCall(next);
      case BEHIND_CALL -> readBehind(next);
    }
  }

  private void readText(char next) {
    if (plain) {
      text.append(next);
      return;
    }
    pending.append(next);
    if (convention == ToolConvention.LLAMA) {
      readLlamaText();
      return;
    }
    while (!pending.isEmpty() && !convention.mark().startsWith(pending.toString())) {
      text.append(pending.charAt(0));
      pending.deleteCharAt(0);
    }
    if (pending.toString().equals(convention.mark())) {
      beginScan();
    }
  }

  /** A call stands at the beginning of the turn, or behind another. */
  private void readLlamaText() {
    String held = pending.toString().stripLeading();
    if (held.startsWith(convention.mark())) {
      held = held.substring(convention.mark().length()).stripLeading();
    }
    if (held.equals("{")) {
      beginScan();
      scanner.read('{');
    } else if (!convention.mark().startsWith(held)) {
      becomePlain();
    }
  }

  private void becomePlain() {
    plain = true;
    place = Place.TEXT;
    text.append(pending);
    pending.setLength(0);
  }

  private void beginScan() {
    place = Place.CALL;
    scanner = new CallScanner();
    begun = false;
    argued = false;
  }

  private void readCall(char next) {
    pending.append(next);
    scanner.read(next);
    if (!begun && !scanner.name().isEmpty() && tools.contains(scanner.name())) {
      begin();
    }
    boolean strange = !scanner.name().isEmpty() && !begun;
    if (scanner.isWhole() && begun) {
      endCall();
    } else if (scanner.hasFailed() || scanner.isWhole() || strange) {
      failCall();
    }
  }

  private void begin() {
    begun = true;
    pending.setLength(0);
    addText();
    String id = "call_" + UUID.randomUUID().toString().replace("-", "").substring(0, 24);
    parts.add(new AnswerPart.CallBegin(calls++, id, scanner.name()));
  }

  private void endCall() {
    addArguments();
    if (!argued) {
      parts.add(new AnswerPart.CallArguments(calls - 1, "{}"));
    }
    begun = false;
    pending.setLength(0);
    place = Place.BEHIND_CALL;
  }

  /** Nothing of a call that has begun is taken back: what follows it is text. */
  private void failCall() {
    addArguments();
    if (begun) {
      pending.setLength(0);
    }
    begun = false;
    if (convention == ToolConvention.LLAMA) {
      becomePlain();
    } else {
      text.append(pending);
      pending.setLength(0);
      place = Place.TEXT;
    }
  }

  private void addArguments() {
    if (begun) {
      String piece = scanner.takeArguments();
      if (!piece.isEmpty()) {
        argued = true;
        parts.add(new AnswerPart.CallArguments(calls - 1, piece));
      }
    }
  }

  /** White space and what separates calls is left out. */
  private void readBehind(char next) {
    pending.append(next);
    String held = pending.toString().strip();
    if (convention == ToolConvention.HERMES) {
      if (held.equals(END_MARK)) {
        pending.setLength(0);
      } else if (held.equals(convention.mark())) {
        beginScan();
      } else if (!END_MARK.startsWith(held) && !convention.mark().startsWith(held)) {
        place = Place.TEXT;
        text.append(pending);
        pending.setLength(0);
      }
    } else if (held.startsWith(";")) {
      pending.setLength(0);
    } else if (!held.isEmpty()) {
      place = Place.TEXT;
      readLlamaText();
    }
  }
}
