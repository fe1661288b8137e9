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
  EIGHT_BIT
}
