package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.StageBill;

/** What a run was estimated to take, beside what it took. */
final class RunBill {
  private RunBill() {}

  /** Returns a row for each stage that this run has done and that had an estimate. */
  static ImmutableList<StageBill> of(RunMetrics metrics, List<StageSeconds> stages) {
    Optional<Estimate> estimate = metrics.estimate();
    if (estimate.isEmpty()) {
      return ImmutableList.of();
    }
    ImmutableList.Builder<StageBill> bill = ImmutableList.builder();
    for (StageSeconds stage : stages) {
      Optional<StageEstimate> before = estimate.orElseThrow().stage(stage.stage());
      if (before.isPresent() && !stage.reused()) {
        StageEstimate said = before.orElseThrow();
        RunMetrics.Peak peak = metrics.peaks().getOrDefault(stage.stage(), RunMetrics.Peak.NONE);
        bill.add(
            new StageBill(
                stage.stage(),
                said.seconds(),
                stage.seconds(),
                said.memory().hostBytes(),
                peak.hostBytes(),
                said.memory().deviceBytes(),
                peak.deviceBytes()));
      }
    }
    return bill.build();
  }
}
