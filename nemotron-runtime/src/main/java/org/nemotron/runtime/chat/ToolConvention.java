package org.nemotron.runtime.chat;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Optional;
import java.util.Set;
import org.nemotron.runtime.grammar.AnswerFormat;

/** How a model writes that it calls a tool. */
public enum ToolConvention {
  /**
   * Llama 3.1 and later: the turn is {@code {"name": …, "parameters": {…}}} and nothing else,
   * behind {@code <|python_tag|>} or not; more calls follow behind a semicolon or a line end.
   */
  LLAMA("<|python_tag|>", "", "parameters", ""),

  /**
   * Hermes, Qwen 2.5 and Qwen 3: {@code <tool_call>}, {@code {"name": …, "arguments": {…}}}, {@code
   * </tool_call>}, any number of times, among text.
   */
  HERMES("<tool_call>", "<tool_call>\n", "arguments", "\n</tool_call>");

  private static final String ANY_OBJECT = "{\"type\": \"object\"}";

  private final String mark;
  private final String before;
  private final String arguments;
  private final String after;

  ToolConvention(String mark, String before, String arguments, String after) {
    this.mark = mark;
    this.before = before;
    this.arguments = arguments;
    this.after = after;
  }

  /** Returns the convention that a chat template teaches; empty where it is none of these. */
  static Optional<ToolConvention> of(String template) {
    if (template.contains("<tool_call>")) {
      return Optional.of(HERMES);
    }
    return template.contains(LLAMA.mark) || template.contains("{\"name\": function name")
        ? Optional.of(LLAMA)
        : Optional.empty();
  }

  /** Returns the text that a call begins with, where it has one. */
  String mark() {
    return mark;
  }

  /**
   * Returns the form of a turn that is one call of one of some tools, its arguments valid under the
   * tool's schema: what a required call is constrained by.
   *
   * @param tools a JSON array, as {@link ChatOptions.Builder#tools} takes it
   * @param names the tools that may be called; empty for all
   * @throws IllegalArgumentException if it is malformed, or has none of these names
   */
  public AnswerFormat callOf(String tools, Set<String> names) {
    ImmutableMap<String, String> schemas = schemas(tools);
    for (String name : names) {
      checkArgument(schemas.containsKey(name), "no tool has the name %s", name);
    }
    ImmutableList.Builder<AnswerFormat> calls = ImmutableList.builder();
    schemas.forEach(
        (name, schema) -> {
          if (names.isEmpty() || names.contains(name)) {
            calls.add(call(name, schema));
          }
        });
    return AnswerFormat.anyOf(calls.build());
  }

  private AnswerFormat call(String name, String schema) {
    return AnswerFormat.framed(
        before + "{\"name\": " + TextNode.valueOf(name) + ", \"" + arguments + "\": ",
        AnswerFormat.jsonSchema(schema),
        "}" + after);
  }

  /**
   * Returns a parser of one turn.
   *
   * @param tools a JSON array, as {@link ChatOptions.Builder#tools} takes it: only calls of these
   *     are calls, all else is text
   * @throws IllegalArgumentException if it is malformed
   */
  public ToolCallParser parser(String tools) {
    return new ToolCallParser(this, ImmutableSet.copyOf(schemas(tools).keySet()));
  }

  /** Returns the schema of the parameters of each tool, by name. */
  private static ImmutableMap<String, String> schemas(String tools) {
    JsonNode parsed = ChatJson.parse(tools, "tools");
    checkArgument(parsed.isArray() && !parsed.isEmpty(), "tools must be a JSON array of some");
    ImmutableMap.Builder<String, String> schemas = ImmutableMap.builder();
    for (JsonNode tool : parsed) {
      JsonNode function = tool.has("function") ? tool.path("function") : tool;
      JsonNode name = function.path("name");
      checkArgument(name.isTextual(), "a tool must have a name that is a string: %s", tool);
      JsonNode parameters = function.path("parameters");
      schemas.put(name.asText(), parameters.isObject() ? parameters.toString() : ANY_OBJECT);
    }
    return schemas.buildKeepingLast();
  }
}
