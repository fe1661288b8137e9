package org.nemotron.core.backend.cuda;

import com.google.common.primitives.ImmutableIntArray;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.PinnedBytes;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;

/**
 * The inputs of a step: tokens, positions, places, sampling parameters and pages, in one buffer
 * that one copy takes to the GPU. Offsets depend on the greatest number of rows, not on the number
 * in use, so that they are the same in every recorded step.
 */
final class CudaInputs implements AutoCloseable {
  private static final int HEADER_BYTES = 16;

  /** A choice: four numbers of 4 bytes, one of 8. */
  static final int CHOICE_BYTES = 24;

  private final PinnedBytes pinned;
  private final CudaTensor onGpu;
  private final Resources parts;

  /**
   * Makes room.
   *
   * @param maxRows tokens of a step
   * @param tableInts page numbers of all sequences of a step together
   */
  CudaInputs(Device device, int maxRows, int tableInts) {
    long bytes = Layout.of(maxRows).tables() + 4L * tableInts;
    try (Resources made = new Resources()) {
      this.pinned = made.add(new PinnedBytes(bytes), PinnedBytes::close);
      this.onGpu =
          made.add(CudaTensor.empty(device, DType.INT32, (bytes + 3) / 4), CudaTensor::close);
      this.parts = made.complete();
    }
  }

  /**
   * Where things lie, in bytes, when there is room for so many rows.
   *
   * @param rows how many
   */
  record Layout(int rows) {
    static Layout of(int rows) {
      return new Layout(rows);
    }

    int slots() {
      return HEADER_BYTES;
    }

    int choices() {
      return slots() + 8 * rows;
    }

    int tokens() {
      return choices() + CHOICE_BYTES * rows;
    }

    int positions() {
      return tokens() + 4 * rows;
    }

    int lengths() {
      return positions() + 4 * rows;
    }

    int wanted() {
      return lengths() + 4 * rows;
    }

    int tables() {
      return wanted() + 4 * rows;
    }
  }

  /** Returns where on the GPU the byte {@code offset} is. */
  long address(int offset) {
    return onGpu.address() + offset;
  }

  /** Writes row {@code row}. */
  void row(Layout at, int row, int token, int position, long slot) {
    ByteBuffer bytes = pinned.bytes();
    bytes.putLong(at.slots() + 8 * row, slot);
    bytes.putInt(at.tokens() + 4 * row, token);
    bytes.putInt(at.positions() + 4 * row, position);
    bytes.putInt(at.lengths() + 4 * row, position + 1);
  }

  void wanted(Layout at, int index, int row) {
    pinned.bytes().putInt(at.wanted() + 4 * index, row);
  }

  void choice(Layout at, int index, Optional<TokenSampling> wanted) {
    TokenSampling choice = wanted.orElse(TokenSampling.LIKELIEST);
    ByteBuffer bytes = pinned.bytes();
    int to = at.choices() + CHOICE_BYTES * index;
    float inverse = choice.temperature() == 0 ? 0 : (float) (1 / choice.temperature());
    bytes.putFloat(to, Math.min(inverse, Float.MAX_VALUE));
    bytes.putFloat(to + 4, (float) choice.topP());
    bytes.putFloat(to + 8, (float) choice.minP());
    bytes.putInt(to + 12, choice.topK());
    bytes.putDouble(to + 16, choice.share());
  }

  /** Writes how many page numbers each sequence has in the tables. */
  void tableWidth(int width) {
    pinned.bytes().putInt(0, width);
  }

  /** Writes the first page numbers of sequence {@code index}, {@code width} apart. */
  void pages(Layout at, int index, int width, ImmutableIntArray pages, int count) {
    ByteBuffer bytes = pinned.bytes();
    int to = at.tables() + 4 * index * width;
    for (int i = 0; i < count; i++) {
      bytes.putInt(to + 4 * i, pages.get(i));
    }
  }

  /** Gives sequence {@code index} a page that nobody has. */
  void sparePage(Layout at, int index, int width, int page) {
    pinned.bytes().putInt(at.tables() + 4 * index * width, page);
  }

  /** Sends all up to the {@code tableInts}-th int of the tables to the GPU. */
  void upload(Layout at, int ints, CudaStream stream) {
    stream.upload(pinned.pointer(), onGpu.address(), at.tables() + 4L * ints);
  }

  @Override
  public void close() {
    parts.close();
  }
}
