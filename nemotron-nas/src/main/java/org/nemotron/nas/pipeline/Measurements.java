package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.report.BenchmarkTable;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;

/**
 * What the evaluation of a run measured.
 *
 * @param scenario with the parent's best batch
 * @param parent with its rate in that scenario
 */
record Measurements(
    Scenario scenario,
    MeasuredModel parent,
    ImmutableList<OfTarget> targets,
    AdditivityAudit additivity,
    ScoringSpeed scoringSpeed,
    ImmutableList<FrontierPoint> frontier,
    BenchmarkTable benchmarks) {

  /**
   * A target's child and what it is compared with.
   *
   * @param speed of the child, in turns with the parent
   */
  record OfTarget(
      FinishedTarget target,
      SpeedMeasurement speed,
      MeasuredModel child,
      MeasuredModel beforeDistillation,
      MeasuredModel greedy,
      MeasuredModel random,
      MeasuredModel untrained) {}
}
