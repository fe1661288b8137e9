package org.nemotron.core.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.core.io.CompressedFiles;
import org.nemotron.core.io.FailedDownloads;

/** The lines of a file of JSON lines but empty ones. */
final class JsonLineRecords implements RecordReader {
  private static final int MOST_BYTES = 1 << 26;

  private final LineReader lines;

  private JsonLineRecords(LineReader lines) {
    this.lines = lines;
  }

  static JsonLineRecords open(Path file) throws IOException {
    Optional<String> fault = FailedDownloads.fault(file);
    if (fault.isPresent()) {
      throw new IOException(fault.get());
    }
    return new JsonLineRecords(new LineReader(CompressedFiles.open(file), MOST_BYTES, false));
  }

  @Override
  public Optional<RawRecord> next() throws IOException {
    for (Optional<LineReader.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
      if (!line.get().isWhole()) {
        return Optional.of(tooLong(line.get().number()));
      }
      if (!isBlank(line.get().bytes())) {
        return Optional.of(
            new RawRecord(line.get().number(), new RawRecord.Json(line.get().bytes())));
      }
    }
    return Optional.empty();
  }

  /** Passes over the rest of a line. */
  private RawRecord tooLong(long number) throws IOException {
    Optional<LineReader.Line> rest = lines.next();
    while (rest.isPresent() && !rest.get().isWhole()) {
      rest = lines.next();
    }
    return new RawRecord(number, new RawRecord.Fault("has more than 64 MiB"));
  }

  private static boolean isBlank(byte[] line) {
    for (byte each : line) {
      if (each != ' ' && each != '\t' && each != '\r') {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
