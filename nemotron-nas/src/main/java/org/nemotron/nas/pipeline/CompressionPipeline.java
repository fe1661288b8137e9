package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.io.FileFaults;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.pipeline.CompressionPlan.Target;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.SummaryWriter;
import org.nemotron.nas.report.html.ChildCard;
import org.nemotron.nas.report.html.HtmlReport;
import org.nemotron.nas.score.ScoreTable;

/**
 * The whole method: from a parent and a budget to children that run, and a report.
 *
 * <p>A library of cheaper alternatives to every block is made and each alternative trained to
 * imitate its block; each gets a score and a measured cost; promising pairs are trained together;
 * for each target the best architecture is searched, measured if the plan wants it, assembled, and
 * distilled as a whole.
 *
 * <p>Every stage stores its result in the run's directory. A run begun again there reuses what fits
 * and makes the rest anew; a target added later costs only its own search, assembly and
 * distillation.
 *
 * <p>Source: Puzzle, arXiv:2411.19146.
 */
public final class CompressionPipeline {
  private static final String PLAN = "plan.json";
  private static final String SOLUTIONS = "solutions.json";
  private static final String SUMMARY = "report/summary.json";
  private static final String PAGE = "report/index.html";

  /** What every run writes anew: all that no stage keeps. */
  private static final String RESULTS = "results";

  private final CompressionPlan plan;
  private final PipelineListener listener;

  /** Makes a pipeline that works to {@code plan} and tells {@code listener} how it gets on. */
  public CompressionPipeline(CompressionPlan plan, PipelineListener listener) {
    this.plan = plan;
    this.listener = listener;
  }

  /**
   * Runs all stages and returns the summary, which is also in {@code report/}.
   *
   * @throws IOException if a file is missing, malformed or cannot be written; the message names it
   * @throws NoArchitectureException if nothing fits a target; finished stages are kept
   */
  public RunSummary run() throws IOException, NoArchitectureException {
    Path directory = Path.of(plan.output());
    makeDirectory(directory);
    try (RunLock lock = RunLock.of(directory)) {
      AtomicFiles.deleteLeftovers(directory);
      StageStore store = new StageStore(directory, listener);
      store.withdraw(RESULTS);
      AtomicFiles.write(store.path(PLAN), PlanFiles.write(plan));
      try (RunInputs inputs = RunInputs.open(ParentDirectories.in(plan, store))) {
        return run(inputs, store);
      }
    }
  }

  private static void makeDirectory(Path directory) throws IOException {
    try {
      Files.createDirectories(directory);
    } catch (FileSystemException e) {
      throw new IOException(
          directory
              + " cannot be made ("
              + FileFaults.words(e)
              + ").\nMaybe the disk is full; or name an output directory that may be written.",
          e);
    }
  }

  private RunSummary run(RunInputs inputs, StageStore store)
      throws IOException, NoArchitectureException {
    Stages stages = new Stages(inputs, store, listener);
    Stages.Trained decoupled = stages.decoupled();
    try (BlockLibrary library = decoupled.library()) {
      ScoreTable scores = stages.scores(decoupled);
      ImmutableList<CostTable> costs = stages.costs();
      TargetSearch first = search(inputs, scores, costs);
      Stages.Coupled coupled =
          stages.coupled(decoupled, scores, first.promising(plan.coupled().speedups()));
      try (BlockLibrary all = coupled.trained().library()) {
        return children(inputs, store, coupled, costs);
      }
    }
  }

  private TargetSearch search(RunInputs inputs, ScoreTable scores, ImmutableList<CostTable> costs) {
    return new TargetSearch(inputs.parent().spec(), scores, costs, plan.scoring().metric());
  }

  private RunSummary children(
      RunInputs inputs, StageStore store, Stages.Coupled coupled, ImmutableList<CostTable> costs)
      throws IOException, NoArchitectureException {
    TargetSearch search = search(inputs, coupled.scores(), costs);
    List<FinishedTarget> finished = new ArrayList<>();
    try {
      ImmutableMap<String, SpeedCorrection> corrections =
          new SpeedCheckStage(inputs, store, listener).corrections(search, coupled, costs);
      List<TargetSearch.Answer> answers = new ArrayList<>();
      for (Target target : plan.targets()) {
        answers.add(
            search.best(target, corrections.getOrDefault(target.name(), SpeedCorrection.NONE)));
      }
      AtomicFiles.write(store.path(SOLUTIONS), SolutionFiles.json(plan.targets(), answers));
      for (int index = 0; index < answers.size(); index++) {
        TargetSearch.Answer answer = answers.get(index);
        Architecture architecture = answer.architecture();
        String name = childName(index);
        ChildStage.Child child =
            new ChildStage(inputs, store, listener).make(name, architecture, coupled.trained());
        finished.add(new FinishedTarget(plan.targets().get(index), answer, architecture, child));
      }
      RunSummary summary =
          new Evaluation(inputs, store, coupled, costs).summary(ImmutableList.copyOf(finished));
      ImmutableList<Path> gpus = writeGpus(inputs, finished, summary);
      AtomicFiles.write(store.path(SUMMARY), SummaryWriter.toJson(summary));
      AtomicFiles.write(store.path(PAGE), HtmlReport.render(summary));
      store.publish(RESULTS, results(store, gpus));
      return summary;
    } finally {
      finished.forEach(FinishedTarget::close);
    }
  }

  private static ImmutableList<Path> results(StageStore store, ImmutableList<Path> gpus) {
    return ImmutableList.<Path>builder()
        .add(store.path(PLAN), store.path(SOLUTIONS), store.path(SUMMARY), store.path(PAGE))
        .addAll(gpus)
        .build();
  }

  private ImmutableList<Path> writeGpus(
      RunInputs inputs, List<FinishedTarget> finished, RunSummary summary) throws IOException {
    ImmutableList.Builder<Path> files = ImmutableList.builder();
    for (int index = 0; index < finished.size(); index++) {
      ChildStage.Child child = finished.get(index).child();
      ModelCard gpu = ModelCard.of(child.directory(), Path.of(plan.parent()), child.model().spec());
      Path file = child.directory().resolve(ModelCard.FILE);
      AtomicFiles.write(
          file,
          ChildCard.of(gpu, summary, summary.targets().get(index), inputs.fingerprint())
              .toMarkdown());
      files.add(file);
    }
    return files.build();
  }

  /** The first target's child is {@code child}, the others' carry their target's name. */
  private String childName(int index) {
    return index == 0 ? "child" : "child-" + plan.targets().get(index).name();
  }
}
