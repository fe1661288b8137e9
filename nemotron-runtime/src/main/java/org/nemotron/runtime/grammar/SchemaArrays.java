package org.nemotron.runtime.grammar;

import static org.nemotron.runtime.grammar.SchemaForms.refused;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;

/** The arrays of a schema: elements of one schema, so many. */
final class SchemaArrays {
  private final SchemaForms schemas;
  private final JsonNode schema;
  private final String path;

  SchemaArrays(SchemaForms schemas, JsonNode schema, String path) {
    this.schemas = schemas;
    this.schema = schema;
    this.path = path;
  }

  Form form() {
    if (schema.path("uniqueItems").asBoolean()) {
      throw refused(path, "the keyword uniqueItems");
    }
    int least = SchemaTypes.count(schema, "minItems", 0, path);
    int most = SchemaTypes.count(schema, "maxItems", -1, path);
    if (most >= 0 && most < least) {
      throw refused(path, "a maxItems below minItems");
    }
    JsonNode items = schema.has("items") ? schema.path("items") : BooleanNode.TRUE;
    boolean none = most == 0 || (items.isBoolean() && !items.asBoolean());
    Form space = schemas.json().space();
    if (none) {
      if (least > 0) {
        throw refused(path, "an array that must have elements and may have none");
      }
      return Form.sequence(Form.text("["), space, Form.text("]"));
    }
    Form element = element(items, least, most);
    Form next = Form.sequence(Form.text(","), space, element);
    int others = Math.max(0, least - 1);
    Form more = most < 0 ? next.atLeast(others) : next.between(others, most - 1);
    Form elements = Form.sequence(element, more, space);
    return Form.sequence(
        Form.text("["), space, least == 0 ? elements.optional() : elements, Form.text("]"));
  }

  /** Many copies of an element are calls of one rule. */
  private Form element(JsonNode items, int least, int most) {
    Form element = schemas.inBrackets(() -> schemas.form(items, path + "/items"));
    return least > 2 || most > 2 ? Form.call(schemas.net().rule(element)) : element;
  }
}
