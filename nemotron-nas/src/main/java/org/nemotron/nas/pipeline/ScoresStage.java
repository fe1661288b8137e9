package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.nemotron.nas.estimate.MemoryNeed;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringWork;

/** The scores of candidates of a trained library. */
final class ScoresStage implements Stage<ScoreTable> {
  private final String name;
  private final RunContext run;
  private final TrainedLibrary trained;
  private final ImmutableSet<? extends Candidate> candidates;

  private ScoresStage(
      String name,
      RunContext run,
      TrainedLibrary trained,
      ImmutableSet<? extends Candidate> candidates) {
    this.name = name;
    this.run = run;
    this.trained = trained;
    this.candidates = candidates;
  }

  /** Returns the stage that scores every candidate of {@code trained}. */
  static ScoresStage ofAll(RunContext run, TrainedLibrary trained) {
    return new ScoresStage("scores", run, trained, trained.library().candidates());
  }

  /** Returns the stage that scores the {@code pairs} that were trained together. */
  static ScoresStage ofPairs(
      RunContext run, TrainedLibrary trained, ImmutableSet<Candidate.Block> pairs) {
    return new ScoresStage("scores-coupled", run, trained, pairs);
  }

  /** Returns what the scores of all candidates will take. */
  static StageEstimate estimate(PlanWork work) {
    return estimate("scores", work, work.candidates());
  }

  /** Returns what the scores of {@code candidates} will take. */
  static StageEstimate estimate(
      String name, PlanWork work, ImmutableList<? extends Candidate> candidates) {
    ScoringWork scoring = work.scoring();
    return work.stage(
            name,
            ImmutableList.of(scoring.work(candidates, work.validationTokens())),
            0,
            memory(work, candidates.size()),
            0,
            ImmutableList.of("data.validationTokens"))
        .sooner(work.computing());
  }

  /** With a divided parent the candidates go through its layers together, as many as there fit. */
  private static MemoryNeed memory(PlanWork work, int candidates) {
    ScoringWork scoring = work.scoring();
    int bytes = work.elementBytes();
    long layers = work.layerBytes(1);
    return work.beside(
        work.libraryBytes(),
        work.divided()
            ? layers
                + scoring.leastBytes(bytes)
                + Math.min(scoring.statesBytes(bytes, candidates), work.freeHostBytes() / 2)
            : scoring.bytes(bytes, work.threads()),
        layers + scoring.leastBytes(bytes),
        Math.min(
            work.divided()
                ? layers + scoring.leastBytes(bytes) + scoring.statesBytes(bytes, candidates)
                : scoring.bytes(bytes, 2),
            work.freeBesideParent()),
        "a smaller scoring.candidatesPerPass, data.batchSize or data.windowTokens");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Workers workers() {
    return Workers.ALL;
  }

  @Override
  public StageInputs dependencies() {
    return StageDependencies.scores(run.inputs(), trained.fingerprint());
  }

  @Override
  public long steps() {
    return run.inputs().validationBatches().batches();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    ScoreTable table =
        new BlockScorer(run.plan().scoring())
            .withThreads(run.sharedThreads())
            .withRanks(run.ranks())
            .score(
                trained.library(),
                trained.finite(candidates),
                run.inputs().validationBatches(),
                progress);
    if (run.ranks().rank() > 0) {
      return ImmutableList.of();
    }
    leftOut(table).forEach(what -> run.listener().message(what + "; it is left out"));
    TableFiles.writeScores(file(), table);
    return ImmutableList.of(file());
  }

  private Path file() {
    return run.path(name + ".json");
  }

  private static ImmutableList<String> leftOut(ScoreTable table) {
    return table.leftOut().entrySet().stream()
        .map(entry -> entry.getKey().id() + ", " + entry.getValue())
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public void checkFinite() throws IOException {
    run.checkFinite(name, leftOut(read()), "and keeps its finished stages");
  }

  @Override
  public ScoreTable read() throws IOException {
    return TableFiles.readScores(file());
  }
}
