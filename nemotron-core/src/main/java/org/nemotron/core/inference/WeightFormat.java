package org.nemotron.core.inference;

/** How weights are held for generation; sums are float32 in each. */
public enum WeightFormat {
  /**
   * As float32, on the CPU: reproduces training's numbers up to rounding; streams twice the bytes.
   */
  FLOAT32(4),
  /**
   * As IEEE half precision, on the CPU, packed once in the order in which the product reads them.
   * Exact for bfloat16 weights from 2^-17 (7.6e-6) to 65504 in size; smaller ones are off by 2^-25
   * (3e-8) at most. A row's result does not depend on how many rows are multiplied together. A
   * matrix that has larger weights, or that has rows or columns too small for it, is held as
   * float32: {@link InferenceModel#notes} names it.
   */
  FLOAT16(2),
  /**
   * As bfloat16. Activations are rounded to it too, the residual stream is float32. What a GPU
   * multiplies; on the CPU it is exact for bfloat16 weights of any size, and fast only where the
   * processor has instructions for it.
   */
  BFLOAT16(2),
  /**
   * As 8-bit floats (e4m3) with a float32 scale for each output, on a GPU: half the bytes of
   * bfloat16, and products at up to twice its rate. In products of many rows activations are
   * rounded to e4m3 too, each row with a scale of its own; in those of few rows they stay bfloat16.
   * The embedding and norms stay bfloat16, and the head unless {@link ModelFormat} says otherwise.
   * What it costs in accuracy is for the application to measure.
   */
  FLOAT8_E4M3(1);

  private final int bytes;

  WeightFormat(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of a weight. */
  public int bytes() {
    return bytes;
  }
}
