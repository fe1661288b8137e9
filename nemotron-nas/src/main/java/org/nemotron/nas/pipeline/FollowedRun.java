package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateJson;
import org.nemotron.nas.score.ScoreTable;

/** What ranks other than 0 do of a run: their parts of the stages that all work at. */
final class FollowedRun {
  static final String OPENED = "the run's directory, opened by rank 0";
  static final String EVALUATION = "evaluation, by rank 0 alone";
  private static final String READ = "what the run reads";
  private static final String PAIRS = "costs, and the pairs to train together, by rank 0 alone";

  /** Ranks of one machine have each their GPU. */
  private static final String OWN_DEVICE = "execution.device";

  private final CompressionPlan plan;
  private final RunExtras extras;

  FollowedRun(CompressionPlan plan, RunExtras extras) {
    this.plan = plan;
    this.extras = extras;
  }

  void follow() throws IOException {
    Communicator ranks = extras.ranks();
    ranks.barrier(OPENED);
    try (RunMetrics metrics = RunMetrics.none()) {
      StageStore store = new StageStore(plan.execution().output(), metrics, ranks);
      try (RunInputs inputs =
          RunInputs.open(ParentStage.unpacked(plan, store), store, extras.conversations())) {
        checkSameInputs(ranks, inputs);
        RunContext run = new RunContext(inputs, store, metrics, ranks);
        stages(run);
        children(run);
      }
    } catch (IOException e) {
      throw Cancellation.explaining(e);
    }
    ranks.at(EVALUATION, -1);
    ranks.barrier(EVALUATION);
  }

  private static void stages(RunContext run) throws IOException {
    try (TrainedLibrary library = run.result(new LibraryStage(run))) {
      ScoreTable unused = run.result(ScoresStage.ofAll(run, library));
      leaveUnused(run);
      ImmutableSet<Candidate.Block> pairs = pairs(run.ranks());
      if (!pairs.isEmpty()) {
        try (TrainedLibrary coupled = run.result(new CoupledStage(run, library, pairs))) {
          ScoreTable unusedToo = run.result(ScoresStage.ofPairs(run, coupled, pairs));
        }
      }
    }
  }

  private static void children(RunContext run) throws IOException {
    leaveUnused(run);
    Optional<SharedTraining> next = SharedTraining.next(run);
    while (next.isPresent()) {
      next.get().follow(run);
      leaveUnused(run);
      next = SharedTraining.next(run);
    }
  }

  /** Rank 0 may measure models that several GPUs serve, this rank's among them. */
  private static void leaveUnused(RunContext run) {
    Device device = run.plan().execution().device();
    if (!device.equals(Device.CPU)) {
      Gpu.of(device).releaseUnused();
    }
  }

  /** Rank 0: lets the others know which pairs are trained together. */
  static void sharePairs(RunContext run, ImmutableSet<Candidate.Block> pairs) throws IOException {
    ArrayNode json = PlanFiles.JSON.createArrayNode();
    pairs.forEach(pair -> json.add(CandidateJson.of(pair)));
    String unused = run.ranks().shared(PAIRS, PlanFiles.JSON.writeValueAsString(json));
  }

  private static ImmutableSet<Candidate.Block> pairs(Communicator ranks) throws IOException {
    ranks.at(PAIRS, -1);
    ImmutableSet.Builder<Candidate.Block> pairs = ImmutableSet.builder();
    for (JsonNode entry : PlanFiles.JSON.readTree(ranks.shared(PAIRS, ""))) {
      pairs.add((Candidate.Block) CandidateJson.candidate(entry));
    }
    return pairs.build();
  }

  /**
   * Checks that all ranks read the same parent and text.
   *
   * @throws IllegalArgumentException if this rank reads others than rank 0; the message names what
   */
  static void checkSameInputs(Communicator ranks, RunInputs inputs) throws IOException {
    StageInputs own = inputs.learning();
    String text = PlanFiles.JSON.writeValueAsString(own.toJson());
    StageInputs first = StageInputs.fromJson(PlanFiles.JSON.readTree(ranks.shared(READ, text)));
    Set<String> different = new TreeSet<>(own.changedSince(first));
    different.remove(OWN_DEVICE);
    checkArgument(
        different.isEmpty(),
        "rank %s reads another %s than rank 0.\nMaybe its machine has other files at these paths.",
        ranks.rank(),
        String.join(", another ", different));
  }

  /** Says that what comes next is the work of one rank. */
  static void announceWait(RunContext run, String what) {
    int others = run.ranks().size() - 1;
    if (others > 0) {
      run.listener()
          .message(
              what
                  + ": "
                  + (others == 1 ? "rank 1 waits" : "ranks 1 to " + others + " wait")
                  + " until it is done");
    }
  }
}
