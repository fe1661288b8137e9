package org.nemotron.core.inference;

/** How keys and values are held in the pages of a {@linkplain KvPages KV cache}. */
public enum KvFormat {
  /** As the device usually does: float32 on the CPU, bfloat16 on a GPU. */
  USUAL,
  /**
   * As 8-bit floats (e4m3), on a GPU: half the bytes of bfloat16, so that a step reads half as much
   * and twice as many tokens fit. What is larger than 448 is held as 448, and counted: {@link
   * InferenceSession#saturated}. What it costs in accuracy is for the application to measure.
   */
  FLOAT8_E4M3
}
