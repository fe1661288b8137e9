package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.runtime.sampling.SamplingParams;

/** Several answers to one prompt, which is read once. */
final class Continuations {
  private final Engine engine;
  private final GenerationJobs jobs;

  Continuations(Engine engine, GenerationJobs jobs) {
    this.engine = engine;
    this.jobs = jobs;
  }

  /**
   * Hands all requests to the engine, or none where the queue has no room for all. The second and
   * those behind it begin once the first has read the prompt, so that they find its pages.
   */
  Optional<ImmutableList<Generation>> trySubmit(
      GenerationRequest request, int count, RequestListener listener) {
    List<Generation> generations = new ArrayList<>();
    Optional<GenerationJob> first = Optional.empty();
    for (GenerationRequest each : each(request, count)) {
      Generation generation = new Generation(engine::lookForCancelled);
      GenerationJob job = jobs.of(each, generation, listener);
      first.ifPresent(job::beginBehind);
      first = Optional.of(first.orElse(job));
      generations.add(generation);
      if (!engine.trySubmit(job)) {
        generations.forEach(Generation::cancel);
        return Optional.empty();
      }
    }
    return Optional.of(ImmutableList.copyOf(generations));
  }

  private static ImmutableList<GenerationRequest> each(GenerationRequest request, int count) {
    checkArgument(count > 0, "the number of continuations (%s) must be positive", count);
    checkArgument(
        count == 1 || request.maxNewTokens() > 0,
        "%s continuations must have a new token: maxNewTokens is 0",
        count);
    SamplingParams seeded = request.sampling().seeded();
    GenerationRequest first = request.toBuilder().sampling(seeded).build();
    ImmutableList.Builder<GenerationRequest> all = ImmutableList.builder();
    all.add(first);
    for (int i = 1; i < count; i++) {
      SamplingParams next =
          seeded.isGreedy() ? seeded : seeded.toBuilder().seed(seeded.seed() + i).build();
      all.add(first.toBuilder().sampling(next).withoutPromptLogProbs().build());
    }
    return all.build();
  }
}
