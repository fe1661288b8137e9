package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.util.Map;
import java.util.TreeMap;
import org.nemotron.runtime.chat.AnswerPart;

/** Calls of tools as the API writes them. A message without calls has no list of them. */
final class ToolCallShape {
  private static final String ARGUMENTS = "arguments";

  private ToolCallShape() {}

  /** Adds whole calls to a message. */
  static void addWhole(ObjectNode message, ImmutableList<AnswerPart> parts) {
    Map<Integer, ObjectNode> calls = calls(parts);
    if (!calls.isEmpty()) {
      ArrayNode list = message.putArray("tool_calls");
      calls.values().forEach(list::add);
    }
  }

  /** Adds parts of calls to a delta; id, type and name come with the first of a call. */
  static void addDeltas(ObjectNode delta, ImmutableList<AnswerPart> parts) {
    Map<Integer, ObjectNode> calls = calls(parts);
    if (!calls.isEmpty()) {
      ArrayNode list = delta.putArray("tool_calls");
      calls.forEach((index, call) -> list.addObject().put("index", index).setAll(call));
    }
  }

  private static Map<Integer, ObjectNode> calls(ImmutableList<AnswerPart> parts) {
    Map<Integer, ObjectNode> calls = new TreeMap<>();
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.CallBegin begin) {
        ObjectNode call = call(calls, begin.index());
        call.put("id", begin.id()).put("type", ToolFields.FUNCTION);
        call.putObject(ToolFields.FUNCTION).put("name", begin.name()).put(ARGUMENTS, "");
      } else if (part instanceof AnswerPart.CallArguments arguments) {
        ObjectNode function = call(calls, arguments.index()).withObject(ToolFields.FUNCTION);
        function.put(ARGUMENTS, function.path(ARGUMENTS).asText() + arguments.json());
      }
    }
    return calls;
  }

  private static ObjectNode call(Map<Integer, ObjectNode> calls, int index) {
    return calls.computeIfAbsent(index, key -> JsonNodeFactory.instance.objectNode());
  }
}
