package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.MemoryUse;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.score.ScoreTable;

/**
 * The whole method: from a parent and a budget to children that run, and a report.
 *
 * <p>A library of cheaper alternatives to every block is made and each alternative trained to
 * imitate its block; each gets a score and a measured cost; promising pairs are trained together;
 * for each target the best architecture is searched, measured and improved in rounds if the plan
 * wants it, assembled, and distilled as a whole.
 *
 * <p>Every stage stores its result in the run's directory. A run begun again there reuses what fits
 * and makes the rest anew; a target added later costs only its own search, assembly and
 * distillation. So does a run after one that was cancelled, as by an interrupt of its thread.
 *
 * <p>Source: Puzzle, arXiv:2411.19146.
 */
public final class CompressionPipeline {
  private final CompressionPlan plan;
  private final PipelineListener listener;
  private final BooleanSupplier cancelled;
  private final RunExtras extras;

  /** Makes a pipeline that works to {@code plan}. */
  public CompressionPipeline(CompressionPlan plan) {
    this(plan, PipelineListener.SILENT);
  }

  /** Makes a pipeline that works to {@code plan} and reports its progress to {@code listener}. */
  public CompressionPipeline(CompressionPlan plan, PipelineListener listener) {
    this(plan, listener, () -> false, RunExtras.NONE);
  }

  private CompressionPipeline(
      CompressionPlan plan,
      PipelineListener listener,
      BooleanSupplier cancelled,
      RunExtras extras) {
    this.plan = plan;
    this.listener = listener;
    this.cancelled = cancelled;
    this.extras = extras;
  }

  private CompressionPipeline with(RunExtras others) {
    return new CompressionPipeline(plan, listener, cancelled, others);
  }

  /**
   * Returns this pipeline with a way to find the parent's chat template, which documents that are
   * conversations need; the module nemotron-runtime has one.
   */
  public CompressionPipeline withConversations(ConversationRenderer.OfModel templates) {
    return with(extras.withConversations(templates));
  }

  /**
   * Returns this pipeline with a condition that ends its run soon, as an interrupt does.
   *
   * @param condition evaluated between pieces of work, by several threads
   */
  public CompressionPipeline cancelledWhen(BooleanSupplier condition) {
    return new CompressionPipeline(plan, listener, condition, extras);
  }

  /**
   * Returns this pipeline with the parent's chat template, by which {@code evaluation.chat} of a
   * plan writes the prompts of its tasks.
   */
  public CompressionPipeline chatFormat(ChatFormat format) {
    return with(extras.withChat(format));
  }

  /** Returns this pipeline with an estimate, which its report compares with what is measured. */
  public CompressionPipeline withEstimate(Estimate before) {
    return with(extras.withEstimate(before));
  }

  /**
   * Returns this pipeline sharing its work with other processes. Rank 0 {@linkplain #run runs} it
   * and writes the results, the others {@linkplain #follow follow}. All have the same plan, but for
   * the number of their GPU, and see the same files.
   *
   * <p>Calibration, local and global distillation and scores are shared; costs, search and
   * evaluation are rank 0's alone, while the others wait. The library and the scores are the same
   * bits whatever the number of ranks; children differ by rounding.
   */
  public CompressionPipeline withRanks(Communicator ranks) {
    return with(extras.withRanks(ranks));
  }

  /** Returns this pipeline writing files for TensorBoard too, in {@code tensorboard/}. */
  public CompressionPipeline withTensorBoard() {
    return with(extras.withTensorBoard());
  }

  /**
   * Measures this machine for up to about 20 seconds, and returns what a run of the plan will take
   * if it reuses nothing: work, time and memory by stage, and what does not fit. Of several ranks,
   * it is the memory of rank 0, the one that needs most, and the time of one rank alone.
   *
   * <p>What a run refuses before its first stage is refused here, too.
   *
   * @throws IOException if the parent, a text or another file that the plan names is missing or
   *     malformed; the message names it
   * @throws IllegalArgumentException if a text is too short, or the plan does not go with the
   *     parent
   */
  public Estimate estimate() throws IOException {
    return PlanEstimates.measured(plan, extras, extras.ranks().size(), extras.ranks().localSize());
  }

  /**
   * Returns the same for a run that {@code ranks} processes of this machine are to share.
   *
   * @throws IOException as {@link #estimate()}
   */
  public Estimate estimate(int ranks) throws IOException {
    checkArgument(ranks > 0, "ranks (%s) must be positive", ranks);
    return PlanEstimates.measured(plan, extras, ranks, ranks);
  }

