package org.nemotron.core.inference;

/**
 * What a step gives for the rows that its chunks want, counted over all chunks from 0. Lent: tokens
 * may be read at any time, logits until the session's next step.
 *
 * <p>Logits are computed when they are asked for, in blocks of rows that are fixed by the batch, so
 * that a step that wants thousands of rows needs memory for one block. Whoever reads rows in their
 * order has each block computed once; the values do not depend on the order.
 */
public interface StepOutput {
  /** Returns how many rows there are: {@link ForwardBatch#wanted} of the step's batch. */
  int rows();

  /**
   * Returns whether the device has sampled the token of {@code row}. It has not where the chunk
   * wants logits, where the device does not {@linkplain InferenceModel#samplesTokens sample}, and
   * where a logit is not a number; then there are logits.
   */
  boolean isSampled(int row);

  /**
   * Returns the token of {@code row}.
   *
   * @throws IllegalStateException if none {@linkplain #isSampled was sampled}
   */
  int token(int row);

  /**
   * Returns the logits of {@code row}, {@code [V]}: an array of the session, which holds them until
   * another row is asked for, or the next step.
   *
   * @throws IllegalStateException if the session has made another step, or is closed
   */
  float[] logits(int row);
}
