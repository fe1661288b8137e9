package org.nemotron.core.data;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.nemotron.core.data.SourceFiles.SourceFile;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;

/** Appends the documents of one source to the files of its parts. Used by one thread, once. */
final class SourceWriter {
  /** So many sentences about bad records are kept. */
  private static final int MOST_FAULTS = 5;

  private final Path directory;
  private final Fingerprint key;
  private final StoreSettings settings;
  private final int source;
  private final StoreInput input;
  private final ModelSpec model;
  private final Map<Part, PartWriter> parts = new EnumMap<>(Part.class);
  private final List<String> faults = new ArrayList<>();
  private SourceCounts counts;
  private Part part = Part.TRAINING;
  private boolean inDocument;

  SourceWriter(
      Path directory,
      Fingerprint key,
      StoreSettings settings,
      int source,
      StoreInput input,
      ModelSpec model) {
    this.directory = directory;
    this.key = key;
    this.settings = settings;
    this.source = source;
    this.input = input;
    this.model = model;
    this.counts = SourceCounts.none(input.source().inWords(), input.files().size());
  }

  /**
   * Goes on from {@code reached}, which may have begun this source, and returns how far it is then:
   * the source is complete.
   */
  StoreProgress write(
      StoreProgress reached, EncodingThreads encoding, long tokensPerNote, LongConsumer progress)
      throws IOException {
    boolean begun = reached.source() == source;
    if (begun) {
      counts = reached.sources().get(source);
      faults.addAll(counts.faults());
    }
    ImmutableList<SourceCounts> before =
        begun ? reached.sources().subList(0, source) : reached.sources();
    long tokensBefore = before.stream().mapToLong(each -> each.training().tokens()).sum();
    try {
      open();
      int first = begun ? reached.file() : 0;
      for (int file = first; file < input.files().size() && isWanting(); file++) {
        long skipped = begun && file == first ? reached.records() : 0;
        Note note = new Note(before, file, tokensPerNote, tokensBefore, progress);
        read(input.files().get(file), skipped, encoding, note);
      }
      StoreProgress complete = reached(before, input.files().size(), 0);
      note(complete);
      return complete;
    } finally {
      for (PartWriter writer : parts.values()) {
        writer.close();
      }
    }
  }

  private void open() throws IOException {
    for (Part each : Part.values()) {
      parts.put(
          each,
          new PartWriter(
              TokenStore.stem(directory, source, each),
              TokenStore.width(model),
              TokenStore.isMasked(input.source()),
              counts.of(each)));
    }
  }

  private PartWriter writer(Part each) {
    return checkNotNull(parts.get(each));
  }

  private boolean isWanting() {
    return writer(Part.TRAINING).counts().tokens() < settings.trainingTokens(source);
  }

  private void read(SourceFile file, long skipped, EncodingThreads encoding, Note note)
      throws IOException {
    try (RecordReader reader = RecordReader.open(file, input.source().key())) {
      for (long record = 0; record < skipped; record++) {
        if (reader.next().isEmpty()) {
          throw new IOException(file.path() + " has changed while it was read.");
        }
      }
      note.records = skipped;
      encoding.encode(
          reader,
          input.encoder(),
          (raw, encoded) -> {
            take(file.path(), raw, encoded);
            note.taken(encoded);
            return isWanting();
          });
    }
  }

  private void take(Path file, RawRecord raw, EncodedRecord encoded) throws IOException {
    long bad = 0;
    long empty = 0;
    if (encoded instanceof EncodedRecord.Tokens tokens) {
      append(tokens);
    } else if (encoded instanceof EncodedRecord.Bad fault) {
      String sentence = input.fault(file, raw, fault);
      if (settings.badRecords() == BadRecords.REFUSE) {
        throw new IOException(
            sentence + "\nMaybe correct it, or set badRecords to SKIP, which counts such records.");
      }
      bad = 1;
      if (faults.size() < MOST_FAULTS) {
        faults.add(sentence);
      }
    } else {
      empty = 1;
    }
    counts =
        counts.withRecords(
            counts.records() + 1,
            counts.badRecords() + bad,
            counts.emptyRecords() + empty,
            ImmutableList.copyOf(faults));
  }

  /** Training ends at its last token, within a document. */
  private void append(EncodedRecord.Tokens record) throws IOException {
    if (record.isFirst()) {
      part = settings.part(record.hash());
    }
    PartWriter writer = writer(part);
    long most =
        part == Part.TRAINING
            ? settings.trainingTokens(source) - writer.counts().tokens()
            : Integer.MAX_VALUE;
    writer.append(record.tokens(), record.learned(), (int) Math.min(most, record.tokens().length));
    inDocument = !record.isLast() && isWanting();
    if (!inDocument) {
      writer.endDocument();
    }
  }

  private StoreProgress reached(ImmutableList<SourceCounts> before, int file, long records) {
    SourceCounts now = counts;
    for (Part each : Part.values()) {
      now = now.with(each, writer(each).counts());
    }
    return new StoreProgress(
        ImmutableList.<SourceCounts>builder().addAll(before).add(now).build(), file, records);
  }

  private void note(StoreProgress reached) throws IOException {
    for (PartWriter writer : parts.values()) {
      writer.sync();
    }
    reached.write(directory, key);
  }

  /** Notes how far the store is, now and then, between two documents. */
  private final class Note {
    private final ImmutableList<SourceCounts> before;
    private final int file;
    private final long tokensPerNote;
    private final long tokensBefore;
    private final LongConsumer progress;
    private long records;
    private long tokens;

    Note(
        ImmutableList<SourceCounts> before,
        int file,
        long tokensPerNote,
        long tokensBefore,
        LongConsumer progress) {
      this.before = before;
      this.file = file;
      this.tokensPerNote = tokensPerNote;
      this.tokensBefore = tokensBefore;
      this.progress = progress;
    }

    void taken(EncodedRecord encoded) throws IOException {
      records++;
      if (encoded instanceof EncodedRecord.Tokens some) {
        tokens += some.tokens().length;
      }
      if (tokens >= tokensPerNote && !inDocument) {
        tokens = 0;
        note(reached(before, file, records));
        progress.accept(tokensBefore + writer(Part.TRAINING).counts().tokens());
      }
    }
  }
}
