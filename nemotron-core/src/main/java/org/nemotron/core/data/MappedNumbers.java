package org.nemotron.core.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Integers in a file, little-endian, mapped into memory: the operating system reads the pages that
 * are asked for, and drops them again. Java unmaps them when this object is collected. Safe for use
 * by several threads.
 */
final class MappedNumbers {
  /** A multiple of the size of each number, so that none lies in two of them. */
  private static final long PIECE_BYTES = 1 << 30;

  private final ImmutableList<MappedByteBuffer> pieces;
  private final int width;
  private final boolean unsigned;
  private final long count;

  /**
   * Maps numbers.
   *
   * @param width bytes of a number: 1, 2, 4 or 8
   * @param unsigned whether those of 1 and 2 bytes are never negative
   */
  MappedNumbers(FileChannel channel, long begin, long count, int width, boolean unsigned)
      throws IOException {
    ImmutableList.Builder<MappedByteBuffer> mapped = ImmutableList.builder();
    long bytes = Math.multiplyExact(count, width);
    for (long at = 0; at < bytes; at += PIECE_BYTES) {
      MappedByteBuffer piece =
          channel.map(FileChannel.MapMode.READ_ONLY, begin + at, Math.min(PIECE_BYTES, bytes - at));
      piece.order(ByteOrder.LITTLE_ENDIAN);
      mapped.add(piece);
    }
    this.pieces = mapped.build();
    this.width = width;
    this.unsigned = unsigned;
    this.count = count;
  }

  long count() {
    return count;
  }

  long get(long index) {
    long at = index * width;
    MappedByteBuffer piece = pieces.get((int) (at / PIECE_BYTES));
    int within = (int) (at % PIECE_BYTES);
    return switch (width) {
      case 1 -> unsigned ? piece.get(within) & 0xFF : piece.get(within);
      case 2 -> unsigned ? piece.getShort(within) & 0xFFFF : piece.getShort(within);
      case 4 -> piece.getInt(within);
      default -> piece.getLong(within);
    };
  }
}
