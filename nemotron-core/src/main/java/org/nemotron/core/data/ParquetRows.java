package org.nemotron.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.core.io.ParquetRecords;

/** The rows of a Parquet file with one column. */
final class ParquetRows implements RecordReader {
  private final ParquetRecords records;
  private long number;

  private ParquetRows(ParquetRecords records) {
    this.records = records;
  }

  static ParquetRows open(Path file, String column) throws IOException {
    return new ParquetRows(ParquetRecords.open(file, ImmutableList.of(column)));
  }

  @Override
  public Optional<RawRecord> next() throws IOException {
    Optional<JsonNode> row = records.next();
    number++;
    return row.map(json -> new RawRecord(number, new RawRecord.Row(json)));
  }

  @Override
  public void close() {
    records.close();
  }
}
