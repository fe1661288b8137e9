package org.nemotron.core.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.data.SourceFiles.SourceFile;
import org.nemotron.core.io.CompressedFiles;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.Tokenizer;

/**
 * One source with its files and what makes tokens of them.
 *
 * @param files at least one
 */
record StoreInput(DocumentSource source, ImmutableList<SourceFile> files, RecordEncoder encoder) {
  /** So many records without a good one, and a file is of another kind. */
  private static final int MOST_TRIED = 20;

  static StoreInput of(
      DocumentSource source,
      Tokenizer tokenizer,
      ModelSpec model,
      Optional<ConversationRenderer> renderer)
      throws IOException {
    return new StoreInput(
        source, SourceFiles.of(source), new RecordEncoder(source, tokenizer, model, renderer));
  }

  /**
   * Checks that each file can be read and has what the source says in its first records.
   *
   * @throws IOException if one has not; the message names it
   */
  void check() throws IOException {
    for (SourceFile file : files) {
      try (RecordReader reader = RecordReader.open(file, source.key())) {
        check(file.path(), reader);
      }
    }
  }

  private void check(Path file, RecordReader reader) throws IOException {
    List<String> faults = new ArrayList<>();
    boolean some = false;
    for (int tried = 0; tried < MOST_TRIED; tried++) {
      Optional<RawRecord> record = reader.next();
      if (record.isEmpty()) {
        break;
      }
      some = true;
      EncodedRecord encoded = encoder.encode(record.get());
      if (!(encoded instanceof EncodedRecord.Bad bad)) {
        return;
      }
      faults.add(fault(file, record.get(), bad));
    }
    if (!some) {
      throw new IOException(file + " has no record.\nMaybe it was not copied or downloaded whole.");
    }
    throw new IOException(
        String.format(
            "%s%nNone of the first records of the file can be used (%s tried).%n"
                + "Maybe the source's format, content or key is another.",
            faults.get(0), faults.size()));
  }

  /** Returns the sentence of a bad record: file, place, fault. */
  String fault(Path file, RawRecord record, EncodedRecord.Bad bad) {
    String unit =
        file.toString().endsWith(".parquet")
            ? "row"
            : file.toString().endsWith(".idx") ? "document" : "line";
    return file + ", " + unit + " " + record.number() + ": " + bad.why();
  }

  /** Returns how many tokens the files have at least, roughly: four bytes of text each. */
  long roughTokens() throws IOException {
    long bytes = 0;
    for (SourceFile file : files) {
      long stored = 0;
      for (Path part : file.parts()) {
        stored += Files.size(part);
      }
      bytes += CompressedFiles.isCompressed(file.path()) ? 3 * stored : stored;
    }
    return bytes / 4;
  }

  /** Adds the digests of the files. */
  void addTo(Fingerprint.Builder key) throws IOException {
    for (int index = 0; index < files.size(); index++) {
      ImmutableList<Path> parts = files.get(index).parts();
      for (int part = 0; part < parts.size(); part++) {
        key.putFile("file " + index + " part " + part, parts.get(part));
      }
    }
  }
}
