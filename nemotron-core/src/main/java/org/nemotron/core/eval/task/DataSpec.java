package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Iterator;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.data.RecordLayout;

/**
 * Where the examples of a task lie.
 *
 * @param source the data set, in words
 * @param instead a task for data that are nearly these; empty where there is none
 * @param layout how files that do not name their fields are divided
 * @param files the names that each split's file may have
 * @param forms the forms that records may have
 */
record DataSpec(
    String source,
    String instead,
    RecordLayout layout,
    ImmutableMap<String, ImmutableList<String>> files,
    ImmutableList<ExampleForm> forms) {

  static DataSpec parse(JsonFields json) {
    JsonFields files = json.object("files");
    DataSpec spec =
        new DataSpec(
            json.text("source", ""),
            json.text("instead", ""),
            new RecordLayout(json.texts("columns"), json.number("lines", 0)),
            files.all(files::texts),
            json.objects("forms").stream()
                .map(ExampleForm::parse)
                .collect(ImmutableList.toImmutableList()));
    if (spec.files().isEmpty() || spec.forms().isEmpty()) {
      throw json.fault("must name files and a form of their records");
    }
    json.checkAllKnown();
    return spec;
  }

  /**
   * Returns the examples of a split, in the order of its file.
   *
   * @throws IOException if the file is missing, cannot be read, or has another form
   */
  ImmutableList<Example> examples(String task, String split, DataDirectory data)
      throws IOException {
    ImmutableList<String> names = files.getOrDefault(split, ImmutableList.of());
    String name = data.find(names).orElseThrow(() -> missing(task, split, names, data));
    ImmutableList<JsonNode> records = data.records(name, layout);
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    for (int i = 0; i < records.size(); i++) {
      try {
        examples.add(example(records.get(i)));
      } catch (IllegalArgumentException e) {
        throw new IOException(
            data.path().resolve(name)
                + ", record "
                + (i + 1)
                + ": "
                + e.getMessage()
                + ".\nMaybe it is not the data of "
                + task
                + ", which are "
                + source
                + other(),
            e);
      }
    }
    return examples.build();
  }

  private Example example(JsonNode record) {
    for (ExampleForm form : forms) {
      if (form.matches(record)) {
        return form.example(record);
      }
    }
    throw new IllegalArgumentException(
        "has the fields "
            + String.join(", ", keys(record))
            + "; it must have "
            + String.join(
                "; or ", forms.stream().map(form -> String.join(", ", form.has())).toList()));
  }

  private static ImmutableList<String> keys(JsonNode record) {
    Iterator<String> names = record.fieldNames();
    return ImmutableList.copyOf(names);
  }

  private IOException missing(
      String task, String split, ImmutableList<String> names, DataDirectory data) {
    return new IOException(
        data.path()
            + " has no file for the split "
            + split
            + " of "
            + task
            + " ("
            + String.join(", ", names)
            + ").\nMaybe get it from "
            + source
            + other());
  }

  private String other() {
    return instead.isEmpty() ? "." : "; or run the task " + instead + ".";
  }
}
