package org.nemotron.core.eval.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;

/** Records of a Parquet file. */
final class ParquetRecords {
  private ParquetRecords() {}

  static ImmutableList<JsonNode> read(Path file) throws IOException {
    throw new IOException(
        file
            + " is a Parquet file, which is not read.\n"
            + "Maybe convert it in Python: datasets.Dataset.from_parquet(file).to_json(name +"
            + " \".jsonl\").");
  }
}
