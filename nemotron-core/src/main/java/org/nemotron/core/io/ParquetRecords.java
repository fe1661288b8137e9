package org.nemotron.core.io;

import static com.google.common.base.Preconditions.checkState;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The records of a Parquet file, one after the other: about a group of rows is in memory at a time.
 * DuckDB reads them, an optional library ({@code org.duckdb:duckdb_jdbc}).
 *
 * <p>Used by one thread at a time, which may change.
 */
public final class ParquetRecords implements AutoCloseable {
  private static final String DRIVER = "org.duckdb.DuckDBDriver";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private final Path file;
  private final Connection connection;
  private final Statement statement;
  private final ResultSet rows;
  private boolean closed;

  private ParquetRecords(Path file, Connection connection, Statement statement, ResultSet rows) {
    this.file = file;
    this.connection = connection;
    this.statement = statement;
    this.rows = rows;
  }

  /**
   * Opens a file for its records with all columns.
   *
   * @throws IOException if it cannot be read, is no Parquet file, or the library is missing; the
   *     message names the file
   */
  public static ParquetRecords open(Path file) throws IOException {
    return open(file, ImmutableList.of());
  }

  /**
   * Opens a file for its records with some columns; the others are not read.
   *
   * @param columns names of columns; all if there are none
   * @throws IOException if it cannot be read, is no Parquet file, lacks a column, or the library is
   *     missing; the message names the file
   */
  @SuppressWarnings("MustBeClosedChecker") // what is returned closes them
  public static ParquetRecords open(Path file, List<String> columns) throws IOException {
    Optional<String> fault = FailedDownloads.fault(file);
    if (fault.isPresent()) {
      throw new IOException(fault.get());
    }
    Connection connection = connect(file);
    try {
      Statement statement = connection.createStatement();
      String source = source(file);
      ImmutableList<String> chosen = chosen(file, columns, statement, source);
      ResultSet rows = statement.executeQuery(query(chosen, source));
      return new ParquetRecords(file, connection, statement, rows);
    } catch (SQLException e) {
      close(connection);
      throw unreadable(file, e);
    } catch (IOException | RuntimeException e) {
      close(connection);
      throw e;
    }
  }

  /**
   * Returns the next record, with strings, numbers, booleans, nulls, lists and records within it;
   * points in time are strings. After the last one it returns nothing.
   *
   * @throws IOException if the file is damaged; the message names it
   */
  public Optional<JsonNode> next() throws IOException {
    checkState(!closed, "%s is closed", file);
    try {
      return rows.next() ? Optional.of(JSON.readTree(rows.getString(1))) : Optional.empty();
    } catch (SQLException | JsonProcessingException e) {
      throw unreadable(file, e);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        rows.close();
        statement.close();
      } catch (SQLException e) {
        throw new IllegalStateException(file + " cannot be closed: " + words(e), e);
      } finally {
        close(connection);
      }
    }
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException("DuckDB cannot be closed: " + words(e), e);
    }
  }

  /** One thread, so that rows come in their order; nothing is fetched, nothing is written. */
  private static Connection connect(Path file) throws IOException {
    Properties settings = new Properties();
    settings.setProperty("jdbc_stream_results", "true");
    settings.setProperty("threads", "1");
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    settings.setProperty("temp_directory", "");
    try {
      Driver driver =
          Class.forName(DRIVER).asSubclass(Driver.class).getDeclaredConstructor().newInstance();
      return driver.connect("jdbc:duckdb:", settings);
    } catch (ClassNotFoundException e) {
      throw new IOException(
          file
              + " is a Parquet file, which is read by a library that is not there.\n"
              + "Maybe add org.duckdb:duckdb_jdbc to the dependencies, or convert the file in"
              + " Python: pandas.read_parquet(name).to_json(other, orient=\"records\","
              + " lines=True).",
          e);
    } catch (ReflectiveOperationException | LinkageError | SQLException e) {
      throw new IOException(
          file
              + " is a Parquet file, which DuckDB reads; it does not start here ("
              + words(e)
              + ").\nMaybe it has no library for this operating system and processor.",
          e);
    }
  }

  /** Names are patterns to DuckDB, in which a character in brackets stands for itself. */
  private static String source(Path file) {
    String pattern = file.toAbsolutePath().toString().replaceAll("[\\[*?]", "[$0]");
    return "read_parquet('%s', binary_as_string = true, hive_partitioning = false)"
        .formatted(pattern.replace("'", "''"));
  }

  private static ImmutableList<String> chosen(
      Path file, List<String> columns, Statement statement, String source)
      throws IOException, SQLException {
    ImmutableList.Builder<String> found = ImmutableList.builder();
    try (ResultSet described = statement.executeQuery("DESCRIBE SELECT * FROM " + source)) {
      while (described.next()) {
        found.add(described.getString(1));
      }
    }
    ImmutableList<String> there = found.build();
    for (String column : columns) {
      if (!there.contains(column)) {
        throw new IOException(
            file + " has no column " + column + "; it has " + String.join(", ", there) + ".");
      }
    }
    return columns.isEmpty() ? there : ImmutableList.copyOf(columns);
  }

  private static String query(ImmutableList<String> columns, String source) {
    return columns.stream()
        .map(column -> '"' + column.replace("\"", "\"\"") + '"')
        .map(quoted -> quoted + " := " + quoted)
        .collect(
            Collectors.joining(
                ", ", "SELECT CAST(to_json(struct_pack(", ")) AS VARCHAR) FROM " + source));
  }

  private static IOException unreadable(Path file, Exception fault) {
    return new IOException(
        file + " cannot be read as Parquet (" + words(fault) + ").\nMaybe it was not copied whole.",
        fault);
  }

  /** Returns the line of a message that says what is wrong, as DuckDB writes it. */
  private static String words(Throwable fault) {
    List<String> lines = Splitter.on('\n').splitToList(String.valueOf(fault.getMessage()));
    String line =
        lines.stream()
            .filter(each -> each.startsWith("Error: "))
            .map(each -> each.substring("Error: ".length()))
            .findFirst()
            .orElse(lines.get(0));
    String printable = CharMatcher.javaIsoControl().removeFrom(line).strip();
    return printable.replaceFirst("[.:]$", "");
  }
}
