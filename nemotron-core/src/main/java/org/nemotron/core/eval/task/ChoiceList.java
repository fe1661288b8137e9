package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;

/**
 * Where a list lies in a record: at a path, or as templates of its own.
 *
 * @param path such as {@code choices.text}; {@code *} stands for every element of a list, {@code
 *     @names} and {@code @values} for those of an object; empty where templates are meant
 * @param templates one for each element
 */
record ChoiceList(String path, ImmutableList<Template> templates) {
  private static final String EACH = ".*.";
  private static final String NAMES = ".@names";
  private static final String VALUES = ".@values";

  static ChoiceList parse(JsonFields json, String key) {
    JsonNode value = json.value(key);
    if (value.isTextual()) {
      return new ChoiceList(value.asText(), ImmutableList.of());
    }
    return new ChoiceList(
        "", json.texts(key).stream().map(Template::parse).collect(ImmutableList.toImmutableList()));
  }

  /**
   * Returns the list's texts in a record.
   *
   * @throws IllegalArgumentException if the record has no such list
   */
  ImmutableList<String> of(JsonNode record) {
    if (path.isEmpty()) {
      return templates.stream()
          .map(template -> template.render(record))
          .collect(ImmutableList.toImmutableList());
    }
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    if (path.endsWith(NAMES)) {
      Template.find(record, path.replace(NAMES, "")).fieldNames().forEachRemaining(texts::add);
    } else if (path.endsWith(VALUES)) {
      for (JsonNode value : Template.find(record, path.replace(VALUES, ""))) {
        texts.add(text(value));
      }
    } else {
      addElements(record, texts);
    }
    ImmutableList<String> found = texts.build();
    if (found.isEmpty()) {
      throw new IllegalArgumentException("field " + path + " must be a list with an element");
    }
    return found;
  }

  private void addElements(JsonNode record, ImmutableList.Builder<String> texts) {
    int cut = path.indexOf(EACH);
    JsonNode list = Template.find(record, cut < 0 ? path : path.substring(0, cut));
    if (!list.isArray()) {
      throw new IllegalArgumentException("field " + path + " (" + list + ") must be a list");
    }
    for (JsonNode element : list) {
      texts.add(
          text(cut < 0 ? element : Template.find(element, path.substring(cut + EACH.length()))));
    }
  }

  private String text(JsonNode value) {
    if (!value.isValueNode() || value.isNull()) {
      throw new IllegalArgumentException("field " + path + " (" + value + ") must hold texts");
    }
    return value.asText();
  }
}
