package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.runtime.grammar.AnswerFormat;

/** Reads the form that an answer must have, which several fields can say; one may. */
final class FormatFields {
  private static final String RESPONSE_FORMAT = "response_format";
  private static final String STRUCTURED = "structured_outputs";

  private Optional<AnswerFormat> format = Optional.empty();
  private String field = RESPONSE_FORMAT;

  FormatFields(Fields fields) {
    fields.object(RESPONSE_FORMAT).ifPresent(this::readResponseFormat);
    fields.object(STRUCTURED).ifPresent(given -> readStructured(given, "", STRUCTURED + "."));
    readStructured(fields, "guided_", "");
  }

  ImmutableList<AnswerFormat> format() {
    return format.map(ImmutableList::of).orElse(ImmutableList.of());
  }

  String field() {
    return field;
  }

  private void readResponseFormat(Fields given) {
    String type = given.string("type").orElseThrow(() -> given.invalid("type", "is missing"));
    switch (type) {
      case "text" -> {}
      case "json_object" -> format = Optional.of(AnswerFormat.jsonObject());
      case "json_schema" -> {
        Fields schema =
            given
                .object("json_schema")
                .orElseThrow(() -> given.invalid("json_schema", "is missing"));
        schema.ignore("name", "description", "strict");
        field = RESPONSE_FORMAT + ".json_schema.schema";
        format =
            Optional.of(
                schema
                    .object("schema")
                    .map(json -> AnswerFormat.jsonSchema(json.json().toString()))
                    .orElse(AnswerFormat.jsonObject()));
      }
      default ->
          throw given.unsupported(
              "type", "(" + type + ") must be one of text, json_object, json_schema");
    }
  }

  /** The names of vLLM, with or without a prefix. */
  private void readStructured(Fields given, String prefix, String path) {
    given.refuse(prefix + "grammar");
    given
        .get(prefix + "json")
        .ifPresent(json -> set(AnswerFormat.jsonSchema(schema(json)), path + prefix + "json"));
    given
        .string(prefix + "regex")
        .ifPresent(regex -> set(AnswerFormat.regex(regex), path + prefix + "regex"));
    if (given.has(prefix + "choice")) {
      ImmutableList<String> texts = given.strings(prefix + "choice");
      if (texts.isEmpty() || texts.contains("")) {
        throw given.invalid(prefix + "choice", "must be texts that are not empty");
      }
      set(AnswerFormat.choice(texts), path + prefix + "choice");
    }
  }

  private static String schema(JsonNode json) {
    return json.isTextual() ? json.textValue() : json.toString();
  }

  private void set(AnswerFormat chosen, String name) {
    if (format.isPresent()) {
      throw ApiException.invalid(name, name + " must not stand beside " + field);
    }
    format = Optional.of(chosen);
    field = name;
  }
}
