package org.nemotron.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/**
 * A record as it was read, before it is looked into.
 *
 * @param number where it stands in its file, from 1: of its line, or of the row
 * @param content what was read
 */
record RawRecord(long number, Content content) {
  /** What was read. */
  sealed interface Content {
    /** Returns about how many bytes of memory it takes. */
    long bytes();

    /**
     * Returns what {@code encoder} makes of it.
     *
     * @throws IOException if it has a token that the model does not have
     */
    EncodedRecord encode(RecordEncoder encoder) throws IOException;
  }

  /**
   * A text, or a part of a long one.
   *
   * @param isFirst whether the document begins here
   * @param isLast whether it ends here
   */
  record Text(String text, boolean isFirst, boolean isLast) implements Content {
    @Override
    public long bytes() {
      return text.length();
    }

    @Override
    public EncodedRecord encode(RecordEncoder encoder) throws IOException {
      return encoder.text(this);
    }
  }

  /** A line that should be a JSON object. */
  @SuppressWarnings("ArrayRecordComponent") // handed from reader to parser, compared by nobody
  record Json(byte[] line) implements Content {
    @Override
    public long bytes() {
      return line.length;
    }

    @Override
    public EncodedRecord encode(RecordEncoder encoder) throws IOException {
      return encoder.line(line);
    }
  }

  /** A row of a table. */
  record Row(JsonNode json) implements Content {
    private static final int ABOUT = 4096;

    @Override
    public long bytes() {
      return ABOUT;
    }

    @Override
    public EncodedRecord encode(RecordEncoder encoder) throws IOException {
      return encoder.value(json);
    }
  }

  /** Tokens of a document, or of a part of a long one; see {@link Text}. */
  @SuppressWarnings("ArrayRecordComponent") // handed from reader to writer, compared by nobody
  record Tokens(int[] tokens, boolean isFirst, boolean isLast) implements Content {
    @Override
    public long bytes() {
      return 4L * tokens.length;
    }

    @Override
    public EncodedRecord encode(RecordEncoder encoder) throws IOException {
      return encoder.tokens(this);
    }
  }

  /** What could not be read. */
  record Fault(String words) implements Content {
    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public EncodedRecord encode(RecordEncoder encoder) {
      return new EncodedRecord.Bad(words);
    }
  }
}
