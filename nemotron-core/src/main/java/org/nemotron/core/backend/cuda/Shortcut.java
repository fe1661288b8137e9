package org.nemotron.core.backend.cuda;

import com.google.common.base.Ascii;
import com.google.common.base.Splitter;

/**
 * A faster way to compute what another kernel computes too. Each can be left out, by its name in
 * the system property {@code nemotron.gpu.without}, to find which one a wrong result comes from.
 */
enum Shortcut {
  /** Attention over pages of 8-bit floats on tensor cores. */
  TENSOR_ATTENTION,
  /** The norm rounds its result to 8-bit floats itself. */
  NORM_TO_EIGHT,
  /** The gate rounds its result to 8-bit floats itself. */
  GATE_TO_EIGHT,
  /**
   * A product of 8-bit floats has no scales: the kernel behind it multiplies by those of rows and
   * columns. LibTorch's products with a scale for each row are up to 20 % slower (H100).
   */
  SCALES_BEHIND,
  /** Prompts and single tokens of a step are rows of the same products. */
  MIXED_STEPS,
  /** The kernel of few rows adds up over the GPUs of several ranks itself. */
  PEER_SUMS,
  /** Steps whose ranks exchange by NCCL are recorded graphs. */
  NCCL_GRAPHS;

  private final boolean taken =
      Splitter.on(',')
          .trimResults()
          .splitToStream(System.getProperty("nemotron.gpu.without", ""))
          .noneMatch(name -> Ascii.equalsIgnoreCase(name, name()));

  /** Returns whether steps are computed so. */
  boolean taken() {
    return taken;
  }
}
