package org.nemotron.core.data;

import com.google.common.base.CharMatcher;
import com.google.common.base.Utf8;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.nemotron.core.io.CompressedFiles;
import org.nemotron.core.text.TextFiles;

/**
 * The documents of a text file, as {@link TextFiles} reads them; a document of more than 4 MiB
 * comes in parts, each but the last ended by the end of a line where it has lines.
 */
final class TextRecords implements RecordReader {
  private static final int MOST_BYTES = 1 << 22;
  private static final Pattern SEPARATOR = Pattern.compile("\uFEFF?[ \t]*<\\|endoftext\\|>[ \t]*");
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final CharMatcher AROUND =
      CharMatcher.whitespace().or(CharMatcher.is(BYTE_ORDER_MARK));

  private final LineReader lines;
  private final StringBuilder text = new StringBuilder();
  private long begin;
  private boolean isFirst = true;
  private boolean skips;

  private TextRecords(LineReader lines) {
    this.lines = lines;
  }

  static TextRecords open(Path file) throws IOException {
    TextFiles.check(file);
    return new TextRecords(new LineReader(CompressedFiles.open(file), MOST_BYTES, true));
  }

  @Override
  public Optional<RawRecord> next() throws IOException {
    while (true) {
      Optional<LineReader.Line> next = lines.next();
      if (next.isEmpty()) {
        return ended();
      }
      LineReader.Line line = next.get();
      if (!Utf8.isWellFormed(line.bytes())) {
        skips = true;
        text.setLength(0);
        return Optional.of(new RawRecord(line.number(), new RawRecord.Fault("is not valid UTF-8")));
      }
      String words = new String(line.bytes(), StandardCharsets.UTF_8);
      if (words.contains("<|endoftext|>") && SEPARATOR.matcher(words).matches()) {
        Optional<RawRecord> document = ended();
        if (document.isPresent()) {
          return document;
        }
        continue;
      }
      if (skips) {
        continue; // the rest of a document with a damaged line
      }
      if (text.length() == 0) {
        begin = line.number();
      }
      text.append(words);
      if (line.isWhole()) {
        text.append('\n');
      }
      if (text.length() >= MOST_BYTES) {
        return Optional.of(part());
      }
    }
  }

  /** Returns what has been read of a document, of which more follows. */
  private RawRecord part() {
    String part = isFirst ? AROUND.trimLeadingFrom(text) : text.toString();
    RawRecord record = new RawRecord(begin, new RawRecord.Text(part, isFirst, false));
    isFirst = false;
    text.setLength(0);
    return record;
  }

  private Optional<RawRecord> ended() {
    String rest = isFirst ? AROUND.trimFrom(text) : AROUND.trimTrailingFrom(text);
    boolean some = !rest.isEmpty() || !isFirst;
    RawRecord record = new RawRecord(begin, new RawRecord.Text(rest, isFirst, true));
    isFirst = true;
    skips = false;
    text.setLength(0);
    return some ? Optional.of(record) : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
