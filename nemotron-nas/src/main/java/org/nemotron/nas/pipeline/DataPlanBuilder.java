package org.nemotron.nas.pipeline;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.nemotron.nas.pipeline.CompressionPlan.DataPlan;

/**
 * Makes a {@link DataPlan} from another one; begun by {@link DataPlan#toBuilder}. What the settings
 * must be stands there.
 */
public final class DataPlanBuilder {
  private int windowTokens;
  private int batchSize;
  private int globalBatchSize;
  private long trainingTokens;
  private int validationTokens;
  private int heldOutWindowTokens;
  private int heldOutWindows;

  DataPlanBuilder(DataPlan plan) {
    this.windowTokens = plan.windowTokens();
    this.batchSize = plan.batchSize();
    this.globalBatchSize = plan.globalBatchSize();
    this.trainingTokens = plan.trainingTokens();
    this.validationTokens = plan.validationTokens();
    this.heldOutWindowTokens = plan.heldOutWindowTokens();
    this.heldOutWindows = plan.heldOutWindows();
  }

  /** Sets the tokens per sequence in training and scoring. */
  @CanIgnoreReturnValue
  public DataPlanBuilder windowTokens(int value) {
    windowTokens = value;
    return this;
  }

  /** Sets the sequences per batch in local distillation and scoring. */
  @CanIgnoreReturnValue
  public DataPlanBuilder batchSize(int value) {
    batchSize = value;
    return this;
  }

  /** Sets the sequences per batch in global distillation. */
  @CanIgnoreReturnValue
  public DataPlanBuilder globalBatchSize(int value) {
    globalBatchSize = value;
    return this;
  }

  /** Sets how much of the calibration text is used, at most. */
  @CanIgnoreReturnValue
  public DataPlanBuilder trainingTokens(long value) {
    trainingTokens = value;
    return this;
  }

  /** Sets how much of the calibration text is kept for scores and the choice of the best child. */
  @CanIgnoreReturnValue
  public DataPlanBuilder validationTokens(int value) {
    validationTokens = value;
    return this;
  }

  /** Sets the tokens per sequence in the report's measurements. */
  @CanIgnoreReturnValue
  public DataPlanBuilder heldOutWindowTokens(int value) {
    heldOutWindowTokens = value;
    return this;
  }

  /** Sets the sequences per held-out text in the report's measurements. */
  @CanIgnoreReturnValue
  public DataPlanBuilder heldOutWindows(int value) {
    heldOutWindows = value;
    return this;
  }

  /**
   * Returns the plan.
   *
   * @throws IllegalArgumentException if a setting is out of its range
   */
  public DataPlan build() {
    return new DataPlan(
        windowTokens,
        batchSize,
        globalBatchSize,
        trainingTokens,
        validationTokens,
        heldOutWindowTokens,
        heldOutWindows);
  }
}
