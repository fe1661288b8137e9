package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableSet;

/**
 * The tools that a request offers, and whether one must be called. Immutable.
 *
 * @param json the tools as a JSON array, as chat templates take them; empty for none
 * @param required whether the answer must be a call
 * @param names which tools it may call then; empty for all
 * @param several whether an answer may have more than one call
 */
public record ToolUse(String json, boolean required, ImmutableSet<String> names, boolean several) {
  /** No tools. */
  public static final ToolUse NONE = new ToolUse("", false, ImmutableSet.of(), true);

  /** Returns whether there are tools. */
  public boolean isOn() {
    return !json.isEmpty();
  }
}
