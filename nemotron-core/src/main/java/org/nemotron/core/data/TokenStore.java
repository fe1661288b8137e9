package org.nemotron.core.data;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;
import static com.google.common.base.Preconditions.checkState;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.nemotron.core.data.DocumentSource.Loss;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.text.TokenWindows;

/**
 * The tokens of several sources on the disk, mapped into memory, as {@link TokenStoreWriter} left
 * them. Immutable. Safe for use by several threads; closing twice is harmless, use of its windows
 * after close is refused.
 */
public final class TokenStore implements AutoCloseable {
  static final String RECORD = "store.json";

  private static final int MOST_OF_TWO_BYTES = 1 << 16;

  private final Path directory;
  private final ImmutableList<SourceCounts> sources;
  private final Resources open = new Resources();
  private volatile boolean closed;

  private TokenStore(Path directory, ImmutableList<SourceCounts> sources) {
    this.directory = directory;
    this.sources = sources;
  }

  /**
   * Opens the store in {@code directory}.
   *
   * @throws IOException if there is none, it is not complete, or it is damaged
   */
  public static TokenStore open(Path directory) throws IOException {
    Path record = directory.resolve(RECORD);
    if (!Files.exists(record)) {
      throw new IOException(directory + " holds no token store, or one that is not complete.");
    }
    ObjectNode json =
        SealedJson.read(record).orElseThrow(() -> new IOException(record + " is damaged."));
    ImmutableList.Builder<SourceCounts> sources = ImmutableList.builder();
    json.path("sources").forEach(source -> sources.add(SourceCounts.fromJson(source)));
    return new TokenStore(directory, sources.build());
  }

  static Path stem(Path directory, int source, Part part) {
    return directory.resolve(String.format(Locale.ROOT, "source-%03d/", source) + part.fileName());
  }

  static int width(ModelSpec model) {
    return model.vocabularySize() <= MOST_OF_TWO_BYTES ? 2 : 4;
  }

  static boolean isMasked(DocumentSource source) {
    return source.loss() == Loss.ASSISTANT_TURNS;
  }

  /** Returns what was read of each source. */
  public ImmutableList<SourceCounts> sources() {
    return sources;
  }

  /** Returns all files of the store. */
  public ImmutableList<Path> files() {
    return ImmutableList.<Path>builder()
        .add(directory.resolve(RECORD))
        .addAll(dataFiles(directory, sources))
        .build();
  }

  /** Returns all files of a store but its record. */
  static ImmutableList<Path> dataFiles(Path directory, ImmutableList<SourceCounts> sources) {
    ImmutableList.Builder<Path> files = ImmutableList.builder();
    for (int source = 0; source < sources.size(); source++) {
      for (Part part : Part.values()) {
        Path stem = stem(directory, source, part);
        files.add(PartWriter.file(stem, ".idx"), PartWriter.file(stem, ".bin"));
        Path mask = PartWriter.file(stem, ".mask");
        if (Files.exists(mask)) {
          files.add(mask);
        }
      }
    }
    return files.build();
  }

  /**
   * Returns the windows of one part of a source; they belong to this store.
   *
   * @param windowTokens tokens per window
   * @throws IOException if a file is missing or damaged
   * @throws IllegalArgumentException if there is no whole window; the message says what to do
   */
  public TokenWindows windows(int source, Part part, int windowTokens, Packing packing)
      throws IOException {
    TokenWindows windows = cut(source, part, windowTokens, packing);
    String what = "the " + part.fileName() + " part of " + sources.get(source).name();
    checkArgument(
        windows.count() > 0 || packing == Packing.WITHIN_DOCUMENTS,
        "%s has %s tokens, but a window has %s.\nMaybe give more text, or shorter windows.",
        what,
        sources.get(source).of(part).tokens(),
        windowTokens);
    checkArgument(
        windows.count() > 0,
        "%s has no document of %s tokens or more, as a window has.\n"
            + "Maybe shorter windows, or packing ACROSS_DOCUMENTS.",
        what,
        windowTokens);
    return windows;
  }

  /** There may be none. */
  private TokenWindows cut(int source, Part part, int windowTokens, Packing packing)
      throws IOException {
    checkState(!closed, "%s is closed", directory);
    checkElementIndex(source, sources.size(), "source");
    Path stem = stem(directory, source, part);
    IndexedTokens tokens =
        open.add(IndexedTokens.open(PartWriter.file(stem, ".idx")), IndexedTokens::close);
    LearnedTokens learned = LearnedTokens.open(PartWriter.file(stem, ".mask"), tokens.tokens());
    return switch (packing) {
      case ACROSS_DOCUMENTS -> new PackedWindows(tokens, learned, windowTokens);
      case WITHIN_DOCUMENTS -> new DocumentWindows(tokens, learned, windowTokens);
    };
  }

  /**
   * Returns the first windows of one part of a source, one behind the other; no tokens where there
   * is no whole window.
   *
   * @param most how many windows at most
   * @throws IOException if a file is missing or damaged
   */
  public ImmutableIntArray firstWindows(
      int source, Part part, int windowTokens, Packing packing, int most) throws IOException {
    TokenWindows windows = cut(source, part, windowTokens, packing);
    ImmutableIntArray.Builder tokens = ImmutableIntArray.builder();
    long[] ids = new long[windowTokens];
    for (int window = 0; window < Math.min(most, windows.count()); window++) {
      windows.read(window, 0, ids, 0);
      for (long id : ids) {
        tokens.add((int) id);
      }
    }
    return tokens.build();
  }

  @Override
  public void close() {
    closed = true;
    open.close();
  }
}
