package org.nemotron.core.checkpoint.format;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.nemotron.core.spec.Shapes;

/**
 * How a GGUF file stores the elements of a tensor. Quantized types store blocks of 32 neighbors
 * with one scale, or of 256 with one scale per 16 or 32 of them. All types can be read; {@link
 * #isWritten some} can be written.
 */
public enum GgufType {
  /** IEEE single precision. */
  F32(0, 0, 1, 4),
  /** IEEE half precision. */
  F16(1, 1, 1, 2),
  /** The upper half of a single. */
  BF16(30, 32, 1, 2),
  /** 32 whole numbers from -127 to 127 and a half-precision scale: 8.5 bits per element. */
  Q8_0(8, 7, 32, 34),
  /** 32 whole numbers from -8 to 7 and a half-precision scale: 4.5 bits per element. */
  Q4_0(2, 2, 32, 18),
  /** 32 whole numbers from 0 to 15, scale and minimum: 5 bits per element; read only. */
  Q4_1(3, 32, 20),
  /** 32 whole numbers from -16 to 15 and a scale: 5.5 bits per element; read only. */
  Q5_0(6, 32, 22),
  /** 32 whole numbers from 0 to 31, scale and minimum: 6 bits per element; read only. */
  Q5_1(7, 32, 24),
  /** 256 of 2 bits, 16 scales and minima of 4: 2.625 bits per element; read only. */
  Q2_K(10, 256, 84),
  /** 256 of 3 bits, 16 scales of 6: 3.4375 bits per element; read only. */
  Q3_K(11, 256, 110),
  /** 256 of 4 bits, 8 scales and minima of 6: 4.5 bits per element; read only. */
  Q4_K(12, 256, 144),
  /** 256 of 5 bits, 8 scales and minima of 6: 5.5 bits per element; read only. */
  Q5_K(13, 256, 176),
  /** 256 of 6 bits, 16 scales of 8: 6.5625 bits per element; read only. */
  Q6_K(14, 256, 210),
  /** 256 bytes and a single-precision scale: 9.125 bits per element; read only. */
  Q8_K(15, 256, 292),
  /** 32 of 16 uneven levels and a scale: 4.5 bits per element; read only. */
  IQ4_NL(20, 32, 18),
  /** 256 of 16 uneven levels, 8 scales of 6 bits: 4.25 bits per element; read only. */
  IQ4_XS(23, 256, 136);

  /** Stands for the file code of a type that no file is written in. */
  private static final int NOT_WRITTEN = -1;

  private final int code;
  private final int fileCode;
  private final int blockElements;
  private final int blockBytes;

  GgufType(int code, int fileCode, int blockElements, int blockBytes) {
    this.code = code;
    this.fileCode = fileCode;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  GgufType(int code, int blockElements, int blockBytes) {
    this(code, NOT_WRITTEN, blockElements, blockBytes);
  }

  /**
   * Returns the type of this name, in any case: {@code f16}, {@code q8_0}; one that can be written.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static GgufType parse(String name) {
    Optional<GgufType> found =
        Arrays.stream(values())
            .filter(type -> type.isWritten() && type.name().equals(Ascii.toUpperCase(name)))
            .findFirst();
    checkArgument(
        found.isPresent(),
        "GGUF type (%s) must be one of %s",
        name,
        Arrays.stream(values())
            .filter(GgufType::isWritten)
            .map(type -> Ascii.toLowerCase(type.name()))
            .collect(Collectors.joining(", ")));
    return found.orElseThrow();
  }

  /** Returns the type that a file calls {@code code}, or empty for one that is not supported. */
  public static Optional<GgufType> ofCode(long code) {
    return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
  }

  /** Returns the number that stands for this type in a file. */
  public int code() {
    return code;
  }

  /**
   * Returns the number that stands for a file whose matrices are mostly of this type.
   *
   * @throws IllegalStateException if no file is {@linkplain #isWritten written} in this type
   */
  public int fileCode() {
    checkState(isWritten(), "files of type %s are not written", this);
    return fileCode;
  }

  /** Returns whether this library writes files of this type; the others are only read. */
  public boolean isWritten() {
    return fileCode != NOT_WRITTEN;
  }

  /** Returns whether elements share a scale with their neighbors. */
  public boolean isQuantized() {
    return blockElements > 1;
  }

  /** Returns how many neighbors in a row are stored together. */
  public int blockElements() {
    return blockElements;
  }

  /** Returns the size of that many neighbors. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Returns whether rows of this many elements can be stored. */
  public boolean fits(long rowElements) {
    return rowElements % blockElements == 0;
  }

  /** Returns the size of a tensor whose rows {@linkplain #fits fit}. */
  public long bytes(ImmutableList<Long> shape) {
    long row = shape.isEmpty() ? 1 : Iterables.getLast(shape);
    checkArgument(fits(row), "rows of %s elements cannot be stored as %s", row, this);
    return Math.multiplyExact(Shapes.elements(shape) / blockElements, (long) blockBytes);
  }
}
