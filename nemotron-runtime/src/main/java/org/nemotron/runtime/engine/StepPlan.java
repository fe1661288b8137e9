package org.nemotron.runtime.engine;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.nn.StepSpan;

/**
 * What one step reads: a token of each request that generates, and as many tokens of prompts as a
 * step may have, oldest request first.
 */
final class StepPlan {
  /** A request's part of the step. */
  record Part(ActiveRequest request, StepSpan span) {}

  /** A row of logits that the step gives. */
  record Wanted(int part, int position) {}

  private final ImmutableList<Part> parts;
  private final List<Wanted> wanted = new ArrayList<>();

  StepPlan(List<ActiveRequest> active, int prefillTokens) {
    ImmutableList.Builder<Part> chosen = ImmutableList.builder();
    int left = prefillTokens;
    for (ActiveRequest request : active) {
      if (request.promptLeft() == 0) {
        chosen.add(new Part(request, request.tokenSpan()));
      } else {
        int tokens = request.promptPiece(left);
        if (tokens > 0) {
          chosen.add(new Part(request, request.promptSpan(tokens)));
          left -= tokens;
        }
      }
    }
    this.parts = chosen.build();
    verify(!parts.isEmpty(), "a step must read something");
    for (int part = 0; part < parts.size(); part++) {
      StepSpan span = parts.get(part).span();
      int end = span.start() + span.tokens().length();
      for (int position = end - span.wanted(); position < end; position++) {
        wanted.add(new Wanted(part, position));
      }
    }
  }

  ImmutableList<Part> parts() {
    return parts;
  }

  ImmutableList<StepSpan> spans() {
    return parts.stream().map(Part::span).collect(ImmutableList.toImmutableList());
  }

  /** Returns whose logits row {@code index} is. */
  Wanted wanted(int index) {
    return wanted.get(index);
  }
}
