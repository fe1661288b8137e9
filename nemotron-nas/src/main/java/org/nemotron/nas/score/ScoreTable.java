package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.Candidate;

/**
 * The harm that each candidate does, alone in the parent. Immutable.
 *
 * @param scores of all that gave finite values
 * @param leftOut the others, each with what was not finite and where
 */
public record ScoreTable(
    ImmutableMap<Candidate, Score> scores, ImmutableMap<Candidate, String> leftOut) {
  /** Makes a table of candidates that all have a score. */
  public ScoreTable(ImmutableMap<Candidate, Score> scores) {
    this(scores, ImmutableMap.of());
  }

  /**
   * Returns the score of {@code candidate}.
   *
   * @throws IllegalArgumentException if it was not scored
   */
  public Score score(Candidate candidate) {
    Score score = scores.get(candidate);
    checkArgument(score != null, "%s has no score", candidate.id());
    return score;
  }

  /**
   * Returns the score of one placed block: measured where it was trained whole, added otherwise.
   */
  public Score score(ModelSpec parent, BlockChoice placement) {
    return switch (placement.origin()) {
      case PARENT -> Score.NONE;
      case DECOUPLED -> added(parent, placement);
      case COUPLED, COVERING ->
          score(new Candidate.Whole(placement.layer(), placement.covers(), placement.spec()));
    };
  }

  private Score added(ModelSpec parent, BlockChoice placement) {
    BlockSpec own = parent.block(placement.layer());
    BlockSpec spec = placement.spec();
    Score attention =
        spec.attention().equals(own.attention())
            ? Score.NONE
            : score(new Candidate.Attention(placement.layer(), spec.attention()));
    Score ffn =
        spec.ffn().equals(own.ffn())
            ? Score.NONE
            : score(new Candidate.Ffn(placement.layer(), spec.ffn()));
    return attention.plus(ffn);
  }

  /** Returns the predicted score of a whole child: the sum over its placements. */
  public Score score(ModelSpec parent, Architecture architecture) {
    return architecture.placements().stream()
        .map(placement -> score(parent, placement))
        .reduce(Score.NONE, Score::plus);
  }

  /** Returns this table with what {@code more} has added. */
  public ScoreTable with(ScoreTable more) {
    return new ScoreTable(merged(scores, more.scores), merged(leftOut, more.leftOut));
  }

  private static <T> ImmutableMap<Candidate, T> merged(
      Map<Candidate, T> some, Map<Candidate, T> more) {
    return ImmutableMap.<Candidate, T>builder().putAll(some).putAll(more).buildKeepingLast();
  }
}
