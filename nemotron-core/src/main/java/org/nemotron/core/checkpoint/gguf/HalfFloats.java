package org.nemotron.core.checkpoint.gguf;

/**
 * IEEE half precision as bits: 1 sign, 5 exponent and 10 fraction bits, as Java has it since 20.
 */
final class HalfFloats {
  static final float MAX_VALUE = 65504;

  /** One unit in the last place of the halves below 2^-14, which have no leading one. */
  private static final float SUBNORMAL_UNIT = 0x1p-24f;

  private static final float LEAST_NORMAL = 0x1p-14f;
  private static final int DROPPED_BITS = 13;

  private HalfFloats() {}

  /** Returns the half nearest to a finite {@code value}, ties to even; infinite where too large. */
  static short of(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (magnitude < LEAST_NORMAL) {
      return (short) (sign | (int) Math.rint(magnitude / (double) SUBNORMAL_UNIT));
    }
    int bits = Float.floatToRawIntBits(magnitude);
    int tie = bits >>> DROPPED_BITS & 1;
    int rounded = (bits + (1 << (DROPPED_BITS - 1)) - 1 + tie) >>> DROPPED_BITS;
    // The exponent's bias falls from 127 to 15; rounding may have carried into it, as it should.
    return (short) (sign | Math.min(rounded - ((127 - 15) << 10), 0x7C00));
  }

  /** Returns the number that {@code half} stands for, which float32 holds exactly. */
  static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >>> 10 & 0x1F;
    int fraction = half & 0x3FF;
    if (exponent == 0) {
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * SUBNORMAL_UNIT));
    }
    // The greatest exponent, of infinities and NaN, is also that of single precision.
    int widened = exponent == 0x1F ? 0xFF : exponent + (127 - 15);
    return Float.intBitsToFloat(sign | widened << 23 | fraction << DROPPED_BITS);
  }
}
