package org.nemotron.core.checkpoint.format;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.nemotron.core.spec.Shapes;

/**
 * How a GGUF file stores the elements of a tensor. Quantized types store blocks of 32 neighbors
 * with one scale.
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
  Q4_0(2, 2, 32, 18);

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

  /**
   * Returns the type of this name, in any case: {@code f16}, {@code q8_0}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static GgufType parse(String name) {
    Optional<GgufType> found =
        Arrays.stream(values())
            .filter(type -> type.name().equals(Ascii.toUpperCase(name)))
            .findFirst();
    checkArgument(
        found.isPresent(),
        "GGUF type (%s) must be one of %s",
        name,
        Arrays.stream(values())
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

  /** Returns the number that stands for a file whose matrices are mostly of this type. */
  public int fileCode() {
    return fileCode;
  }

  /** Returns whether elements share a scale with their neighbors. */
  public boolean isQuantized() {
    return blockElements > 1;
  }

  /** Returns how many neighbors in a row are stored together. */
  int blockElements() {
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
