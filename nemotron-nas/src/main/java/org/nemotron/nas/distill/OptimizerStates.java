package org.nemotron.nas.distill;

/** In what form AdamW keeps what it knows of every parameter. */
public enum OptimizerStates {
  /**
   * Moments in float32, and where parameters are narrower a float32 copy of them: 12 bytes a
   * parameter, and all gradients at once.
   */
  FLOAT32,
  /**
   * Moments of 8 bits in blocks of 256 with a scale each, no copy of the parameters: 2 bytes a
   * parameter. What is rounded, bfloat16 parameters too, is rounded up or down by chance, so that
   * small updates count on average. A layer is updated as soon as its gradients are complete, which
   * are then freed; they are clipped by the norm of the step before, or by their own if that is
   * larger.
   */
  EIGHT_BIT,
  /**
   * As {@link #FLOAT32}, in the machine's memory: the states of a layer come to the GPU as soon as
   * its gradients are complete, and go back while other layers are computed. Gradients are freed
   * and clipped as with {@link #EIGHT_BIT}.
   */
  FLOAT32_IN_HOST_MEMORY;

  /** Returns how many bytes of a GPU the states of a bfloat16 parameter take. */
  long gpuBytes() {
    return switch (this) {
      case FLOAT32 -> FLOAT32_BYTES;
      case EIGHT_BIT -> EIGHT_BIT_BYTES;
      case FLOAT32_IN_HOST_MEMORY -> 0;
    };
  }

  /** Returns how many bytes of the machine's memory the states of a bfloat16 parameter take. */
  long hostBytes() {
    return this == FLOAT32_IN_HOST_MEMORY ? FLOAT32_BYTES : 0;
  }

  /** Returns how many bytes the states of a bfloat16 parameter have. */
  long savedBytes() {
    return gpuBytes() + hostBytes();
  }

  /** Returns how many bytes the states of a float32 parameter take on the CPU. */
  long cpuBytes() {
    return this == EIGHT_BIT ? EIGHT_BIT_BYTES : MOMENT_BYTES;
  }

  /** Returns whether a layer is updated as soon as its gradients are complete. */
  boolean byLayer() {
    return this != FLOAT32;
  }

  /** A copy of the parameter and two moments. */
  private static final long FLOAT32_BYTES = 12;

  private static final long MOMENT_BYTES = 8;

  /** Two codes; scales are a hundredth of that. */
  private static final long EIGHT_BIT_BYTES = 2;
}
