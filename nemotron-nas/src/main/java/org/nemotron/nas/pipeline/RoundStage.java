package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.CalibrationWork;
import org.nemotron.nas.report.SearchRound;
import org.nemotron.nas.report.SearchRound.KlToParent;
import org.nemotron.nas.report.SearchRoundText;
import org.nemotron.nas.score.ContextScorer;
import org.nemotron.nas.score.ContextScores;

/** One round of {@link TrustRegionSearch} for the child of one target. It is rank 0's alone. */
final class RoundStage implements Stage<TrustRegionSearch.Result> {
  private final String name;
  private final int number;
  private final RunContext run;
  private final ScoredLibrary library;
  private final TargetSearch.Answer answer;
  private final Architecture child;
  private final Optional<KlToParent> before;

  private RoundStage(
      String target,
      int number,
      RunContext run,
      ScoredLibrary library,
      TargetSearch.Answer answer,
      Architecture child,
      Optional<KlToParent> before) {
    this.name = name(target, number);
    this.number = number;
    this.run = run;
    this.library = library;
    this.answer = answer;
    this.child = child;
    this.before = before;
  }

  /**
   * Returns the first round for what was found for a target.
   *
   * @param child the name of its child
   */
  static RoundStage first(
      String child, RunContext run, ScoredLibrary library, TargetSearch.Answer answer) {
    return new RoundStage(child, 1, run, library, answer, answer.architecture(), Optional.empty());
  }

  /** Returns the round behind this one, whose result is {@code result}. */
  RoundStage next(String target, TrustRegionSearch.Result result) {
    return new RoundStage(
        target,
        number + 1,
        run,
        library,
        answer,
        result.child(),
        Optional.of(result.round().after()));
  }

  private static String name(String child, int number) {
    return "search-" + number + "-" + child;
  }

  /**
   * Returns what the rounds of a child will take at most.
   *
   * @param child its name
   */
  static ImmutableList<StageEstimate> estimates(PlanWork work, Target target, String child) {
    ImmutableList.Builder<StageEstimate> rounds = ImmutableList.builder();
    for (int number = 1; number <= work.plan().search().rounds(); number++) {
      int steps = 1 + (int) (Math.log(work.plan().search().exchanges()) / Math.log(2));
      rounds.add(estimate(work, target, name(child, number), number == 1 ? 1 + steps : steps));
    }
    return rounds.build();
  }

  private static StageEstimate estimate(PlanWork work, Target target, String name, int measured) {
    StageEstimate scores = ScoresStage.estimate(name, work, work.candidates());
    double share = work.global(target).share();
    ImmutableList.Builder<Work> all = ImmutableList.builder();
    all.add(work.scoring().work(work.candidates(), work.validationTokens()));
    all.add(work.passes(work.validationTokens(), measured * (1 + share)));
    CompressionPlan plan = work.plan();
    if (plan.refit().batches() > 0) {
      Work refit =
          new CalibrationWork(
                  work.parent(),
                  plan.refit().batches(),
                  plan.data().batchSize(),
                  plan.data().windowTokens(),
                  true)
              .passes();
      all.add(refit.times(measured), work.passes(work.validationTokens(), measured * share));
    }
    return work.stage(
        name,
        all.build(),
        0,
        scores.memory(),
        0,
        ImmutableList.of("search.rounds", "data.validationTokens", "refit.batches"),
        "searches");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public StageInputs dependencies() {
    return StageDependencies.round(
        run.inputs(),
        library.trained().fingerprint(),
        library.scores().scores().keySet(),
        ImmutableList.of(answer.problem().costs()),
        answer.budgets(),
        child,
        run.plan().search().exchanges());
  }

  @Override
  public long steps() {
    return run.inputs().validationBatches().batches();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    RunInputs inputs = run.inputs();
    ChildStart start = new ChildStart(inputs, library.trained());
    ContextScores scores =
        new ContextScorer(run.plan().scoring())
            .withThreads(inputs.threads())
            .score(
                library.trained().library(),
                child,
                library.scores().scores().keySet(),
                inputs.validationBatches(),
                progress);
    TrustRegionSearch.Result result =
        new TrustRegionSearch(
                inputs.parent().spec(),
                answer.problem().costs(),
                answer.budgets(),
                run.plan().scoring().metric(),
                start::klToParent)
            .round(
                number,
                scores,
                before.orElseGet(() -> start.klToParent(child)),
                run.plan().search().exchanges());
    run.listener().message(SearchRoundText.sentence(name, result.round()));
    AtomicFiles.write(file(), PlanFiles.JSON.writeValueAsString(Stored.of(result)));
    return ImmutableList.of(file());
  }

  /**
   * A result as it stands in its file.
   *
   * @param child the ids of its choices
   */
  record Stored(ImmutableList<String> child, SearchRound round) {
    static Stored of(TrustRegionSearch.Result result) {
      return new Stored(
          result.child().choices().stream()
              .map(BlockChoice::id)
              .collect(ImmutableList.toImmutableList()),
          result.round());
    }
  }

  private Path file() {
    return run.path(name + ".json");
  }

  @Override
  public TrustRegionSearch.Result read() throws IOException {
    Stored stored = PlanFiles.JSON.readValue(file().toFile(), Stored.class);
    return new TrustRegionSearch.Result(
        answer.problem().architecture(stored.child()), stored.round());
  }
}
