package org.nemotron.core.data;

import java.util.Optional;

/** The documents of a token file, long ones in parts. */
final class MegatronRecords implements RecordReader {
  private static final int MOST_TOKENS = 1 << 20;

  /** Is refused as every model's. */
  private static final int NO_TOKEN = -1;

  private final IndexedTokens tokens;
  private long document;
  private long position;

  MegatronRecords(IndexedTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public Optional<RawRecord> next() {
    if (document == tokens.documents()) {
      return Optional.empty();
    }
    long begin = tokens.documentBegin(document);
    long end = tokens.documentBegin(document + 1);
    int length = (int) Math.min(MOST_TOKENS, end - position);
    int[] ids = new int[length];
    for (int t = 0; t < length; t++) {
      long token = tokens.token(position + t);
      ids[t] = token == (int) token ? (int) token : NO_TOKEN;
    }
    boolean isFirst = position == begin;
    position += length;
    boolean isLast = position == end;
    RawRecord record = new RawRecord(document + 1, new RawRecord.Tokens(ids, isFirst, isLast));
    document += isLast ? 1 : 0;
    return Optional.of(record);
  }

  @Override
  public void close() {
    tokens.close();
  }
}