  /**
   * Runs all stages and returns the summary, which is also in {@code report/}.
   *
   * @throws IOException if a file is missing, malformed or cannot be written; the message names it
   * @throws NoArchitectureException if nothing fits a target; finished stages are kept
   * @throws CancellationException if this thread is interrupted, which it is then still, or the
   *     {@linkplain #cancelledWhen condition} holds; finished stages are kept
   */
  public RunSummary run() throws IOException, NoArchitectureException {
    checkState(extras.ranks().rank() == 0, "only rank 0 runs a pipeline; the others follow it");
    return guarded(this::runStages);
  }

  /**
   * Takes part in the run of rank 0, as another rank, until rank 0 has ended it.
   *
   * @throws IOException if a file is missing or malformed; the message names it
   * @throws org.nemotron.core.distributed.RankFailureException if another rank fails
   * @throws CancellationException as {@link #run}
   */
  public void follow() throws IOException, NoArchitectureException {
    checkState(extras.ranks().rank() > 0, "rank 0 runs the pipeline that others follow");
    Object unused =
        guarded(
            () -> {
              new FollowedRun(plan, extras).follow();
              return plan;
            });
  }

  private interface Stages<T> {
    T run() throws IOException, NoArchitectureException;
  }

  /** Ends soon when cancelled; another rank gets to know when this one fails. */
  private <T> T guarded(Stages<T> stages) throws IOException, NoArchitectureException {
    try (Cancellation whileRunning = Cancellation.when(cancelled)) {
      Cancellation.check();
      return stages.run();
    } catch (CancellationException e) {
      extras.ranks().failed(String.valueOf(e.getMessage()));
      CancellationException ofRun =
          new CancellationException(
              plan.execution().output()
                  + ": "
                  + e.getMessage()
                  + "; finished stages are kept.\n"
                  + "Maybe run it again with the same output: it goes on from there.");
      ofRun.initCause(e);
      throw ofRun;
    } catch (IOException | NoArchitectureException | RuntimeException e) {
      extras.ranks().failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private RunSummary runStages() throws IOException, NoArchitectureException {
    Path directory = plan.execution().output();
    OutputDirectory.make(directory);
    try (RunLock lock = RunLock.of(directory);
        RunMetrics metrics = metrics(directory);
        Heartbeat heartbeat = new Heartbeat(metrics)) {
      AtomicFiles.deleteLeftovers(directory);
      Communicator ranks = extras.ranks();
      StageStore store = new StageStore(directory, metrics, ranks);
      RunResults results = RunResults.begin(store, plan, metrics);
      PlanTasks tasks = PlanTasks.read(plan, extras.chat()); // named before any work if missing
      ranks.barrier(FollowedRun.OPENED);
      try (RunInputs inputs =
          RunInputs.open(ParentStage.unpacked(plan, store), store, extras.conversations())) {
        FollowedRun.checkSameInputs(ranks, inputs);
        RunSummary summary =
            compress(new RunContext(inputs, store, metrics, extras.ranks()), tasks, results);
        ranks.barrier(FollowedRun.EVALUATION);
        return summary;
      }
    } catch (IOException e) {
      throw Cancellation.explaining(e);
    }
  }

  private RunMetrics metrics(Path directory) throws IOException {
    Device device = plan.execution().device();
    return new RunMetrics(
        directory,
        listener,
        extras.estimate(),
        extras.tensorBoard(),
        () -> System.currentTimeMillis() / 1e3,
        () -> MemoryUse.now().residentBytes(),
        device.equals(Device.CPU) ? () -> 0 : () -> Gpu.of(device).usedBytes());
  }

  private static RunSummary compress(RunContext run, PlanTasks tasks, RunResults results)
      throws IOException, NoArchitectureException {
    try (TrainedLibrary library = run.result(new LibraryStage(run))) {
      ScoreTable measured = run.result(ScoresStage.ofAll(run, library));
      ScoreTable scores =
          TaskScoresStage.added("task-scores", run, library, tasks, run.inputs().withOwn(measured));
      ImmutableList<CostTable> costs = run.result(new CostsStage(run));
      ImmutableSet<Candidate.Block> pairs = promisingPairs(run, scores, costs);
      FollowedRun.sharePairs(run, pairs);
      if (pairs.isEmpty()) {
        return children(run, new ScoredLibrary(library, scores), costs, tasks, results);
      }
      try (TrainedLibrary coupled = run.result(new CoupledStage(run, library, pairs))) {
        ScoreTable ofPairs = run.result(ScoresStage.ofPairs(run, coupled, pairs));
        ScoreTable all =
            TaskScoresStage.added(
                "task-scores-coupled",
                run,
                coupled,
                tasks,
                run.inputs().withOwn(measured.with(ofPairs)));
        return children(run, new ScoredLibrary(coupled, all), costs, tasks, results);
      }
    }
  }

  /** Returns what the stages of {@link #compress} will take, in the order of a run. */
  static ImmutableList<StageEstimate> estimates(PlanWork work) {
    ImmutableList.Builder<StageEstimate> stages = ImmutableList.builder();
    stages.add(LibraryStage.estimate(work), ScoresStage.estimate(work));
    stages.add(CostsStage.estimate(work));
    stages.addAll(CoupledStage.estimates(work));
    stages.addAll(SpeedsStage.estimates(work));
    ImmutableList<Target> targets = work.plan().targets();
    for (int index = 0; index < targets.size(); index++) {
      stages.addAll(RoundStage.estimates(work, targets.get(index), childName(targets, index)));
    }
    for (int index = 0; index < targets.size(); index++) {
      stages.add(ChildStage.estimate(work, targets.get(index), childName(targets, index)));
    }
    return stages.add(Evaluation.estimate(work)).build();
  }

  /** The first target's child is "child", the others' carry their target's name. */
  private static String childName(List<Target> targets, int index) {
    return index == 0 ? "child" : "child-" + targets.get(index).name();
  }

  private static ImmutableSet<Candidate.Block> promisingPairs(
      RunContext run, ScoreTable scores, ImmutableList<CostTable> costs) {
    CompressionPlan.CoupledPlan coupled = run.plan().coupled();
    if (coupled.steps() == 0) {
      return ImmutableSet.of();
    }
    ImmutableSet.Builder<BlockChoice> promising = ImmutableSet.builder();
    promising.addAll(search(run, scores, costs).promising(coupled.speedups()));
    for (CostSources.Elsewhere elsewhere : run.inputs().elsewhere().byTarget().values()) {
      promising.addAll(search(run, scores, elsewhere.tables()).promising(coupled.speedups()));
    }
    return CoupledStage.pairs(promising.build());
  }

  private static TargetSearch search(
      RunContext run, ScoreTable scores, ImmutableList<CostTable> costs) {
    return new TargetSearch(
        run.inputs().parent().spec(), scores, costs, run.plan().scoring().metric());
  }

  private static RunSummary children(
      RunContext run,
      ScoredLibrary library,
      ImmutableList<CostTable> costs,
      PlanTasks tasks,
      RunResults results)
      throws IOException, NoArchitectureException {
    FollowedRun.announceWait(run, SharedTraining.WAITING);
    ImmutableList<Target> targets = run.plan().targets();
    TargetSearch search = search(run, library.scores(), costs);
    ImmutableMap<String, SpeedCorrection> corrections =
        SpeedsStage.corrections(run, search, library.trained(), costs);
    List<TargetSearch.Answer> first = new ArrayList<>();
    for (Target target : targets) {
      CostSources.Elsewhere elsewhere = run.inputs().elsewhere().byTarget().get(target.name());
      first.add(
          elsewhere == null
              ? search.best(target, corrections.getOrDefault(target.name(), SpeedCorrection.NONE))
              : new SpeedsElsewhere(
                      run, target, search(run, library.scores(), elsewhere.tables()), elsewhere)
                  .answer());
    }
    List<ImprovedAnswer> answers = new ArrayList<>();
    for (int index = 0; index < targets.size(); index++) {
      answers.add(ImprovedAnswer.of(first.get(index), childName(targets, index), run, library));
    }
    results.solutions(targets, answers.stream().map(ImprovedAnswer::answer).toList());
    List<FinishedTarget> finished = new ArrayList<>();
    try {
      for (int index = 0; index < targets.size(); index++) {
        finished.add(
            FinishedTarget.of(
                targets.get(index), answers.get(index), childName(targets, index), run, library));
      }
      SharedTraining.announceEnd(run.ranks());
      FollowedRun.announceWait(run, FollowedRun.EVALUATION);
      RunSummary summary =
          new Evaluation(run, library, costs, tasks, search)
              .summary(finished)
              .withBill(RunBill.of(run.metrics(), run.store().seconds()));
      results.finish(run.inputs(), finished, summary);
      return summary;
    } finally {
      finished.forEach(FinishedTarget::close);
    }
  }
}
