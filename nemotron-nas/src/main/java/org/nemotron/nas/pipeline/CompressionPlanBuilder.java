package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.RefitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.CompressionPlan.CostPlan;
import org.nemotron.nas.pipeline.CompressionPlan.CoupledPlan;
import org.nemotron.nas.pipeline.CompressionPlan.DataPlan;
import org.nemotron.nas.pipeline.CompressionPlan.Execution;
import org.nemotron.nas.pipeline.CompressionPlan.Inputs;
import org.nemotron.nas.score.ScoringSettings;

/**
 * Makes a plan from another one; begun by {@link CompressionPlan#toBuilder}. What the settings must
 * be stands with {@link CompressionPlan}.
 */
public final class CompressionPlanBuilder {
  private Inputs inputs;
  private Execution execution;
  private DataPlan data;
  private SearchSpace space;
  private InitSettings init;
  private LocalDistillationSettings local;
  private CoupledPlan coupled;
  private RefitSettings refit;
  private ScoringSettings scoring;
  private CostPlan costs;
  private SearchPlan search;
  private GlobalDistillationSettings global;
  private ImmutableList<Target> targets;
  private EvaluationPlan evaluation;

  CompressionPlanBuilder(CompressionPlan plan) {
    this.inputs = plan.inputs();
    this.execution = plan.execution();
    this.data = plan.data();
    this.space = plan.space();
    this.init = plan.init();
    this.local = plan.local();
    this.coupled = plan.coupled();
    this.refit = plan.refit();
    this.scoring = plan.scoring();
    this.costs = plan.costs();
    this.search = plan.search();
    this.global = plan.global();
    this.targets = plan.targets();
    this.evaluation = plan.evaluation();
  }

  /** Sets parent and texts. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder inputs(Inputs value) {
    this.inputs = value;
    return this;
  }

  /** Sets output, device and arithmetic. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder execution(Execution value) {
    this.execution = value;
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

  /** Sets the weights that training starts from. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder init(InitSettings value) {
    this.init = value;
    return this;
  }

  /** Sets the blockwise local distillation. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder local(LocalDistillationSettings value) {
    this.local = value;
    return this;
  }

  /** Sets the coupled distillation. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder coupled(CoupledPlan value) {
    this.coupled = value;
    return this;
  }

  /** Sets the refit of a child after its assembly. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder refit(RefitSettings value) {
    this.refit = value;
    return this;
  }

  /** Sets the scoring. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder scoring(ScoringSettings value) {
    this.scoring = value;
    return this;
  }

  /** Sets the scenario and measurement of costs. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder costs(CostPlan value) {
    this.costs = value;
    return this;
  }

  /** Sets the rounds that improve what was found. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder search(SearchPlan value) {
    this.search = value;
    return this;
  }

  /** Sets the global distillation. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder global(GlobalDistillationSettings value) {
    this.global = value;
    return this;
  }

  /** Sets the targets, one child for each. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder targets(ImmutableList<Target> value) {
    this.targets = value;
    return this;
  }

  /** Sets the benchmark tasks of the report. */
  @CanIgnoreReturnValue
  public CompressionPlanBuilder evaluation(EvaluationPlan value) {
    this.evaluation = value;
    return this;
  }

  /**
   * Returns the plan.
   *
   * @throws IllegalArgumentException if a setting is out of its range, or two do not go together
   */
  public CompressionPlan build() {
    return new CompressionPlan(
        inputs,
        execution,
        data,
        space,
        init,
        local,
        coupled,
        refit,
        scoring,
        costs,
        search,
        global,
        targets,
        evaluation);
  }
}
