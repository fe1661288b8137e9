package org.nemotron.core.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.nemotron.core.data.DocumentSource.Format;
import org.nemotron.core.io.CompressedFiles;

/** The files that a source's patterns name, each with its format. */
final class SourceFiles {
  private static final String WILDCARDS = "*?[{";

  private SourceFiles() {}

  /** One file of a source; of tokens, the index. */
  record SourceFile(Path path, Format format) {
    /** Returns the files that it consists of. */
    ImmutableList<Path> parts() {
      return format == Format.MEGATRON
          ? ImmutableList.of(path, IndexedTokens.data(path))
          : ImmutableList.of(path);
    }
  }

  /**
   * Returns the files of {@code source} in their order, each once.
   *
   * @throws IOException if a pattern fits no file, a file is missing, or its name does not say what
   *     it is
   */
  static ImmutableList<SourceFile> of(DocumentSource source) throws IOException {
    Set<Path> paths = new LinkedHashSet<>();
    for (String pattern : source.files()) {
      paths.addAll(paths(pattern));
    }
    ImmutableList.Builder<SourceFile> files = ImmutableList.builder();
    for (Path path : paths) {
      files.add(new SourceFile(path, format(source, path)));
    }
    return files.build();
  }

  private static ImmutableList<Path> paths(String pattern) throws IOException {
    Path path = Path.of(pattern);
    if (pattern.chars().noneMatch(SourceFiles::isWildcard) || Files.exists(path)) {
      if (!Files.exists(path)) {
        throw new IOException(path + " is missing.\nMaybe the path is relative to another place.");
      }
      if (Files.isDirectory(path)) {
        throw new IOException(
            path + " is a directory.\nMaybe name the files in it: " + path.resolve("*.jsonl"));
      }
      return ImmutableList.of(path);
    }
    Path root = root(pattern);
    ImmutableList<Path> found =
        Files.isDirectory(root) ? matching(root, pattern) : ImmutableList.of();
    if (found.isEmpty()) {
      throw new IOException(
          pattern + " fits no file.\nMaybe the path is relative to another place.");
    }
    return found;
  }

  private static ImmutableList<Path> matching(Path root, String pattern) throws IOException {
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    try (Stream<Path> entries = Files.walk(root, depth(pattern), FileVisitOption.FOLLOW_LINKS)) {
      return entries
          .filter(path -> matcher.matches(path) && Files.isRegularFile(path))
          .sorted()
          .collect(ImmutableList.toImmutableList());
    }
  }

  /** Returns how far below the root a file may lie; what lies deeper is not looked at. */
  private static int depth(String pattern) {
    int wildcard = 0;
    while (!isWildcard(pattern.charAt(wildcard))) {
      wildcard++;
    }
    boolean anyDepth = pattern.contains("**");
    long deeper = pattern.substring(wildcard).chars().filter(each -> each == '/').count();
    return anyDepth ? Integer.MAX_VALUE : (int) deeper + 1;
  }

  private static boolean isWildcard(int character) {
    return WILDCARDS.indexOf(character) >= 0;
  }

  /** Returns the directory in front of the first wildcard. */
  private static Path root(String pattern) {
    int first = 0;
    while (!isWildcard(pattern.charAt(first))) {
      first++;
    }
    int end = pattern.lastIndexOf('/', first);
    return end < 0 ? Path.of("") : end == 0 ? Path.of("/") : Path.of(pattern.substring(0, end));
  }

  private static Format format(DocumentSource source, Path path) throws IOException {
    if (source.format() != Format.BY_NAME) {
      return source.format();
    }
    String name = CompressedFiles.plainName(path);
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return Format.JSON_LINES;
    } else if (name.endsWith(".parquet")) {
      return Format.PARQUET;
    } else if (name.endsWith(".idx")) {
      return Format.MEGATRON;
    } else if (name.endsWith(".txt")) {
      return Format.TEXT;
    }
    throw new IOException(
        path
            + " has none of the endings .jsonl, .ndjson, .parquet, .txt and .idx.\n"
            + "Maybe say what it is by the source's format.");
  }
}
