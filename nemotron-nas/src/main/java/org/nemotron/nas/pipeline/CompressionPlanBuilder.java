package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.nemotron.core.tensor.DType;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.CompressionPlan.CostPlan;
import org.nemotron.nas.pipeline.CompressionPlan.CoupledPlan;
import org.nemotron.nas.pipeline.CompressionPlan.DataPlan;
import org.nemotron.nas.pipeline.CompressionPlan.GlobalPlan;
import org.nemotron.nas.pipeline.CompressionPlan.LocalPlan;
import org.nemotron.nas.pipeline.CompressionPlan.NonFinite;
import org.nemotron.nas.pipeline.CompressionPlan.ScoringPlan;
import org.nemotron.nas.pipeline.CompressionPlan.Target;

/**
 * Makes a plan from another one; begun by {@link CompressionPlan#toBuilder}. What the settings must
 * be stands with {@link CompressionPlan}.
 */
public final class CompressionPlanBuilder {
  private String parent;
  private String output;
  private ImmutableList<String> calibrationTexts;
  private ImmutableList<String> heldOutTexts;
  private long seed;
  private String device;
  private DType dtype;
  private DType childDtype;
  private int threads;
  private DataPlan data;
  private SearchSpace space;
  private InitSettings start;
  private LocalPlan local;
  private CoupledPlan coupled;
  private ScoringPlan scoring;
  private CostPlan costs;
  private GlobalPlan global;
  private ImmutableList<Target> targets;
  private NonFinite nonFinite;

  CompressionPlanBuilder(CompressionPlan plan) {
    this.parent = plan.parent();
    this.output = plan.output();
    this.calibrationTexts = plan.calibrationTexts();
    this.heldOutTexts = plan.heldOutTexts();
    this.seed = plan.seed();
    this.device = plan.device();
    this.dtype = plan.dtype();
    this.childDtype = plan.childDtype();
    this.threads = plan.threads();
    this.data = plan.data();
    this.space = plan.space();
    this.start = plan.start();
    this.local = plan.local();
    this.coupled = plan.coupled();
    this.scoring = plan.scoring();
    this.costs = plan.costs();
    this.global = plan.global();
    this.targets = plan.targets();
    this.nonFinite = plan.nonFinite();
  }

  /** Sets the directory or GGUF file of the parent. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder parent(String value) {
    this.parent = value;
    return this;
  }

  /** Sets the directory of the run. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder output(String value) {
    this.output = value;
    return this;
  }

  /** Sets the text files to learn from. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder calibrationTexts(ImmutableList<String> value) {
    this.calibrationTexts = value;
    return this;
  }

  /** Sets the text files to measure on. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder heldOutTexts(ImmutableList<String> value) {
    this.heldOutTexts = value;
    return this;
  }

  /** Sets the seed of everything random. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder seed(long value) {
    this.seed = value;
    return this;
  }

  /** Sets the device, {@code cpu} or {@code cuda:N}. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder device(String value) {
    this.device = value;
    return this;
  }

  /** Sets the element type of all arithmetic. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder dtype(DType value) {
    this.dtype = value;
    return this;
  }

  /** Sets the element type of the children's files. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder childDtype(DType value) {
    this.childDtype = value;
    return this;
  }

  /** Sets the number of cores for work side by side. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder threads(int value) {
    this.threads = value;
    return this;
  }

  /** Sets the way in which text becomes batches. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder data(DataPlan value) {
    this.data = value;
    return this;
  }

  /** Sets the search space. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder space(SearchSpace value) {
    this.space = value;
    return this;
  }

  /** Sets the starting weights. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder start(InitSettings value) {
    this.start = value;
    return this;
  }

  /** Sets the blockwise local distillation. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder local(LocalPlan value) {
    this.local = value;
    return this;
  }

  /** Sets the coupled distillation. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder coupled(CoupledPlan value) {
    this.coupled = value;
    return this;
  }

  /** Sets the scoring. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder scoring(ScoringPlan value) {
    this.scoring = value;
    return this;
  }

  /** Sets the scenario and measurement of costs. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder costs(CostPlan value) {
    this.costs = value;
    return this;
  }

  /** Sets the global distillation. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder global(GlobalPlan value) {
    this.global = value;
    return this;
  }

  /** Sets the targets, one child for each. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder targets(ImmutableList<Target> value) {
    this.targets = value;
    return this;
  }

  /** Sets what is done about a NaN or an infinity. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder nonFinite(NonFinite value) {
    this.nonFinite = value;
    return this;
  }

  /**
   * Returns the plan.
   *
   * @throws IllegalArgumentException if a setting is out of its range, or two do not go together
   */
  public CompressionPlan build() {
    return new CompressionPlan(
        parent,
        output,
        calibrationTexts,
        heldOutTexts,
        seed,
        device,
        dtype,
        childDtype,
        threads,
        data,
        space,
        start,
        local,
        coupled,
        scoring,
        costs,
        global,
        targets,
        nonFinite);
  }
}
