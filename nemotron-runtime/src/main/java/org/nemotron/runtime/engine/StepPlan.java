package org.nemotron.runtime.engine;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.SequenceChunk;

/**
 * What one step reads: a token of each request that generates, and as many tokens of prompts as a
 * step may have, oldest request first.
 */
final class StepPlan {
  /** A request's part of the step. */
  record Part(ActiveRequest request, SequenceChunk chunk) {}

  /** A row that the step gives. */
  record Wanted(int part, int position) {}

  private final ImmutableList<Part> parts;
  private final int preempted;
  private final List<Wanted> wanted = new ArrayList<>();

  /**
   * Chooses what is read.
   *
   * @param active requests, oldest first
   * @param preempted how many requests gave their pages back for it
   */
  StepPlan(List<ActiveRequest> active, StepRules rules, int preempted) {
    ImmutableList.Builder<Part> chosen = ImmutableList.builder();
    int left = rules.prefillTokens();
    for (ActiveRequest request : active) {
      if (request.promptLeft() == 0) {
        chosen.add(new Part(request, request.tokenChunk(rules.samples())));
      } else {
        for (SequenceChunk chunk : request.promptChunks(left, rules.samples())) {
          chosen.add(new Part(request, chunk));
          left -= chunk.tokens().length();
        }
      }
    }
    this.parts = chosen.build();
    this.preempted = preempted;
    verify(!parts.isEmpty(), "a step must read something");
    for (int part = 0; part < parts.size(); part++) {
      SequenceChunk chunk = parts.get(part).chunk();
      int end = chunk.start() + chunk.tokens().length();
      for (int position = end - chunk.wanted(); position < end; position++) {
        wanted.add(new Wanted(part, position));
      }
    }
  }

  ImmutableList<Part> parts() {
    return parts;
  }

  /** Returns how many requests gave their pages back, so that older ones have those they need. */
  int preempted() {
    return preempted;
  }

  /** Returns how many tokens it reads. */
  int tokens() {
    return parts.stream().mapToInt(part -> part.chunk().tokens().length()).sum();
  }

  /** Returns the step as the model takes it. */
  ForwardBatch batch() {
    return ForwardBatch.of(Lists.transform(parts, Part::chunk));
  }

  /** Returns whose row {@code index} is. */
  Wanted wanted(int index) {
    return wanted.get(index);
  }
}
