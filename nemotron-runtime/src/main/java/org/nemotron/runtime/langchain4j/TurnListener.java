package org.nemotron.runtime.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;

/** Is told what a turn has anew. */
interface TurnListener {
  /** Does nothing. */
  TurnListener NONE = new TurnListener() {};

  default void onText(String piece) {}

  default void onArguments(int index, String id, String name, String piece) {}

  default void onCall(int index, ToolExecutionRequest call) {}
}
