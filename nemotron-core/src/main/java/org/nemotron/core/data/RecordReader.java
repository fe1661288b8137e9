package org.nemotron.core.data;

import java.io.IOException;
import java.util.Optional;
import org.nemotron.core.data.SourceFiles.SourceFile;

/** The records of one file, one after the other. Used by one thread. */
interface RecordReader extends AutoCloseable {
  /**
   * Returns the next record, or nothing at the end.
   *
   * @throws IOException if the file is damaged; the message names it
   */
  Optional<RawRecord> next() throws IOException;

  @Override
  void close() throws IOException;

  /**
   * Opens a file.
   *
   * @param key the column that is read of a table
   * @throws IOException if it cannot be read or is of another format; the message names it
   */
  static RecordReader open(SourceFile file, String key) throws IOException {
    return switch (file.format()) {
      case TEXT -> TextRecords.open(file.path());
      case JSON_LINES -> JsonLineRecords.open(file.path());
      case PARQUET -> ParquetRows.open(file.path(), key);
      case MEGATRON -> new MegatronRecords(IndexedTokens.open(file.path()));
      case BY_NAME -> throw new IllegalArgumentException(file.path() + " has no format");
    };
  }
}
