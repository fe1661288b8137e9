package org.nemotron.core.eval.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Records of a CSV file (RFC 4180): quoted fields may have separators, line ends, and quotes
 * written twice. The first row names the fields, unless the layout does.
 */
final class CsvRecords {
  private final String place;
  private final char separator;
  private final RecordLayout layout;

  private String text = "";
  private int at;

  CsvRecords(String place, char separator, RecordLayout layout) {
    this.place = place;
    this.separator = separator;
    this.layout = layout;
  }

  ImmutableList<JsonNode> read(String csv) throws IOException {
    text = csv;
    at = 0;
    List<List<String>> rows = new ArrayList<>();
    while (at < text.length()) {
      rows.add(row());
    }
    if (rows.isEmpty()) {
      return ImmutableList.of();
    }
    boolean named = layout.columns().isEmpty() || isHeader(rows.get(0));
    List<String> names = named ? rows.get(0) : layout.columns();
    ImmutableList.Builder<JsonNode> records = ImmutableList.builder();
    for (int i = named ? 1 : 0; i < rows.size(); i++) {
      records.add(record(i + 1, names, rows.get(i)));
    }
    return records.build();
  }

  /** A header begins with the name of the first column, in small letters or capitals. */
  private boolean isHeader(List<String> row) {
    return row.get(0).equalsIgnoreCase(layout.columns().get(0));
  }

  private ObjectNode record(int number, List<String> names, List<String> row) throws IOException {
    if (row.size() != names.size()) {
      throw new IOException(
          place
              + ", row "
              + number
              + ": has "
              + row.size()
              + " fields; it must have "
              + names.size()
              + " ("
              + String.join(", ", names)
              + ")");
    }
    ObjectNode record = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < row.size(); i++) {
      record.put(names.get(i), row.get(i));
    }
    return record;
  }

  private List<String> row() throws IOException {
    List<String> fields = new ArrayList<>();
    while (true) {
      fields.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
      if (at >= text.length()) {
        return fields;
      }
      char end = text.charAt(at++);
      if (end == '\r' && at < text.length() && text.charAt(at) == '\n') {
        at++;
      }
      if (end != separator) {
        return fields;
      }
    }
  }

  private String plain() {
    int begin = at;
    while (at < text.length() && text.charAt(at) != separator && !isLineEnd(text.charAt(at))) {
      at++;
    }
    return text.substring(begin, at);
  }

  private String quoted() throws IOException {
    int opened = at++;
    StringBuilder field = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c != '"') {
        field.append(c);
      } else if (at < text.length() && text.charAt(at) == '"') {
        field.append('"');
        at++;
      } else {
        return field.append(plain()).toString(); // as Python's csv module takes text behind a quote
      }
    }
    throw new IOException(place + ": the quote at character " + opened + " is never closed");
  }

  private static boolean isLineEnd(char c) {
    return c == '\n' || c == '\r';
  }
}
