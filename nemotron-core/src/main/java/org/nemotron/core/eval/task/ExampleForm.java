package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;
import java.util.Map;

/**
 * A form that the records of a data set may have: the keys that it is told by, and where its
 * examples' parts lie.
 *
 * @param has paths that a record of this form has
 * @param prepare what code makes of a record first; empty where nothing
 * @param texts the fields of prompts, each of which may name those before it; empty where the
 *     record's own fields are meant
 * @param choices the choices
 * @param labels what the answer is looked for in; empty where it is an index
 * @param answer the right choice; empty where there is none
 * @param right the path of a list that has 1 for each right choice and 0 for others; empty where
 *     {@code answer} says it
 */
record ExampleForm(
    ImmutableList<String> has,
    String prepare,
    ImmutableMap<String, Template> texts,
    ChoiceList choices,
    ChoiceList labels,
    Template answer,
    String right) {

  static ExampleForm parse(JsonFields json) {
    JsonFields texts = json.object("texts");
    ExampleForm form =
        new ExampleForm(
            json.texts("has"),
            json.text("prepare", ""),
            texts.all(key -> texts.template(key, "")),
            ChoiceList.parse(json, "choices"),
            ChoiceList.parse(json, "labels"),
            json.template("answer", ""),
            json.text("right", ""));
    json.checkAllKnown();
    return form;
  }

  /** Returns whether a record has this form. */
  boolean matches(JsonNode record) {
    return has.stream().noneMatch(path -> Template.find(record, firstOf(path)).isMissingNode());
  }

  private static String firstOf(String path) {
    int cut = path.indexOf(".*");
    return cut < 0 ? path : path.substring(0, cut);
  }

  /**
   * Returns the example that a record of this form holds.
   *
   * @throws IllegalArgumentException if a part of it is not as it must be
   */
  Example example(JsonNode given) {
    JsonNode record = Preparations.apply(prepare, given);
    ImmutableList<String> found = choices.of(record);
    return new Example(fields(record), found, right(record, found.size()));
  }

  private ObjectNode fields(JsonNode record) {
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    record.properties().forEach(entry -> fields.set(entry.getKey(), entry.getValue()));
    for (Map.Entry<String, Template> text : texts.entrySet()) {
      fields.put(text.getKey(), text.getValue().render(fields));
    }
    return fields;
  }

  private ImmutableIntArray right(JsonNode record, int count) {
    if (count == 0) {
      return ImmutableIntArray.of();
    }
    return right.isEmpty() ? ImmutableIntArray.of(answer(record, count)) : marked(record, count);
  }

  private ImmutableIntArray marked(JsonNode record, int count) {
    ImmutableList<String> marks = new ChoiceList(right, ImmutableList.of()).of(record);
    if (marks.size() != count) {
      throw new IllegalArgumentException(
          right
              + " has "
              + marks.size()
              + " values; it must have one for each of "
              + count
              + " choices");
    }
    ImmutableIntArray.Builder indices = ImmutableIntArray.builder();
    for (int i = 0; i < count; i++) {
      if (marks.get(i).equals("1")) {
        indices.add(i);
      } else if (!marks.get(i).equals("0")) {
        throw new IllegalArgumentException(right + " (" + marks + ") must be a list of 0 and 1");
      }
    }
    if (indices.build().isEmpty()) {
      throw new IllegalArgumentException(right + " (" + marks + ") must have a 1");
    }
    return indices.build();
  }

  private int answer(JsonNode record, int count) {
    String text = answer.render(record);
    ImmutableList<String> names = labels.of(record);
    if (names.isEmpty()) {
      Integer index = Ints.tryParse(text);
      if (index == null || index < 0 || index >= count) {
        throw new IllegalArgumentException(
            "the answer (" + text + ") must be an index from 0 to " + (count - 1));
      }
      return index;
    }
    int index = names.indexOf(text);
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException(
          "the answer (" + text + ") must be one of " + String.join(", ", names));
    }
    return index;
  }
}
