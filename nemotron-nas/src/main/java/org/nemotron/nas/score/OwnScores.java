package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.library.Candidate;

/**
 * What a metric of the user's own has measured of each candidate, alone in the parent. Immutable.
 *
 * @param metric its name
 * @param provenance what measured it, in words
 * @param byCandidate by {@link Candidate#id}: of each sub-block and multi-layer replacement, and of
 *     those pairs that were trained together
 */
public record OwnScores(
    Score.Metric metric, String provenance, ImmutableMap<String, Score.Measure> byCandidate) {
  /** Checks the metric's name. */
  public OwnScores {
    Score.checkOwn(metric);
  }

  /**
   * Checks that these are scores of {@code candidates}, all of them.
   *
   * @param parent what the candidates stand in for
   * @throws IllegalArgumentException if a candidate has no score, or there is one of something that
   *     is neither a candidate nor a pair of candidates
   */
  public void check(ModelSpec parent, Set<Candidate> candidates) {
    check(parent, candidates, candidates);
  }

  void check(ModelSpec parent, Set<Candidate> known, Set<Candidate> scored) {
    for (Candidate candidate : scored) {
      checkArgument(
          byCandidate.containsKey(candidate.id()),
          "own scores %s: candidate %s has none.\nMaybe add it to the scores.",
          metric,
          candidate.id());
    }
    Set<String> ids = ids(parent, known);
    for (String id : byCandidate.keySet()) {
      checkArgument(
          ids.contains(id),
          "own scores %s: %s is no candidate.\nMaybe one of another search space.",
          metric,
          id);
    }
  }

  Score.Measure measure(Candidate candidate) {
    return verifyNotNull(byCandidate.get(candidate.id()));
  }

  /** Returns the ids of {@code candidates}, and of all pairs of them and of the parent's own. */
  private static Set<String> ids(ModelSpec parent, Set<Candidate> candidates) {
    Set<String> ids = new LinkedHashSet<>();
    candidates.forEach(candidate -> ids.add(candidate.id()));
    for (int layer = 0; layer < parent.layers(); layer++) {
      List<FfnSpec> ffns = ffns(parent, layer, candidates).toList();
      for (AttentionSpec attention : attentions(parent, layer, candidates).toList()) {
        for (FfnSpec ffn : ffns) {
          ids.add(new Candidate.Block(layer, new BlockSpec(attention, ffn)).id());
        }
      }
    }
    return ids;
  }

  private static Stream<AttentionSpec> attentions(
      ModelSpec parent, int layer, Set<Candidate> candidates) {
    return Stream.concat(
        Stream.of(parent.block(layer).attention()),
        at(layer, candidates, Candidate.Attention.class).map(Candidate.Attention::spec));
  }

  private static Stream<FfnSpec> ffns(ModelSpec parent, int layer, Set<Candidate> candidates) {
    return Stream.concat(
        Stream.of(parent.block(layer).ffn()),
        at(layer, candidates, Candidate.Ffn.class).map(Candidate.Ffn::spec));
  }

  private static <T extends Candidate> Stream<T> at(
      int layer, Set<Candidate> candidates, Class<T> kind) {
    return candidates.stream()
        .filter(candidate -> candidate.layer() == layer)
        .filter(kind::isInstance)
        .map(kind::cast);
  }
}
