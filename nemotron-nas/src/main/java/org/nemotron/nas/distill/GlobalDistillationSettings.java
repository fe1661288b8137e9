package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;

/**
 * How a whole child is trained. Immutable.
 *
 * <p>The default terms are the paper's best: cosine distance of hidden states and KL of the logits,
 * no language-model loss.
 *
 * @param steps batches seen
 * @param optimizer rate, schedule, decay, clipping
 * @param cosineWeight weight of the sum over layers of {@code 1 - cos}; 0 switches it off
 * @param klWeight weight of KL(parent ‖ child); 0 switches it off
 * @param lmWeight weight of the next-token loss; 0 switches it off
 * @param evaluateEvery after how many steps the child is measured and its state saved; the best one
 *     is kept
 * @param optimizerStates how much memory the optimizer takes, where, and what it rounds
 * @param microBatch how many sequences of a batch are computed at a time, on the CPU by each
 *     thread; their gradients are added. 0 leaves that to memory: all on the CPU and where several
 *     ranks share a batch, else as many as a GPU's memory holds
 */
public record GlobalDistillationSettings(
    int steps,
    OptimizerSettings optimizer,
    double cosineWeight,
    double klWeight,
    double lmWeight,
    int evaluateEvery,
    OptimizerStates optimizerStates,
    int microBatch) {
  /** 80 steps at a rate of up to 0.001: a minute for a small child on a laptop. */
  public static final GlobalDistillationSettings DEFAULT =
      new GlobalDistillationSettings(80, OptimizerSettings.ofRate(1e-3), 1, 1, 0, 40);

  /** Makes settings with an optimizer in float32. */
  public GlobalDistillationSettings(
      int steps,
      OptimizerSettings optimizer,
      double cosineWeight,
      double klWeight,
      double lmWeight,
      int evaluateEvery) {
    this(
        steps, optimizer, cosineWeight, klWeight, lmWeight, evaluateEvery, OptimizerStates.FLOAT32);
  }

  /** Makes settings that leave it to memory how many sequences are computed at a time. */
  public GlobalDistillationSettings(
      int steps,
      OptimizerSettings optimizer,
      double cosineWeight,
      double klWeight,
      double lmWeight,
      int evaluateEvery,
      OptimizerStates optimizerStates) {
    this(steps, optimizer, cosineWeight, klWeight, lmWeight, evaluateEvery, optimizerStates, 0);
  }

  /** Checks the ranges. */
  public GlobalDistillationSettings {
    checkArgument(steps >= 0, "steps (%s) must not be negative", steps);
    checkArgument(
        cosineWeight >= 0 && klWeight >= 0 && lmWeight >= 0,
        "weights (cosine %s, KL %s, LM %s) must not be negative",
        cosineWeight,
        klWeight,
        lmWeight);
    checkArgument(
        cosineWeight + klWeight + lmWeight > 0, "at least one term must have a positive weight");
    checkArgument(evaluateEvery > 0, "evaluateEvery (%s) must be positive", evaluateEvery);
    checkArgument(microBatch >= 0, "microBatch (%s) must not be negative", microBatch);
  }

  /** Returns a builder that begins with these settings. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Makes settings from others. */
  public static final class Builder {
    private int steps;
    private OptimizerSettings optimizer;
    private double cosineWeight;
    private double klWeight;
    private double lmWeight;
    private int evaluateEvery;
    private OptimizerStates optimizerStates;
    private int microBatch;

    private Builder(GlobalDistillationSettings settings) {
      this.steps = settings.steps;
      this.optimizer = settings.optimizer;
      this.cosineWeight = settings.cosineWeight;
      this.klWeight = settings.klWeight;
      this.lmWeight = settings.lmWeight;
      this.evaluateEvery = settings.evaluateEvery;
      this.optimizerStates = settings.optimizerStates;
      this.microBatch = settings.microBatch;
    }

    /** Sets the number of batches seen. */
    @CanIgnoreReturnValue
    public Builder steps(int value) {
      steps = value;
      return this;
    }

    /** Sets rate, schedule, decay and clipping. */
    @CanIgnoreReturnValue
    public Builder optimizer(OptimizerSettings value) {
      optimizer = value;
      return this;
    }

    /** Sets the weight of the cosine distance of hidden states. */
    @CanIgnoreReturnValue
    public Builder cosineWeight(double value) {
      cosineWeight = value;
      return this;
    }

    /** Sets the weight of KL(parent ‖ child). */
    @CanIgnoreReturnValue
    public Builder klWeight(double value) {
      klWeight = value;
      return this;
    }

    /** Sets the weight of the next-token loss. */
    @CanIgnoreReturnValue
    public Builder lmWeight(double value) {
      lmWeight = value;
      return this;
    }

    /** Sets after how many steps the child is measured and its state saved. */
    @CanIgnoreReturnValue
    public Builder evaluateEvery(int value) {
      evaluateEvery = value;
      return this;
    }

    /** Sets in what form the optimizer keeps its moments. */
    @CanIgnoreReturnValue
    public Builder optimizerStates(OptimizerStates value) {
      optimizerStates = value;
      return this;
    }

    /** Sets how many sequences are computed at a time; 0 leaves it to memory. */
    @CanIgnoreReturnValue
    public Builder microBatch(int value) {
      microBatch = value;
      return this;
    }

    /**
     * Returns the settings.
     *
     * @throws IllegalArgumentException if one is out of its range
     */
    public GlobalDistillationSettings build() {
      return new GlobalDistillationSettings(
          steps,
          optimizer,
          cosineWeight,
          klWeight,
          lmWeight,
          evaluateEvery,
          optimizerStates,
          microBatch);
    }
  }

  /** Returns these settings with another number of steps. */
  public GlobalDistillationSettings withSteps(int other) {
    return toBuilder().steps(other).build();
  }

  /** Returns these settings with another optimizer. */
  public GlobalDistillationSettings withOptimizer(OptimizerSettings other) {
    return toBuilder().optimizer(other).build();
  }

  /** Returns these settings with other weights of the three terms of the loss. */
  public GlobalDistillationSettings withWeights(double cosine, double kl, double lm) {
    return toBuilder().cosineWeight(cosine).klWeight(kl).lmWeight(lm).build();
  }

  /** Returns these settings with another number of steps between measurements. */
  public GlobalDistillationSettings withEvaluateEvery(int other) {
    return toBuilder().evaluateEvery(other).build();
  }

  /** Returns these settings with moments in another form. */
  public GlobalDistillationSettings withOptimizerStates(OptimizerStates other) {
    return toBuilder().optimizerStates(other).build();
  }

  /** Returns these settings with another number of sequences at a time. */
  public GlobalDistillationSettings withMicroBatch(int other) {
    return toBuilder().microBatch(other).build();
  }
}
