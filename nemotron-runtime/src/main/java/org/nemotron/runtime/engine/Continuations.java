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
    checkCount(request, count);
    if (engine.roomInQueue() < count) {
      return Optional.empty();
    }
    SamplingParams seeded = request.sampling().seeded();
    List<Generation> generations = new ArrayList<>();
    Optional<GenerationJob> first = Optional.empty();
    for (int i = 0; i < count; i++) {
      Generation generation = engine.newGeneration();
      GenerationJob job = jobs.of(each(request, seeded, i), generation, listener);
      first.ifPresent(job::beginBehind);
      first = Optional.of(first.orElse(job));
      generations.add(generation);
      if (!engine.trySubmit(job)) { // others came meanwhile
        generations.forEach(Generation::cancel);
        return Optional.empty();
      }
    }
    return Optional.of(ImmutableList.copyOf(generations));
  }

  private void checkCount(GenerationRequest request, int count) {
    checkArgument(count > 0, "the number of continuations (%s) must be positive", count);
    checkArgument(
        count <= engine.queueCapacity(),
        "%s continuations can never wait in a queue of %s.\nMaybe give the engine a larger"
            + " queueCapacity, or ask for fewer.",
        count,
        engine.queueCapacity());
    checkArgument(
        count == 1 || request.maxNewTokens() > 0,
        "%s continuations must have a new token: maxNewTokens is 0",
        count);
  }

  private static GenerationRequest each(GenerationRequest request, SamplingParams seeded, int i) {
    SamplingParams next =
        seeded.isGreedy() || i == 0 ? seeded : seeded.toBuilder().seed(seeded.seed() + i).build();
    GenerationRequest.Builder each = request.toBuilder().sampling(next);
    return (i == 0 ? each : each.withoutPromptLogProbs()).build();
  }
}
