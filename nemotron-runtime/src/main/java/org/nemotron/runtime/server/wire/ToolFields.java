package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads which tools the model may call, and whether it must. */
final class ToolFields {
  static final String FUNCTION = "function";
  private static final String TOOLS = "tools";
  private static final String CHOICE = "tool_choice";
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");
  private static final int MOST_TOOLS = 128;

  private final Fields fields;

  ToolFields(Fields fields) {
    this.fields = fields;
  }

  ToolUse read() {
    boolean several = fields.flag("parallel_tool_calls", true);
    ImmutableSet<String> names = names();
    Optional<JsonNode> choice = fields.get(CHOICE);
    String word = choice.filter(JsonNode::isTextual).map(JsonNode::textValue).orElse("");
    boolean harmless = word.equals("none") || word.equals("auto");
    if (names.isEmpty() && choice.isPresent() && !harmless) {
      throw fields.invalid(CHOICE, "needs tools");
    }
    boolean required = choice.isPresent() && !harmless;
    ImmutableSet<String> named =
        required && !word.equals("required") ? ImmutableSet.of(named(names)) : ImmutableSet.of();
    if (!required) {
      refuseStrict();
    }
    return names.isEmpty() || word.equals("none")
        ? ToolUse.NONE
        : new ToolUse(fields.json().get(TOOLS).toString(), required, named, several);
  }

  private ImmutableSet<String> names() {
    Set<String> names = new HashSet<>();
    for (Fields tool : fields.objects(TOOLS)) {
      String type = tool.string("type").orElseThrow(() -> tool.invalid("type", "is missing"));
      if (!type.equals(FUNCTION)) {
        throw tool.unsupported("type", "(" + type + ") is not supported: only function is");
      }
      tool.checkTexts();
      Fields function = function(tool);
      String name = name(function);
      if (!names.add(name)) {
        throw function.invalid("name", "(" + name + ") must be of one tool only");
      }
      Optional<Fields> unused = function.object("parameters");
    }
    if (names.size() > MOST_TOOLS) {
      throw fields.invalid(TOOLS, "must be at most " + MOST_TOOLS);
    }
    return ImmutableSet.copyOf(names);
  }

  private static Fields function(Fields of) {
    return of.object(FUNCTION).orElseThrow(() -> of.invalid(FUNCTION, "is missing"));
  }

  private static String name(Fields function) {
    String name = function.string("name").orElseThrow(() -> function.invalid("name", "is missing"));
    if (!NAME.matcher(name).matches()) {
      throw function.invalid("name", "must be 1 to 64 letters, digits, _, . and -");
    }
    return name;
  }

  private String named(ImmutableSet<String> names) {
    if (fields.json().get(CHOICE).isTextual()) {
      throw fields.invalid(CHOICE, "must be none, auto, required, or an object that names a tool");
    }
    Fields choice = fields.object(CHOICE).orElseThrow();
    String type = choice.string("type").orElse(FUNCTION);
    if (!type.equals(FUNCTION)) {
      throw choice.unsupported("type", "(" + type + ") is not supported: only function is");
    }
    Fields function = function(choice);
    String name = name(function);
    if (!names.contains(name)) {
      throw function.invalid("name", "(" + name + ") must be that of a tool");
    }
    return name;
  }

  /** Arguments are under the schema where a call is required, and else as the model writes them. */
  private void refuseStrict() {
    for (Fields tool : fields.objects(TOOLS)) {
      Fields function = function(tool);
      if (function.flag("strict", false)) {
        throw function.unsupported(
            "strict", "is supported where tool_choice is required or names a tool, not else");
      }
    }
  }
}
