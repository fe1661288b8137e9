package org.nemotron.core.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** Reads lines of bytes, long ones in pieces. Used by one thread. */
final class LineReader implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream stream;
  private final int mostBytes;
  private final boolean returnsEndLines;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
  private int begin;
  private int end;
  private boolean skipsLineFeed;
  private long line = 1;
  private boolean ended;

  /**
   * A line or a piece of one, without what ends it.
   *
   * @param number of the line, from 1
   * @param isWhole whether the line ends here
   */
  @SuppressWarnings("ArrayRecordComponent") // handed from reader to parser, compared by nobody
  record Line(long number, byte[] bytes, boolean isWhole) {}

  /**
   * Makes a reader, which closes {@code stream}.
   *
   * @param mostBytes how long a piece is at most
   * @param returnsEndLines whether a carriage return ends a line, too, with a line feed behind it
   *     or not
   */
  LineReader(InputStream stream, int mostBytes, boolean returnsEndLines) {
    this.stream = stream;
    this.mostBytes = mostBytes;
    this.returnsEndLines = returnsEndLines;
  }

  /** Returns the next line, or nothing at the end; a last line need not be ended. */
  Optional<Line> next() throws IOException {
    while (true) {
      if (begin == end && !fill()) {
        boolean some = gathered.size() > 0;
        return some ? Optional.of(taken(true)) : Optional.empty();
      }
      if (skipsLineFeed && buffer[begin] == '\n') {
        begin++;
        skipsLineFeed = false;
        continue;
      }
      skipsLineFeed = false;
      int at = begin;
      int limit = Math.min(end, begin + mostBytes - gathered.size());
      while (at < limit && !endsLine(buffer[at])) {
        at++;
      }
      gathered.write(buffer, begin, at - begin);
      begin = at;
      if (at < limit) {
        skipsLineFeed = buffer[at] == '\r';
        begin++;
        return Optional.of(taken(true));
      }
      if (gathered.size() == mostBytes) {
        return Optional.of(taken(false));
      }
    }
  }

  private boolean endsLine(byte each) {
    return each == '\n' || (returnsEndLines && each == '\r');
  }

  private boolean fill() throws IOException {
    if (ended) {
      return false;
    }
    begin = 0;
    end = Math.max(0, stream.readNBytes(buffer, 0, buffer.length));
    ended = end < buffer.length;
    return end > 0;
  }

  /** A piece is cut between two characters of UTF-8. */
  private Line taken(boolean whole) {
    byte[] bytes = gathered.toByteArray();
    gathered.reset();
    if (whole) {
      return new Line(line++, bytes, true);
    }
    int cut = bytes.length;
    while (cut > bytes.length - 4 && cut > 1 && (bytes[cut - 1] & 0xC0) == 0x80) {
      cut--;
    }
    boolean splits = cut > 1 && (bytes[cut - 1] & 0xC0) == 0xC0;
    int length = splits ? cut - 1 : bytes.length;
    gathered.write(bytes, length, bytes.length - length);
    return new Line(line, Arrays.copyOf(bytes, length), false);
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
