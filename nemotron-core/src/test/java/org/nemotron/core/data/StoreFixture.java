package org.nemotron.core.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.text.TokenWindows;
import org.nemotron.core.text.Tokenizer;

/** Token stores of small files, with the tokenizer of the example. */
final class StoreFixture implements AutoCloseable {
  static final ModelSpec MODEL =
      new ModelSpecBuilder()
          .vocabularySize(4096)
          .specialTokens(
              new SpecialTokens(ImmutableList.of(0), ImmutableList.of(1), ImmutableList.of()))
          .build();
  static final Fingerprint KEY = Fingerprint.builder().put("test", 1).build();

  final Tokenizer tokenizer;
  final Path directory;

  StoreFixture() {
    try {
      tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"));
      directory = Files.createTempDirectory("store");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static StoreSettings settings(DocumentSource... sources) {
    return new StoreSettings(
        ImmutableList.copyOf(sources), BadRecords.REFUSE, 1_000_000_000L, 0, 0);
  }

  Path file(String name, String content) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, content);
    return file;
  }

  TokenStoreWriter writer(StoreSettings settings) throws IOException {
    return TokenStoreWriter.of(settings, tokenizer, MODEL, ImmutableList.of());
  }

  TokenStore store(StoreSettings settings) throws IOException {
    Path target = Files.createTempDirectory(directory, "target").resolve("tokens");
    writer(settings).write(target, KEY, done -> {});
    return TokenStore.open(target);
  }

  /** Returns the tokens of a document as they should be. */
  List<Long> tokens(String text) {
    List<Long> all = new ArrayList<>(List.of(0L));
    tokenizer.encode(text).forEach(token -> all.add((long) token));
    all.add(1L);
    return all;
  }

  /** Returns all tokens of a part, by windows of one token. */
  static List<Long> tokens(TokenStore store, int source, Part part) throws IOException {
    if (store.sources().get(source).of(part).tokens() == 0) {
      return List.of();
    }
    TokenWindows windows = store.windows(source, part, 1, Packing.ACROSS_DOCUMENTS);
    List<Long> all = new ArrayList<>();
    long[] one = new long[1];
    for (long window = 0; window < windows.count(); window++) {
      windows.read(window, 0, one, 0);
      all.add(one[0]);
    }
    return all;
  }

  @Override
  public void close() {
    tokenizer.close();
    try {
      AtomicFiles.deleteTree(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
