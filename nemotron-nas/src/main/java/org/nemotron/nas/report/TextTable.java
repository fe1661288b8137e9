package org.nemotron.nas.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;

/**
 * A table for the terminal: the first column flush left, the others flush right, two blanks between
 * them, each as wide as its longest cell.
 *
 * <p>Width is counted in code points, so that {@code ×} and {@code ±} take one column.
 */
public final class TextTable {
  private static final String GAP = "  ";

  private final ImmutableList<String> header;
  private final List<ImmutableList<String>> rows = new ArrayList<>();

  private TextTable(ImmutableList<String> header) {
    this.header = header;
  }

  /** Returns an empty table with these column titles. */
  public static TextTable withHeader(String... titles) {
    checkArgument(titles.length > 0, "titles ([]) must hold at least one title");
    return new TextTable(ImmutableList.copyOf(titles));
  }

  /** Appends a row with one cell per column. */
  public void addRow(String... cells) {
    checkArgument(
        cells.length == header.size(),
        "cells (%s) must be as many as columns (%s)",
        cells.length,
        header.size());
    rows.add(ImmutableList.copyOf(cells));
  }

  /** Appends a line of text across all columns; it does not widen the table. */
  public void addHeading(String text) {
    rows.add(ImmutableList.of(text));
  }

  /** Returns the lines, each ending in a line break and none in blanks. */
  public String render() {
    int[] widths = widths();
    StringBuilder out = new StringBuilder();
    appendRow(out, header, widths);
    int ruled = GAP.length() * (widths.length - 1);
    for (int width : widths) {
      ruled += width;
    }
    out.append("-".repeat(ruled)).append('\n');
    for (ImmutableList<String> row : rows) {
      if (isHeading(row)) {
        out.append(row.get(0)).append('\n');
      } else {
        appendRow(out, row, widths);
      }
    }
    return out.toString();
  }

  private boolean isHeading(ImmutableList<String> row) {
    return row.size() < header.size();
  }

  private int[] widths() {
    int[] widths = new int[header.size()];
    widen(widths, header);
    rows.stream().filter(row -> !isHeading(row)).forEach(row -> widen(widths, row));
    return widths;
  }

  private static void widen(int[] widths, ImmutableList<String> row) {
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i], length(row.get(i)));
    }
  }

  private static void appendRow(StringBuilder out, ImmutableList<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String blanks = " ".repeat(widths[i] - length(row.get(i)));
      line.append(i == 0 ? "" : GAP);
      line.append(i == 0 ? row.get(i) + blanks : blanks + row.get(i));
    }
    out.append(line.toString().stripTrailing()).append('\n');
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
