package org.nemotron.runtime.grammar;

import static org.nemotron.runtime.grammar.SchemaForms.refused;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nemotron.runtime.grammar.Network.Node;

/** The objects of a schema: its properties in its order, then others where it allows them. */
final class SchemaObjects {
  /** A property, and whether it must be there. */
  private record Member(Form form, boolean required) {}

  private final SchemaForms schemas;
  private final JsonNode schema;
  private final String path;

  SchemaObjects(SchemaForms schemas, JsonNode schema, String path) {
    this.schemas = schemas;
    this.schema = schema;
    this.path = path;
  }

  Form form() {
    JsonNode properties = schema.path("properties");
    JsonNode others = schema.path("additionalProperties");
    if (!properties.isMissingNode() && !properties.isObject()) {
      throw refused(path + "/properties", "a value that is not an object");
    }
    Set<String> required = required();
    if (others.isMissingNode() && properties.isEmpty() && required.isEmpty()) {
      return schemas.json().anyObject();
    }
    return schemas.inBrackets(() -> members(properties, others, required));
  }

  private Set<String> required() {
    Set<String> names = new LinkedHashSet<>();
    JsonNode given = schema.path("required");
    if (!given.isMissingNode() && !given.isArray()) {
      throw refused(path + "/required", "a value that is not a list");
    }
    given.forEach(name -> names.add(name.asText()));
    return names;
  }

  private Form members(JsonNode properties, JsonNode others, Set<String> required) {
    Map<String, Member> members = new LinkedHashMap<>();
    properties
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (required.contains(name) || !isFalse(properties.path(name))) {
                Form value = schemas.form(properties.path(name), path + "/properties/" + name);
                members.put(name, new Member(member(name, value), required.contains(name)));
              }
            });
    JsonNode otherSchema = others.isMissingNode() ? BooleanNode.TRUE : others;
    for (String name : required) {
      if (!members.containsKey(name)) {
        if (isFalse(otherSchema)) {
          throw refused(path + "/required", "the property " + name + ", which is not allowed");
        }
        Form value = schemas.form(otherSchema, path + "/additionalProperties");
        members.put(name, new Member(member(name, value), true));
      }
    }
    Optional<Form> more =
        others.isMissingNode() || isFalse(others)
            ? Optional.empty()
            : Optional.of(otherMember(properties, members.keySet(), others));
    return object(ImmutableList.copyOf(members.values()), more);
  }

  private static boolean isFalse(JsonNode schema) {
    return schema.isBoolean() && !schema.asBoolean();
  }

  private Form member(String name, Form value) {
    return Form.sequence(Form.text(TextNode.valueOf(name) + ":"), schemas.json().space(), value);
  }

  private Form otherMember(JsonNode properties, Set<String> names, JsonNode others) {
    Set<String> taken = new LinkedHashSet<>(names);
    properties.fieldNames().forEachRemaining(taken::add);
    Form value = schemas.form(others, path + "/additionalProperties");
    return Form.sequence(
        Form.text("\""),
        new OtherNames(taken).form(),
        Form.text("\":"),
        schemas.json().space(),
        value);
  }

  /** Joins the members by commas, also where some are left out. */
  private Form object(List<Member> members, Optional<Form> more) {
    Form space = schemas.json().space();
    Form comma = Form.sequence(Form.text(","), space);
    return (net, from, to) -> {
      Node none = net.node(); // no member so far
      Node some = net.node();
      Form.sequence(Form.text("{"), space).add(net, from, none);
      for (Member member : members) {
        Node nextNone = net.node();
        Node nextSome = net.node();
        Node begin = net.node();
        net.jump(none, begin);
        comma.add(net, some, begin);
        member.form().add(net, begin, nextSome);
        if (!member.required()) {
          net.jump(none, nextNone);
          net.jump(some, nextSome);
        }
        none = nextNone;
        some = nextSome;
      }
      if (more.isPresent()) {
        Node begin = net.node();
        net.jump(none, begin);
        comma.add(net, some, begin);
        more.orElseThrow().add(net, begin, some);
      }
      Form.text("}").add(net, none, to);
      Form.sequence(space, Form.text("}")).add(net, some, to);
    };
  }

  /** The names, of characters that need no escape, that are not among some. */
  private static final class OtherNames {
    private final Map<Integer, List<String>> taken = new LinkedHashMap<>();
    private boolean endIsTaken;

    OtherNames(Set<String> names) {
      for (String name : names) {
        if (name.isEmpty()) {
          endIsTaken = true;
        } else {
          int first = name.codePointAt(0);
          String rest = name.substring(Character.charCount(first));
          taken.computeIfAbsent(first, key -> new ArrayList<>()).add(rest);
        }
      }
    }

    Form form() {
      Form free = Form.of(JsonForms.PLAIN).atLeast(0);
      CodePoints others = JsonForms.PLAIN;
      ImmutableList.Builder<Form> forms = ImmutableList.builder();
      if (!endIsTaken) {
        forms.add(Form.EMPTY);
      }
      for (Map.Entry<Integer, List<String>> entry : taken.entrySet()) {
        CodePoints first = CodePoints.of(entry.getKey()).within(JsonForms.PLAIN);
        others = others.without(first);
        forms.add(
            Form.sequence(
                Form.of(first), new OtherNames(new LinkedHashSet<>(entry.getValue())).form()));
      }
      forms.add(Form.sequence(Form.of(others), free));
      return Form.anyOf(forms.build());
    }
  }
}
