package org.nemotron.core.eval.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A directory with the data of benchmarks. Safe for use by several threads.
 *
 * <p>A file is named relative to the directory, without its extension where several will do: {@code
 * arc_easy} is arc_easy.jsonl as well as arc_easy.jsonl.gz, and {@code sciq/test} also the Parquet
 * files of a clone from Hugging Face, in sciq or sciq/data, one or several. {@code
 * mmlu.tar.xz!test/anatomy.csv} is a file in an archive; archives stay in memory once they are
 * read.
 */
public final class DataDirectory {
  private static final ImmutableList<String> FORMATS =
      ImmutableList.of(".jsonl", ".json", ".csv", ".tsv", ".txt", ParquetFiles.ENDING);
  private static final ImmutableList<String> COMPRESSIONS =
      ImmutableList.of("", ".gz", ".bz2", ".xz");
  private static final String IN_ARCHIVE = "!";

  private final Path path;
  private final ConcurrentHashMap<Path, Archive> archives = new ConcurrentHashMap<>();

  private DataDirectory(Path path) {
    this.path = path;
  }

  /**
   * Returns the data in {@code path}.
   *
   * @throws IOException if it is no directory
   */
  public static DataDirectory open(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      throw new IOException(
          path + " is no directory.\nMaybe the data of the benchmarks lie elsewhere.");
    }
    return new DataDirectory(path);
  }

  /** Returns where the data lie. */
  public Path path() {
    return path;
  }

  /**
   * Returns the first of {@code names} that is there, with its extension, or nothing.
   *
   * @throws IOException if an archive that may have it cannot be read
   */
  public Optional<String> find(List<String> names) throws IOException {
    for (String name : names) {
      Optional<String> found = find(name);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Optional<String> find(String name) throws IOException {
    int cut = name.indexOf(IN_ARCHIVE);
    if (cut >= 0) {
      Path file = path.resolve(name.substring(0, cut));
      return Files.isRegularFile(file) && archive(file).file(name.substring(cut + 1)).isPresent()
          ? Optional.of(name)
          : Optional.empty();
    }
    Optional<String> found = plain(name);
    int folder = name.lastIndexOf('/') + 1;
    return found.isPresent() || folder == 0
        ? found
        : plain(name.substring(0, folder) + "data/" + name.substring(folder));
  }

  private Optional<String> plain(String name) throws IOException {
    if (Files.isRegularFile(path.resolve(name))) {
      return Optional.of(name);
    }
    for (String format : FORMATS) {
      for (String compression : COMPRESSIONS) {
        String whole = name + format + compression;
        if (Files.isRegularFile(path.resolve(whole))) {
          return Optional.of(whole);
        }
      }
    }
    return ParquetFiles.firstPart(path, name);
  }

  /**
   * Returns the records of a file that {@link #find} returned.
   *
   * @param layout how a file without names of its fields is divided
   * @throws IOException if it cannot be read or is damaged; the message names it
   */
  public ImmutableList<JsonNode> records(String name, RecordLayout layout) throws IOException {
    int cut = name.indexOf(IN_ARCHIVE);
    if (cut < 0) {
      Path file = path.resolve(name);
      if (name.endsWith(ParquetFiles.ENDING)) {
        return ParquetFiles.records(file);
      }
      return Records.of(file.toString(), name, Decompression.read(file), layout);
    }
    Path file = path.resolve(name.substring(0, cut));
    String entry = name.substring(cut + 1);
    byte[] bytes =
        archive(file)
            .file(entry)
            .orElseThrow(() -> new IOException(file + " has no file " + entry));
    return Records.of(file + IN_ARCHIVE + entry, entry, bytes, layout);
  }

  private Archive archive(Path file) throws IOException {
    Archive known = archives.get(file);
    if (known == null) {
      known = Archive.read(file);
      archives.put(file, known);
    }
    return known;
  }
}
