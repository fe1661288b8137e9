package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * A text with fields: {@code Question: {question|strip}}. A field is a path into a record, such as
 * {@code choices.0}, and filters that change it; a brace that is meant stands twice.
 */
final class Template {
  private static final Splitter ON_DOTS = Splitter.on('.');

  private final String source;
  private final ImmutableList<Piece> pieces;

  private Template(String source, ImmutableList<Piece> pieces) {
    this.source = source;
    this.pieces = pieces;
  }

  /** A piece of a text: literal where the path is empty. */
  private record Piece(String literal, String path, ImmutableList<String> filters) {}

  /**
   * Returns the template that {@code source} writes.
   *
   * @throws IllegalArgumentException if a brace is not closed
   */
  static Template parse(String source) {
    ImmutableList.Builder<Piece> pieces = ImmutableList.builder();
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < source.length()) {
      char c = source.charAt(at);
      if ((c == '{' || c == '}') && source.startsWith(String.valueOf(c), at + 1)) {
        literal.append(c);
        at += 2;
      } else if (c == '{') {
        int end = source.indexOf('}', at);
        if (end < 0) {
          throw new IllegalArgumentException("\"" + source + "\" has a { that is not closed");
        }
        pieces.add(new Piece(literal.toString(), "", ImmutableList.of()));
        literal.setLength(0);
        pieces.add(field(source.substring(at + 1, end)));
        at = end + 1;
      } else {
        literal.append(c);
        at++;
      }
    }
    pieces.add(new Piece(literal.toString(), "", ImmutableList.of()));
    return new Template(source, pieces.build());
  }

  private static Piece field(String text) {
    List<String> parts = Splitter.on('|').splitToList(text);
    return new Piece("", parts.get(0), ImmutableList.copyOf(parts.subList(1, parts.size())));
  }

  /**
   * Returns the text for {@code record}.
   *
   * @throws IllegalArgumentException if the record lacks a field, or a filter refuses it
   */
  String render(JsonNode record) {
    StringBuilder text = new StringBuilder();
    for (Piece piece : pieces) {
      text.append(piece.path().isEmpty() ? piece.literal() : value(piece, record));
    }
    return text.toString();
  }

  private String value(Piece piece, JsonNode record) {
    JsonNode value = find(record, piece.path());
    if (!value.isValueNode() || value.isNull()) {
      throw new IllegalArgumentException(
          "field "
              + piece.path()
              + " of \""
              + source
              + "\" must be a text or a number ("
              + (value.isMissingNode() ? "it is missing" : value)
              + ")");
    }
    String text = value.asText();
    for (String filter : piece.filters()) {
      int cut = filter.indexOf(':');
      text =
          cut < 0
              ? TextFilters.apply(filter, "", text)
              : TextFilters.apply(filter.substring(0, cut), filter.substring(cut + 1), text);
    }
    return text;
  }

  /** Returns what lies at a path of names and indices; a missing node if nothing does. */
  static JsonNode find(JsonNode record, String path) {
    JsonNode found = record;
    for (String step : ON_DOTS.split(path)) {
      found =
          found.isArray() && PythonText.isDigits(step)
              ? found.path(Integer.parseInt(step))
              : found.path(step);
    }
    return found;
  }

  @Override
  public String toString() {
    return source;
  }
}
