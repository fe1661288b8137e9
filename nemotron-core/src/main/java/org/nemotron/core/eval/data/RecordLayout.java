package org.nemotron.core.eval.data;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * How files that do not name their fields are divided into records.
 *
 * @param columns the names of the columns of a CSV file without a header; empty where it has one
 * @param lines how many lines of a text file make a record, whose fields are line0, line1 and so
 *     on; 0 where a text file holds documents, whose only field is text
 */
public record RecordLayout(ImmutableList<String> columns, int lines) {
  /** Files that name their fields, and texts. */
  public static final RecordLayout NAMED = new RecordLayout(ImmutableList.of(), 0);

  /** Checks the number of lines. */
  public RecordLayout {
    checkArgument(lines >= 0, "lines (%s) must not be negative", lines);
  }
}
