package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;

/** Many texts scored side by side. */
final class ScoreJobs {
  private ScoreJobs() {}

  /** Returns all tokens of {@code request}. */
  static ImmutableIntArray tokens(LikelihoodRequest request) {
    return ImmutableIntArray.builder()
        .addAll(request.context())
        .addAll(request.continuation())
        .build();
  }

  /** Returns the likelihoods; where one fails, the others are cancelled. */
  static ImmutableList<Likelihood> run(Engine engine, List<LikelihoodRequest> requests) {
    engine.checkMayWait();
    List<ScoreJob> running = new ArrayList<>();
    try {
      for (LikelihoodRequest request : requests) {
        ScoreJob job = new ScoreJob(tokens(request), request.context().length());
        engine.submit(job);
        running.add(job);
      }
      return running.stream().map(ScoreJob::likelihood).collect(ImmutableList.toImmutableList());
    } finally {
      running.forEach(job -> job.result().cancel(false));
    }
  }
}
