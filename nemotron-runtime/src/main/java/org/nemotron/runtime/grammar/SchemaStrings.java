package org.nemotron.runtime.grammar;

import static org.nemotron.runtime.grammar.SchemaForms.refused;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;

/** The strings of a schema: of some length, or matched by a regular expression. */
final class SchemaStrings {
  private static final String YEAR_TO_DAY =
      "[0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
          + "|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)|[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])";
  private static final String CLOCK =
      "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"
          + "(Z|[+-]((0[0-9]|1[0-7]):[0-5][0-9]|18:00))";
  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

  /**
   * Texts of these formats, not all of them: no 29 February, and offsets as far as java.time reads
   * them.
   */
  private static final ImmutableMap<String, String> FORMATS =
      ImmutableMap.of(
          "date",
          YEAR_TO_DAY,
          "time",
          CLOCK,
          "date-time",
          "(" + YEAR_TO_DAY + ")T" + CLOCK,
          "uuid",
          "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
          "ipv4",
          "(" + BYTE + "\\.){3}" + BYTE,
          "email",
          "[A-Za-z0-9]+([._+-][A-Za-z0-9]+){0,4}@[A-Za-z0-9]+(\\.[A-Za-z0-9]+){1,4}");

  private final JsonForms json;
  private final JsonNode schema;
  private final String path;

  SchemaStrings(JsonForms json, JsonNode schema, String path) {
    this.json = json;
    this.schema = schema;
    this.path = path;
  }

  Form form() {
    int least = SchemaTypes.count(schema, "minLength", 0, path);
    int most = SchemaTypes.count(schema, "maxLength", -1, path);
    if (most >= 0 && most < least) {
      throw refused(path, "a maxLength below minLength");
    }
    boolean limited = least > 0 || most >= 0;
    if (schema.has("pattern") || schema.has("format")) {
      if (limited || (schema.has("pattern") && schema.has("format"))) {
        throw refused(path, "more than one of pattern, format and length");
      }
      return quoted(schema.has("pattern") ? pattern() : format());
    }
    return !limited
        ? json.string()
        : quoted(
            most < 0 ? json.character().atLeast(least) : json.character().between(least, most));
  }

  private Form pattern() {
    if (!schema.path("pattern").isTextual()) {
      throw refused(path + "/pattern", "a pattern that is not a text");
    }
    String pattern = schema.path("pattern").asText();
    try {
      Form form = RegexParser.within(pattern, JsonForms::inString);
      GrammarCompiler.checkStates(form);
      return form;
    } catch (FormatException e) {
      throw new FormatException(
          "JSON schema, " + path + "/pattern: " + String.valueOf(e.getMessage()));
    }
  }

  private Form format() {
    String name = schema.path("format").asText();
    String pattern = FORMATS.get(name);
    if (pattern == null) {
      throw refused(path + "/format", "the format " + name);
    }
    return RegexParser.whole(pattern, JsonForms::inString);
  }

  private static Form quoted(Form characters) {
    return Form.sequence(Form.text("\""), characters, Form.text("\""));
  }
}
