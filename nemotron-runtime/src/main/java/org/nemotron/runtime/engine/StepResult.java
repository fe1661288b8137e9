package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.nemotron.core.inference.FiniteLogits;
import org.nemotron.core.inference.StepOutput;

/** Which requests of a step are done and which failed, once each has taken its rows. */
final class StepResult {
  private final StepPlan plan;
  private final Set<ActiveRequest> done = new LinkedHashSet<>();
  private final Map<ActiveRequest, RuntimeException> failed = new LinkedHashMap<>();

  private StepResult(StepPlan plan) {
    this.plan = plan;
  }

  /** Hands each row of {@code output} to its request. */
  static StepResult of(StepPlan plan, StepOutput output) {
    StepResult result = new StepResult(plan);
    try {
      for (int row = 0; row < output.rows(); row++) {
        result.take(plan.wanted(row), output, row);
      }
    } catch (RuntimeException e) {
      result.failAll(e); // the model's: what a request throws is caught where it takes its row
    }
    return result;
  }

  /** Returns the result of a step that failed as a whole. */
  static StepResult failed(StepPlan plan, RuntimeException reason) {
    StepResult result = new StepResult(plan);
    result.failAll(reason);
    return result;
  }

  /** What a request does with its row; one that throws fails, and no other does. */
  private interface Taking {
    boolean isDone(Job job);
  }

  private void take(StepPlan.Wanted wanted, StepOutput output, int row) {
    ActiveRequest request = plan.parts().get(wanted.part()).request();
    if (failed.containsKey(request)) {
      return;
    }
    if (output.isSampled(row)) {
      int token = output.token(row);
      take(request, job -> job.accept(token));
    } else {
      float[] logits = output.logits(row);
      take(
          request,
          job -> {
            FiniteLogits.check(logits, wanted.position());
            return job.accept(wanted.position(), logits);
          });
    }
  }

  private void take(ActiveRequest request, Taking taking) {
    try {
      if (taking.isDone(request.job())) {
        done.add(request);
      }
    } catch (RuntimeException e) {
      fail(request, e);
    }
  }

  private void fail(ActiveRequest request, RuntimeException reason) {
    done.remove(request);
    failed.putIfAbsent(request, reason);
  }

  private void failAll(RuntimeException reason) {
    plan.parts().forEach(part -> fail(part.request(), reason));
  }

  /** Returns what has been read of the requests that did not fail. */
  ImmutableList<StepPlan.Part> advanced() {
    return plan.parts().stream()
        .filter(part -> !failed.containsKey(part.request()))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns the requests that have all they wanted. */
  Set<ActiveRequest> done() {
    return done;
  }

  /** Returns the requests that failed, and why. */
  Map<ActiveRequest, RuntimeException> failed() {
    return failed;
  }
}
