package org.nemotron.core.eval.task;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;
import java.util.Arrays;

/** What a task asks of a model. */
enum Asks {
  /** Which of several continuations is the likeliest. */
  CHOICES,
  /** After which of several contexts a continuation is the likeliest. */
  CONTEXTS,
  /** How likely a continuation is, and whether greedy decoding would write it. */
  TARGET,
  /** What it writes after a prompt. */
  GENERATION,
  /** How likely a document is. */
  DOCUMENT;

  static Asks parse(JsonFields json) {
    String name = json.text("asks");
    for (Asks asks : values()) {
      if (asks.key().equals(name)) {
        return asks;
      }
    }
    ImmutableList<String> keys =
        Arrays.stream(values()).map(Asks::key).collect(ImmutableList.toImmutableList());
    throw json.fault("asks (" + name + ") must be one of " + String.join(", ", keys));
  }

  private String key() {
    return Ascii.toLowerCase(name());
  }
}
