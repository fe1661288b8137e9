package org.nemotron.nas.score;

import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.estimate.WorkKind;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateFlops;
import org.nemotron.nas.library.internal.MemoryPlan.ScoringNeed;

/**
 * What a {@link BlockScorer} computes and holds.
 *
 * @param batch sequences of a batch
 * @param window tokens of a sequence
 */
public record ScoringWork(ModelSpec parent, ScoringSettings settings, int batch, int window) {
  /**
   * Returns the parent once; for each candidate what stands in, the layers behind it, and the head.
   *
   * @param tokens of all batches
   */
  public Work work(Iterable<? extends Candidate> candidates, long tokens) {
    PassFlops pass = new PassFlops(parent, window);
    CandidateFlops flops = new CandidateFlops(pass);
    int layers = parent.layers();
    double ofLayers = pass.blocks(0, layers);
    int heads = 1;
    for (Candidate candidate : candidates) {
      int next = candidate.layer() + candidate.layers();
      ofLayers += flops.replaced(candidate) + pass.blocks(next, layers);
      heads++;
    }
    return new Work(WorkKind.SCORING, tokens, tokens * ofLayers, tokens * heads * pass.head());
  }

  /** Returns the bytes beside parent and library, with so many passes at a time. */
  public long bytes(int elementBytes, int passes) {
    ScoringNeed need = need(elementBytes);
    return need.statesBytes() + need.logitsBytes() + passes * need.passBytes();
  }

  /** Returns the bytes without which nothing is scored: hidden states elsewhere, one pass. */
  public long leastBytes(int elementBytes) {
    ScoringNeed need = need(elementBytes);
    return need.logitsBytes() + need.passBytes();
  }

  /** Returns the bytes of the hidden states of so many candidates that go on together. */
  public long statesBytes(int elementBytes, int candidates) {
    return (long) candidates * batch * window * parent.width() * elementBytes;
  }

  private ScoringNeed need(int elementBytes) {
    return ScoringNeed.of(
        parent, elementBytes, (long) batch * window, settings.candidatesPerPass());
  }
}
