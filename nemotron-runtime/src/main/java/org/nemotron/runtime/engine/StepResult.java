package org.nemotron.runtime.engine;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.TokenSampling;

/** Hands what a step gives to the requests, and notes which of them are done and which failed. */
final class StepResult implements InferenceModel.LogitsReader {
  private final StepPlan plan;
  private final Set<ActiveRequest> done = new LinkedHashSet<>();
  private final Map<ActiveRequest, RuntimeException> failed = new LinkedHashMap<>();

  StepResult(StepPlan plan) {
    this.plan = plan;
  }

  /** What a request does with its row; one that throws fails, and no other does. */
  private interface Taking {
    boolean isDone(Job job, int position);
  }

  @Override
  public Optional<TokenSampling> choice(int index) {
    return request(index).job().choice();
  }

  @Override
  public void accept(int index, int token) {
    take(index, (job, position) -> job.accept(token));
  }

  @Override
  public void accept(int index, float[] logits) {
    take(index, (job, position) -> job.accept(position, logits));
  }

  private void take(int index, Taking taking) {
    ActiveRequest request = request(index);
    if (failed.containsKey(request)) {
      return;
    }
    try {
      if (taking.isDone(request.job(), plan.wanted(index).position())) {
        done.add(request);
      }
    } catch (RuntimeException e) {
      fail(request, e);
    }
  }

  private ActiveRequest request(int index) {
    return plan.parts().get(plan.wanted(index).part()).request();
  }

  private void fail(ActiveRequest request, RuntimeException reason) {
    done.remove(request);
    failed.putIfAbsent(request, reason);
  }

  /** Notes that the step itself failed. */
  void failAll(RuntimeException reason) {
    plan.parts().forEach(part -> fail(part.request(), reason));
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
