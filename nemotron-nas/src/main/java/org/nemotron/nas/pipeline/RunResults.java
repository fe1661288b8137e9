package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.SummaryWriter;
import org.nemotron.nas.report.html.ChildCard;
import org.nemotron.nas.report.html.HtmlReport;

/** The files that every run writes anew: plan, solutions, report, and the children's cards. */
final class RunResults {
  private static final String NAME = "results";
  static final String PLAN = "plan.json";
  private static final String SOLUTIONS = "solutions.json";
  private static final String SUMMARY = "report/summary.json";
  private static final String PAGE = "report/index.html";

  private final StageStore store;

  private RunResults(StageStore store) {
    this.store = store;
  }

  /** Begins with the plan; the files of an earlier run are about to be replaced. */
  static RunResults begin(StageStore store, CompressionPlan plan) throws IOException {
    store.withdraw(NAME);
    AtomicFiles.write(store.path(PLAN), PlanFiles.write(plan));
    return new RunResults(store);
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
