package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.nemotron.nas.report.SearchRound;

/**
 * What was found for a target, after the plan's rounds of {@link TrustRegionSearch}.
 *
 * @param rounds in order; the last one may have taken nothing, which ends them
 */
record ImprovedAnswer(TargetSearch.Answer answer, ImmutableList<SearchRound> rounds) {
  /**
   * Does the rounds, or reads those that a former run has done.
   *
   * @param first what was found by the scores of candidates alone in the parent
   * @param child the name of the target's child
   */
  static ImprovedAnswer of(
      TargetSearch.Answer first, String child, RunContext run, ScoredLibrary library)
      throws IOException {
    ImmutableList.Builder<SearchRound> rounds = ImmutableList.builder();
    TargetSearch.Answer answer = first;
    RoundStage stage = RoundStage.first(child, run, library, first);
    for (int number = 1; number <= run.plan().search().rounds(); number++) {
      TrustRegionSearch.Result result = run.result(stage);
      rounds.add(result.round());
      if (result.round().taken().isEmpty()) {
        break;
      }
      answer = first.with(result.child());
      stage = stage.next(child, result);
    }
    return new ImprovedAnswer(answer, rounds.build());
  }
}
