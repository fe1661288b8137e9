package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;

/**
 * What the evaluation of a run measured.
 *
 * @param parent with its rate in the first target's scenario
 */
record Measurements(
    MeasuredModel parent,
    ImmutableList<OfTarget> targets,
    AdditivityAudit additivity,
    ScoringSpeed scoringSpeed,
    ImmutableList<FrontierPoint> frontier) {

  /** A target's child and what it is compared with. */
  record OfTarget(
      FinishedTarget target,
      MeasuredModel child,
      MeasuredModel beforeDistillation,
      MeasuredModel greedy,
      MeasuredModel random,
      MeasuredModel untrained) {}
}
