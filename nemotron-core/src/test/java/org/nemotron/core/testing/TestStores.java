package org.nemotron.core.testing;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.data.BadRecords;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.data.StoreSettings;
import org.nemotron.core.data.TokenStoreWriter;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.text.Tokenizer;

/** Token stores for tests. */
public final class TestStores {
  private static final int VOCABULARY = 1 << 16;

  private TestStores() {}

  /** Writes a store of one document, with its text beside it. */
  public static void write(Path directory, Tokenizer tokenizer) throws IOException {
    Path text = Files.writeString(directory.resolveSibling("text.txt"), "Once.");
    DocumentSource source = DocumentSource.of(ImmutableList.of(text.toString()));
    TokenStoreWriter.of(
            new StoreSettings(ImmutableList.of(source), BadRecords.REFUSE, 10, 0, 0),
            tokenizer,
            new ModelSpecBuilder().vocabularySize(VOCABULARY).build(),
            ImmutableList.of())
        .write(directory, Fingerprint.builder().build(), done -> {});
  }
}
