package org.nemotron.nas.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.nemotron.nas.report.RunSummary.StageSeconds;

/**
 * How far a run has come that is under way. Immutable.
 *
 * @param parentName the parent's name
 * @param targets what the run searches children for, in words
 * @param stages that have a result, in their order
 * @param bill of those that had an estimate
 * @param ahead the stages to come that have an estimate, and its seconds, in their order
 */
public record RunProgress(
    String parentName,
    ImmutableList<String> targets,
    ImmutableList<StageSeconds> stages,
    ImmutableList<StageBill> bill,
    ImmutableMap<String, Double> ahead) {
  /** Checks that the parent is named. */
  public RunProgress {
    checkArgument(!parentName.isBlank(), "parentName (\"%s\") must not be blank", parentName);
  }

  /** Returns the seconds that the stages to come were estimated to take. */
  public double secondsAhead() {
    return ahead.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
