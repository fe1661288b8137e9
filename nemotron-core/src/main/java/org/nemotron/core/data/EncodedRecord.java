package org.nemotron.core.data;

/** What became of a record. */
sealed interface EncodedRecord {
  /**
   * Tokens of a document, or of a part of a long one.
   *
   * @param tokens at least one, but for the last part
   * @param learned which of them are to be learned; none where all are
   * @param hash of the document, or of its first part
   */
  @SuppressWarnings("ArrayRecordComponent") // handed from encoder to writer, compared by nobody
  record Tokens(int[] tokens, boolean[] learned, long hash, boolean isFirst, boolean isLast)
      implements EncodedRecord {}

  /** A record without a text. */
  record Empty() implements EncodedRecord {}

  /** A record that cannot be used, and why. */
  record Bad(String why) implements EncodedRecord {}
}
