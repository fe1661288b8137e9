package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.checkpoint.ModelNames;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.io.SealedJson;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.report.RunProgress;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.SummaryWriter;
import org.nemotron.nas.report.html.ChildCard;
import org.nemotron.nas.report.html.HtmlReport;
import org.nemotron.nas.report.html.ProgressPage;

/** The files that every run writes anew: plan, solutions, report, and the children's cards. */
final class RunResults {
  private static final String NAME = "results";
  static final String PLAN = "plan.json";
  private static final String SOLUTIONS = "solutions.json";
  private static final String SUMMARY = "report/summary.json";
  private static final String PAGE = "report/index.html";

  private final StageStore store;
  private final CompressionPlan plan;
  private final RunMetrics metrics;

  private RunResults(StageStore store, CompressionPlan plan, RunMetrics metrics) {
    this.store = store;
    this.plan = plan;
    this.metrics = metrics;
  }

  /**
   * Begins with the plan; the files of an earlier run are about to be replaced. The page is renewed
   * after each stage.
   */
  static RunResults begin(StageStore store, CompressionPlan plan, RunMetrics metrics)
      throws IOException {
    store.withdraw(NAME);
    SealedJson.write(store.path(PLAN), PlanFiles.JSON.<ObjectNode>valueToTree(plan));
    RunResults results = new RunResults(store, plan, metrics);
    store.afterEach(results::renewPage);
    return results;
  }

  private void renewPage() throws IOException {
    AtomicFiles.write(store.path(PAGE), ProgressPage.render(progress()));
  }

  private RunProgress progress() {
    ImmutableList<StageSeconds> done = store.seconds();
    ImmutableSet<String> names =
        done.stream().map(StageSeconds::stage).collect(ImmutableSet.toImmutableSet());
    Map<String, Double> ahead = new LinkedHashMap<>();
    for (StageEstimate stage :
        metrics.estimate().map(Estimate::stages).orElse(ImmutableList.of())) {
      if (names.contains(stage.stage())) {
        ahead.clear(); // what stands before it was not wanted, as a round behind the last one
      } else {
        ahead.put(stage.stage(), stage.seconds());
      }
    }
    return new RunProgress(
        ModelNames.of(plan.inputs().parent()),
        plan.targets().stream()
            .map(target -> target.name() + ": " + target.goal())
            .collect(ImmutableList.toImmutableList()),
        done,
        RunBill.of(metrics, done),
        ImmutableMap.copyOf(ahead));
  }

  /** Writes what the search found for each target. */
  void solutions(List<Target> targets, List<TargetSearch.Answer> answers) throws IOException {
    AtomicFiles.write(store.path(SOLUTIONS), SolutionFiles.json(targets, answers));
  }

  /** Writes the report and the children's cards, and notes all files with their digests. */
  void finish(RunInputs inputs, List<FinishedTarget> finished, RunSummary summary)
      throws IOException {
    ImmutableList.Builder<Path> files = ImmutableList.builder();
    files.add(store.path(PLAN), store.path(SOLUTIONS), store.path(SUMMARY), store.path(PAGE));
    for (FinishedTarget target : finished) {
      files.add(writeCard(inputs, target, summary));
    }
    AtomicFiles.write(store.path(SUMMARY), SummaryWriter.toJson(summary));
    AtomicFiles.write(store.path(PAGE), HtmlReport.render(summary));
    store.publish(NAME, files.build());
  }

  private static Path writeCard(RunInputs inputs, FinishedTarget target, RunSummary summary)
      throws IOException {
    ChildStage.Child child = target.child();
    Path parent = inputs.plan().inputs().parent();
    ModelCard card = ModelCard.of(child.directory(), parent, child.model().spec());
    Path file = child.directory().resolve(ModelCard.FILE);
    TargetSummary measured = summary.target(target.target().name());
    AtomicFiles.write(
        file, ChildCard.of(card, summary, measured, inputs.fingerprint()).toMarkdown());
    return file;
  }
}
