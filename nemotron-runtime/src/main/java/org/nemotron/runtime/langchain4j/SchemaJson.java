package org.nemotron.runtime.langchain4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonBooleanSchema;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonReferenceSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.List;
import java.util.Map;
import org.nemotron.runtime.config.JsonFaults;

/** Schemas and tools of LangChain4j as JSON. */
final class SchemaJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SchemaJson() {}

  /** Returns tools as chat templates and the API of OpenAI have them. */
  static String tools(List<ToolSpecification> tools) {
    ArrayNode array = MAPPER.createArrayNode();
    for (ToolSpecification tool : tools) {
      ObjectNode function = MAPPER.createObjectNode().put("name", tool.name());
      if (tool.description() != null) {
        function.put("description", tool.description());
      }
      function.set("parameters", parameters(tool));
      array.add(MAPPER.createObjectNode().put("type", "function").set("function", function));
    }
    return array.toString();
  }

  private static JsonNode parameters(ToolSpecification tool) {
    return tool.parameters() == null
        ? object(JsonObjectSchema.builder().additionalProperties(false).build())
        : object(tool.parameters());
  }

  /** Returns a schema as JSON. */
  static JsonNode of(JsonSchemaElement element) {
    if (element instanceof JsonRawSchema raw) {
      return raw(raw.schema());
    }
    if (element instanceof JsonObjectSchema object) {
      return object(object);
    }
    ObjectNode json = withoutDescription(element);
    if (element.description() != null) {
      json.put("description", element.description());
    }
    return json;
  }

  private static ObjectNode withoutDescription(JsonSchemaElement element) {
    if (element instanceof JsonArraySchema array) {
      ObjectNode json = typed("array");
      if (array.items() != null) {
        json.set("items", of(array.items()));
      }
      return json;
    } else if (element instanceof JsonEnumSchema constants) {
      ObjectNode json = typed("string");
      constants.enumValues().forEach(json.putArray("enum")::add);
      return json;
    } else if (element instanceof JsonAnyOfSchema any) {
      ObjectNode json = MAPPER.createObjectNode();
      any.anyOf().forEach(part -> json.withArray("anyOf").add(of(part)));
      return json;
    } else if (element instanceof JsonReferenceSchema reference) {
      return MAPPER.createObjectNode().put("$ref", "#/$defs/" + reference.reference());
    }
    return typed(primitive(element));
  }

  private static String primitive(JsonSchemaElement element) {
    if (element instanceof JsonStringSchema) {
      return "string";
    } else if (element instanceof JsonIntegerSchema) {
      return "integer";
    } else if (element instanceof JsonNumberSchema) {
      return "number";
    } else if (element instanceof JsonBooleanSchema) {
      return "boolean";
    } else if (element instanceof JsonNullSchema) {
      return "null";
    }
    throw new UnsupportedFeatureException(
        "a schema element of " + element.getClass().getName() + " is not supported");
  }

  private static ObjectNode typed(String type) {
    return MAPPER.createObjectNode().put("type", type);
  }

  private static ObjectNode object(JsonObjectSchema object) {
    ObjectNode json = typed("object");
    if (object.description() != null) {
      json.put("description", object.description());
    }
    json.set("properties", named(object.properties()));
    if (object.required() != null && !object.required().isEmpty()) {
      object.required().forEach(json.putArray("required")::add);
    }
    if (object.additionalProperties() != null) {
      json.put("additionalProperties", object.additionalProperties());
    }
    if (object.definitions() != null && !object.definitions().isEmpty()) {
      json.set("$defs", named(object.definitions()));
    }
    return json;
  }

  private static ObjectNode named(Map<String, JsonSchemaElement> elements) {
    ObjectNode json = MAPPER.createObjectNode();
    elements.forEach((name, element) -> json.set(name, of(element)));
    return json;
  }

  private static JsonNode raw(String schema) {
    try {
      return MAPPER.readTree(schema);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a raw schema must be JSON: " + JsonFaults.words(e), e);
    }
  }
}
