package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.nas.pipeline.CompressionPlan.NonFinite;

/**
 * What all stages of a run share: its inputs, its stored results, who follows its progress, and the
 * ranks that work at it. Immutable.
 */
record RunContext(RunInputs inputs, StageStore store, RunMetrics metrics, Communicator ranks) {
  /** Returns how many cores this rank has of its machine's, in a stage that all ranks work at. */
  int sharedThreads() {
    return Math.max(1, inputs.threads() / ranks.localSize());
  }

  PipelineListener listener() {
    return metrics;
  }

  CompressionPlan plan() {
    return inputs.plan();
  }

  /** Returns the result of {@code stage}, stored or made now. */
  <T> T result(Stage<T> stage) throws IOException {
    return store.result(stage);
  }

  /** Returns a file or directory of the run. */
  Path path(String name) {
    return store.path(name);
  }

  /**
   * Ends the run if there are faults and the plan wants a stop.
   *
   * @param stage where they were met
   * @param faults a sentence for each value that is not finite
   * @param kept what is not lost
   */
  void checkFinite(String stage, ImmutableList<String> faults, String kept) {
    if (faults.isEmpty() || plan().execution().nonFinite() == NonFinite.CONTINUE) {
      return;
    }
    throw new NonFiniteException(
        stage
            + ": "
            + faults.get(0)
            + (faults.size() > 1 ? ", and so were " + (faults.size() - 1) + " more" : "")
            + "; the run ends as the plan says, "
            + kept
            + ".\nMaybe nonFinite CONTINUE, which leaves out what is not finite, or a lower learning"
            + " rate.");
  }
}
