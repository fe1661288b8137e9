package org.nemotron.core.data;

import static com.google.common.base.Preconditions.checkState;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Tokens in the format of Megatron-LM: NAME.bin has the tokens of all sequences one behind the
 * other, NAME.idx where each sequence and each document begins. Mapped; immutable. Safe for use by
 * several threads.
 *
 * <p>The index: 9 bytes {@code MMIDIDX\0\0}, a version (8 bytes, 1), the type of the tokens (1
 * byte), the number of sequences and that of boundaries of documents (8 bytes each), the lengths of
 * the sequences (4 bytes each), the bytes at which they begin (8 each), and the boundaries: the
 * first sequence of each document, and the number of sequences at the end (8 each). Little-endian.
 */
final class IndexedTokens implements AutoCloseable {
  static final String MAGIC = "MMIDIDX\0\0";
  static final int HEADER_BYTES = 34;
  static final int UINT8 = 1;
  static final int UINT16 = 8;
  static final int INT32 = 4;

  private static final String INDEX = ".idx";
  private static final String DATA = ".bin";

  private final Path index;
  private final MappedNumbers tokens;
  private final MappedNumbers begins;
  private final MappedNumbers boundaries;
  private final int width;
  private volatile boolean closed;

  private IndexedTokens(
      Path index, MappedNumbers tokens, MappedNumbers begins, MappedNumbers boundaries, int width) {
    this.index = index;
    this.tokens = tokens;
    this.begins = begins;
    this.boundaries = boundaries;
    this.width = width;
  }

  /** Returns the file of the tokens of an index. */
  static Path data(Path index) {
    String name = index.getFileName().toString();
    return index.resolveSibling(
        (name.endsWith(INDEX) ? name.substring(0, name.length() - INDEX.length()) : name) + DATA);
  }

  /** Returns how many bytes a token of this type has. */
  static int width(int type) {
    return switch (type) {
      case UINT8, 2 -> 1;
      case 3, UINT16 -> 2;
      case INT32 -> 4;
      case 5 -> 8;
      default -> 0;
    };
  }

  /**
   * Opens the tokens of an index.
   *
   * @throws IOException if a file is missing or damaged, or the tokens are of another type; the
   *     message names it
   */
  static IndexedTokens open(Path index) throws IOException {
    Path data = data(index);
    if (!Files.isRegularFile(data)) {
      throw new IOException(
          data + " is missing, which has the tokens of " + index + ".\nMaybe it was not copied.");
    }
    try (FileChannel indexed = FileChannel.open(index);
        FileChannel stored = FileChannel.open(data)) {
      Header header = Header.read(index, indexed);
      long lengths = HEADER_BYTES;
      long begins = lengths + 4 * header.sequences();
      long boundaries = begins + 8 * header.sequences();
      if (indexed.size() < boundaries + 8 * header.boundaries()) {
        throw damaged(index, "ends early");
      }
      IndexedTokens all =
          new IndexedTokens(
              index,
              new MappedNumbers(
                  stored,
                  0,
                  stored.size() / header.width(),
                  header.width(),
                  header.type() == UINT8 || header.type() == UINT16),
              new MappedNumbers(indexed, begins, header.sequences(), 8, false),
              new MappedNumbers(indexed, boundaries, header.boundaries(), 8, false),
              header.width());
      all.checkAgainst(
          new MappedNumbers(indexed, lengths, header.sequences(), 4, false), stored.size());
      return all;
    }
  }

  /** The first bytes of an index. */
  private record Header(int type, long sequences, long boundaries) {
    static Header read(Path index, FileChannel channel) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int read = 0;
      while (bytes.hasRemaining() && read >= 0) {
        read = channel.read(bytes);
      }
      byte[] magic = MAGIC.getBytes(StandardCharsets.ISO_8859_1);
      if (bytes.position() < HEADER_BYTES
          || !Arrays.equals(Arrays.copyOf(bytes.array(), magic.length), magic)) {
        throw damaged(index, "does not begin as one");
      }
      if (bytes.getLong(9) != 1) {
        throw damaged(index, "version " + bytes.getLong(9) + " must be 1");
      }
      int type = bytes.get(17);
      if (IndexedTokens.width(type) == 0) {
        throw damaged(index, "type " + type + " of its tokens must be one of integers");
      }
      Header header = new Header(type, bytes.getLong(18), bytes.getLong(26));
      long most = channel.size() / 8;
      if (header.sequences() < 0 || header.sequences() > most || header.boundaries() > most) {
        throw damaged(index, "ends early");
      }
      return header;
    }

    int width() {
      return IndexedTokens.width(type);
    }
  }

  /** Checks that sequences lie one behind the other, and that documents consist of them. */
  private void checkAgainst(MappedNumbers lengths, long bytes) throws IOException {
    long at = 0;
    for (long sequence = 0; sequence < lengths.count(); sequence++) {
      if (begins.get(sequence) != at || lengths.get(sequence) < 0) {
        throw damaged(index, "sequence " + sequence + " does not lie behind the one before");
      }
      at += lengths.get(sequence) * width;
    }
    if (at != bytes) {
      throw damaged(index, data(index) + " has " + bytes + " bytes and must have " + at);
    }
    long before = 0;
    for (long document = 0; document < boundaries.count(); document++) {
      if (boundaries.get(document) < before || boundaries.get(document) > lengths.count()) {
        throw damaged(index, "document " + document + " does not lie behind the one before");
      }
      before = boundaries.get(document);
    }
    if (boundaries.count() == 0 || boundaries.get(0) != 0 || before != lengths.count()) {
      throw damaged(index, "its documents do not hold all sequences");
    }
  }

  private static IOException damaged(Path index, String why) {
    return new IOException(
        index + " is not an index of tokens (" + why + ").\nMaybe it was not copied whole.");
  }

  long tokens() {
    return tokens.count();
  }

  long documents() {
    return boundaries.count() - 1;
  }

  /** Returns the position of a document's first token; of the one behind the last, the end. */
  long documentBegin(long document) {
    checkOpen();
    long sequence = boundaries.get(document);
    return sequence == begins.count() ? tokens() : begins.get(sequence) / width;
  }

  long token(long position) {
    checkOpen();
    return tokens.get(position);
  }

  /** Reads {@code count} tokens from {@code position} on. */
  void read(long position, long[] ids, int at, int count) {
    checkOpen();
    for (int t = 0; t < count; t++) {
      ids[at + t] = tokens.get(position + t);
    }
  }

  private void checkOpen() {
    checkState(!closed, "%s is closed", index);
  }

  @Override
  public void close() {
    closed = true;
  }
}
