package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;

/** Whether all elements of a tensor are numbers, at the speed at which memory is read. */
public final class Finiteness {
  /*
   * An element is NaN or infinite exactly when all bits of its exponent are set. With the sign and
   * the fraction masked off, adding one to the exponent's lowest bit then carries into the place of
   * the sign, and never further: several elements are tried at once in a long, without a branch.
   * The OR of all sums has such a carry as soon as one element is no number.
   *
   * A mapped file is read for the first time by this pass. Pieces are taken by all cores.
   */
  private static final long PIECE_BYTES = 4 << 20;

  /** Where the exponents of the elements in a long lie, and what is added to them. */
  private record Pattern(long exponents, long ones, long carries) {
    static final Pattern FLOAT32 =
        new Pattern(0x7f800000_7f800000L, 0x00800000_00800000L, 0x80000000_80000000L);
    static final Pattern FLOAT16 =
        new Pattern(0x7c00_7c00_7c00_7c00L, 0x0400_0400_0400_0400L, 0x8000_8000_8000_8000L);
    static final Pattern BFLOAT16 =
        new Pattern(0x7f80_7f80_7f80_7f80L, 0x0080_0080_0080_0080L, 0x8000_8000_8000_8000L);

    static Pattern of(DType dtype) {
      return switch (dtype) {
        case FLOAT32 -> FLOAT32;
        case FLOAT16 -> FLOAT16;
        case BFLOAT16 -> BFLOAT16;
        case FLOAT8_E4M3, INT64, INT32 ->
            throw new IllegalArgumentException(
                "dtype (" + dtype.configName() + ") must be floating-point");
      };
    }

    long sum(long elements) {
      return (elements & exponents) + ones;
    }
  }

  private Finiteness() {}

  /**
   * Returns whether no element is NaN or infinite.
   *
   * @param tensor floating-point; on the CPU it must be contiguous
   */
  public static boolean of(Tensor tensor) {
    if (!Tensors.device(tensor).equals(Device.CPU)) {
      return ofExtremes(tensor);
    }
    checkArgument(tensor.is_contiguous(), "the tensor must be contiguous");
    Pattern pattern = Pattern.of(DType.of(tensor));
    long bytes = tensor.numel() * DType.of(tensor).bytes();
    if (bytes == 0) {
      return true;
    }
    try (NativeScope scope = NativeScope.open()) {
      Pointer data = tensor.data_ptr();
      return LongStream.range(0, (bytes + PIECE_BYTES - 1) / PIECE_BYTES)
          .parallel()
          .allMatch(
              piece -> {
                long begin = piece * PIECE_BYTES;
                return ofBytes(pattern, data, begin, Math.min(bytes, begin + PIECE_BYTES));
              });
    }
  }

  private static boolean ofBytes(Pattern pattern, Pointer data, long begin, long end) {
    try (BytePointer bytes = new BytePointer(data)) {
      ByteBuffer piece =
          bytes.position(begin).limit(end).asByteBuffer().order(ByteOrder.nativeOrder());
      long sums = sums(pattern, piece.asLongBuffer());
      ByteBuffer rest = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
      piece.position(piece.limit() / Long.BYTES * Long.BYTES);
      return ((sums | pattern.sum(rest.put(piece).getLong(0))) & pattern.carries()) == 0;
    }
  }

  /** Returns the OR of all sums; a loop of its own, which the compiler unrolls. */
  private static long sums(Pattern pattern, LongBuffer elements) {
    long exponents = pattern.exponents();
    long ones = pattern.ones();
    long sums = 0;
    int count = elements.limit();
    for (int index = 0; index < count; index++) {
      sums |= (elements.get(index) & exponents) + ones;
    }
    return sums;
  }

  /** One pass without temporaries: least and greatest element are NaN as soon as one element is. */
  private static boolean ofExtremes(Tensor tensor) {
    try (NativeScope scope = NativeScope.open()) {
      T_TensorTensor_T extremes = tensor.aminmax();
      return Double.isFinite(extremes.get0().item_double())
          && Double.isFinite(extremes.get1().item_double());
    }
  }
}
