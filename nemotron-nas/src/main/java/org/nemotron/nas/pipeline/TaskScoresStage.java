package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.score.OwnScores;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;

/**
 * The scores of candidates by the selecting half of the plan's tasks: how much smaller the mean
 * margin of right answers is with the candidate alone in the parent. In the form of a user's own
 * scores.
 */
final class TaskScoresStage implements Stage<OwnScores> {
  private final String name;
  private final RunContext run;
  private final TrainedLibrary trained;
  private final ImmutableSet<Candidate> candidates;
  private final ImmutableList<TaskItem> items;

  private TaskScoresStage(
      String name,
      RunContext run,
      TrainedLibrary trained,
      ImmutableSet<Candidate> candidates,
      ImmutableList<TaskItem> items) {
    this.name = name;
    this.run = run;
    this.trained = trained;
    this.candidates = candidates;
    this.items = items;
  }

  /**
   * Returns {@code measured} with the scores by tasks where the plan searches by them; else as it
   * is.
   *
   * @param name of the stage
   * @param measured scores of candidates of {@code trained}, those with a score by tasks among them
   */
  static ScoreTable added(
      String name, RunContext run, TrainedLibrary trained, PlanTasks tasks, ScoreTable measured)
      throws IOException {
    if (tasks.selecting().isEmpty()) {
      return measured;
    }
    TaskScoresStage stage =
        new TaskScoresStage(name, run, trained, measured.scores().keySet(), tasks.selecting());
    return measured.with(run.inputs().parent().spec(), run.result(stage));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public StageInputs dependencies() throws IOException {
    Hasher digests = Hashing.sha256().newHasher();
    items.forEach(item -> digests.putString(item.digest(), StandardCharsets.US_ASCII));
    return StageDependencies.taskScores(
        run.inputs(), trained.fingerprint(), candidates, digests.hash().toString());
  }

  @Override
  public long steps() {
    return candidates.size();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    HeterogeneousModel parent = run.inputs().parent();
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("format", 1).put("metric", EvaluationPlan.METRIC.name());
    json.put(
        "provenance",
        "loss of margin on "
            + items.size()
            + " items of "
            + run.plan().evaluation().tasks()
            + " that are not reported");
    ObjectNode scores = json.putObject("scores");
    try (InferenceBackend backend = Backends.of(parent.device(), run.inputs().threads())) {
      TaskMargins margins =
          new TaskMargins(items, run.inputs().tokenizer(), parent.spec().maxPositions(), backend);
      ImmutableDoubleArray ofParent = margins.of(parent);
      int done = 0;
      for (Candidate candidate : candidates) {
        Score.Measure measure = measure(candidate, margins, ofParent);
        scores
            .putObject(candidate.id())
            .put("degradation", measure.degradation())
            .put("standardError", measure.standardError());
        progress.accept(++done);
      }
    }
    AtomicFiles.write(file(), json.toPrettyString());
    return ImmutableList.of(file());
  }

  private Score.Measure measure(
      Candidate candidate, TaskMargins margins, ImmutableDoubleArray ofParent) {
    Architecture architecture = Architecture.ofOne(run.inputs().parent().spec(), candidate);
    try (HeterogeneousModel hybrid = trained.library().assemble(architecture)) {
      return TaskMargins.degradation(ofParent, margins.of(hybrid));
    }
  }

  private Path file() {
    return run.path(name + ".json");
  }

  @Override
  public OwnScores read() throws IOException {
    return OwnFiles.scores(file());
  }
}
