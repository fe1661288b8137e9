package org.nemotron.core.eval.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.core.io.ParquetRecords;

/**
 * Parquet files as Hugging Face has them: a split is one file, or several that are numbered: {@code
 * test-00000-of-00003.parquet} or, where Hugging Face converted a data set, {@code
 * test/0000.parquet}.
 */
final class ParquetFiles {
  static final String ENDING = ".parquet";

  private static final Pattern PART = Pattern.compile("(.*)-00000-of-(\\d{5})\\.parquet");
  private static final String CONVERTED = "0000.parquet";

  private ParquetFiles() {}

  /** Returns the first file of a split of several, relative to the directory, or nothing. */
  static Optional<String> firstPart(Path directory, String split) throws IOException {
    Path folder = directory.resolve(split);
    if (Files.isRegularFile(folder.resolve(CONVERTED))) {
      return Optional.of(split + "/" + CONVERTED);
    }
    Path parent = folder.getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      return Optional.empty();
    }
    String begin = folder.getFileName().toString();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(parent, "*-00000-of-*.parquet")) {
      for (Path file : files) {
        Matcher part = PART.matcher(file.getFileName().toString());
        if (part.matches() && part.group(1).equals(begin)) {
          return Optional.of(split + file.getFileName().toString().substring(begin.length()));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the records of a split.
   *
   * @param first its only file, or the first of several
   */
  static ImmutableList<JsonNode> records(Path first) throws IOException {
    ImmutableList.Builder<JsonNode> records = ImmutableList.builder();
    for (Path part : parts(first)) {
      try (ParquetRecords file = ParquetRecords.open(part)) {
        for (Optional<JsonNode> next = file.next(); next.isPresent(); next = file.next()) {
          records.add(next.get());
        }
      }
    }
    ImmutableList<JsonNode> all = records.build();
    if (all.isEmpty()) {
      throw new IOException(first + " has no record.\nMaybe another file was meant.");
    }
    return all;
  }

  private static ImmutableList<Path> parts(Path first) throws IOException {
    String name = first.getFileName().toString();
    Matcher numbered = PART.matcher(name);
    ImmutableList.Builder<Path> parts = ImmutableList.builder();
    if (numbered.matches()) {
      int count = Integer.parseInt(numbered.group(2));
      for (int i = 0; i < count; i++) {
        Path part =
            first.resolveSibling("%s-%05d-of-%05d.parquet".formatted(numbered.group(1), i, count));
        if (!Files.isRegularFile(part)) {
          throw new IOException(part + " is missing.\nMaybe the set was not copied whole.");
        }
        parts.add(part);
      }
      return parts.build();
    }
    parts.add(first);
    if (name.equals(CONVERTED)) {
      for (int i = 1; Files.isRegularFile(converted(first, i)); i++) {
        parts.add(converted(first, i));
      }
    }
    return parts.build();
  }

  private static Path converted(Path first, int number) {
    return first.resolveSibling("%04d.parquet".formatted(number));
  }
}
