package org.nemotron.core.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.nemotron.core.data.DocumentSource.Content;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.text.Tokenizer;

/**
 * Tokenizes the documents of several sources into a directory, once, on all cores. Killed at any
 * moment, it goes on where it was, and the files are the same bytes in the end. Its memory does not
 * depend on the size of the data. Immutable.
 */
public final class TokenStoreWriter {
  private static final String FILES = "digests";
  private static final long TOKENS_PER_NOTE = 1L << 22;

  private final StoreSettings settings;
  private final ImmutableList<StoreInput> inputs;
  private final ModelSpec model;
  private final int threads;
  private final long tokensPerNote;

  private TokenStoreWriter(
      StoreSettings settings,
      ImmutableList<StoreInput> inputs,
      ModelSpec model,
      int threads,
      long tokensPerNote) {
    this.settings = settings;
    this.inputs = inputs;
    this.model = model;
    this.threads = threads;
    this.tokensPerNote = tokensPerNote;
  }

  /**
   * Returns a writer of all files that {@code settings} name; it finds them, but does not read
   * them.
   *
   * @param model has the special tokens around a document, and the size of the vocabulary
   * @param renderer of conversations; none where no source has any
   * @throws IOException if a file is missing, a pattern fits none, or the chat template is missing
   *     that a source needs
   */
  public static TokenStoreWriter of(
      StoreSettings settings,
      Tokenizer tokenizer,
      ModelSpec model,
      ImmutableList<ConversationRenderer> renderer)
      throws IOException {
    ImmutableList.Builder<StoreInput> inputs = ImmutableList.builder();
    Optional<ConversationRenderer> first = renderer.stream().findFirst();
    for (DocumentSource source : settings.sources()) {
      if (source.content() == Content.MESSAGES && first.isEmpty()) {
        throw new IOException(
            source.inWords()
                + " holds conversations, but there is no chat template to render them.\n"
                + "Maybe the model has none: write the conversations as texts; or give the run a"
                + " renderer.");
      }
      inputs.add(StoreInput.of(source, tokenizer, model, first));
    }
    return new TokenStoreWriter(
        settings, inputs.build(), model, CpuThreads.available(), TOKENS_PER_NOTE);
  }

  /** Returns the same on another number of threads, for the encoders alone. */
  public TokenStoreWriter withThreads(int other) {
    return new TokenStoreWriter(settings, inputs, model, other, tokensPerNote);
  }

  /** Returns the same which notes how far it is after so many tokens. */
  TokenStoreWriter withTokensPerNote(long other) {
    return new TokenStoreWriter(settings, inputs, model, threads, other);
  }

  /**
   * Returns a fingerprint of the content of all files, in their order.
   *
   * @throws IOException if one cannot be read
   */
  public Fingerprint files() throws IOException {
    Fingerprint.Builder all = Fingerprint.builder();
    for (int index = 0; index < inputs.size(); index++) {
      Fingerprint.Builder files = Fingerprint.builder();
      inputs.get(index).addTo(files);
      all.put("source " + index, files.build());
    }
    return all.build();
  }

  /**
   * Finds the files of all {@code sources}, without a model that they are for.
   *
   * @throws IOException if a file is missing, a pattern fits none, or a name does not say what it
   *     is; the message names it
   */
  public static void checkFiles(List<DocumentSource> sources) throws IOException {
    for (DocumentSource source : sources) {
      ImmutableList<SourceFiles.SourceFile> unused = SourceFiles.of(source);
    }
  }

  /**
   * Reads the first records of each file, and checks that they are what the sources say.
   *
   * @throws IOException if a file cannot be read or is of another kind, or none of its first
   *     records has what the source names; the message names it
   */
  public void check() throws IOException {
    for (StoreInput input : inputs) {
      input.check();
    }
  }

  /** Returns how many tokens there are to learn from at most. */
  public long mostTokens() {
    return settings.trainingTokens();
  }

  /**
   * Makes the store in {@code directory}, or goes on with it.
   *
   * @param key of all that the store depends on; what is there under another key is dropped
   * @param progress called now and then with the number of tokens to learn from
   * @throws IOException if a file cannot be read or is of another kind, a record is bad and bad
   *     records are refused, a token is beyond the vocabulary, or the disk is too small; the
   *     message names it
   */
  public void write(Path directory, Fingerprint key, LongConsumer progress) throws IOException {
    if (isComplete(directory, key)) {
      return;
    }
    check();
    StoreProgress reached = StoreProgress.read(directory, key);
    if (reached.equals(StoreProgress.NONE)) {
      AtomicFiles.deleteTree(directory);
    }
    Files.createDirectories(directory);
    checkRoom(directory, reached);
    finish(directory, key, sources(directory, key, reached, progress));
  }

  private static boolean isComplete(Path directory, Fingerprint key) throws IOException {
    Path record = directory.resolve(TokenStore.RECORD);
    if (!Files.exists(record)) {
      return false;
    }
    Optional<ObjectNode> json = SealedJson.read(record);
    return json.isPresent()
        && StoreProgress.isOf(key, json.get())
        && FileDigests.fromJson(json.get().path(FILES)).misfit(directory).isEmpty();
  }

  private ImmutableList<SourceCounts> sources(
      Path directory, Fingerprint key, StoreProgress reached, LongConsumer progress)
      throws IOException {
    StoreProgress now = reached;
    try (EncodingThreads encoding = new EncodingThreads(threads)) {
      for (int source = Math.max(0, reached.source()); source < inputs.size(); source++) {
        SourceWriter writer =
            new SourceWriter(directory, key, settings, source, inputs.get(source), model);
        now = writer.write(now, encoding, tokensPerNote, progress);
      }
    }
    return now.sources();
  }

  private void finish(Path directory, Fingerprint key, ImmutableList<SourceCounts> counts)
      throws IOException {
    for (int source = 0; source < inputs.size(); source++) {
      for (Part part : Part.values()) {
        try (PartWriter writer =
            new PartWriter(
                TokenStore.stem(directory, source, part),
                TokenStore.width(model),
                TokenStore.isMasked(inputs.get(source).source()),
                counts.get(source).of(part))) {
          writer.index();
        }
      }
    }
    ObjectNode record = StoreProgress.json(key, counts);
    record.set(FILES, FileDigests.of(directory, TokenStore.dataFiles(directory, counts)).toJson());
    SealedJson.write(directory.resolve(TokenStore.RECORD), record);
    for (int source = 0; source < inputs.size(); source++) {
      for (Part part : Part.values()) {
        PartWriter.deleteWorkingFiles(TokenStore.stem(directory, source, part));
      }
    }
    Files.deleteIfExists(directory.resolve(StoreProgress.FILE));
  }

  private void checkRoom(Path directory, StoreProgress reached) throws IOException {
    long tokens = 0;
    for (int source = 0; source < inputs.size(); source++) {
      long wanted = settings.trainingTokens(source);
      tokens += Math.min(wanted, inputs.get(source).roughTokens());
    }
    for (SourceCounts source : reached.sources()) {
      tokens -= source.training().tokens();
    }
    long needed = tokens * TokenStore.width(model);
    long there = Files.getFileStore(directory).getUsableSpace();
    if (needed > there) {
      throw new IOException(
          String.format(
              "the token store %s needs about %,d MB, but %,d MB are free.%n"
                  + "Maybe lower trainingTokens (%s), or put the run on a larger disk.",
              directory, needed >> 20, there >> 20, settings.trainingTokens()));
    }
  }
}
