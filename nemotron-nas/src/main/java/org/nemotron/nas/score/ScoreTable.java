package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.Candidate;

/**
 * The degradation by each candidate, alone in the parent. Immutable.
 *
 * @param scores of all candidates whose values are finite
 * @param leftOut the others, each with the value that was not finite and where
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
   * Returns the score of one chosen block: measured where it was trained as one, added otherwise.
   */
  public Score score(ModelSpec parent, BlockChoice choice) {
    return choice.accept(
        new BlockChoice.Visitor<Score>() {
          @Override
          public Score visit(BlockChoice.Parent own) {
            return Score.NONE;
          }

          @Override
          public Score visit(BlockChoice.Decoupled pair) {
            return added(parent, pair);
          }

          @Override
          public Score visit(BlockChoice.Coupled pair) {
            return score(pair.candidate());
          }

          @Override
          public Score visit(BlockChoice.MultiLayer block) {
            return score(block.candidate());
          }
        });
  }

  private Score added(ModelSpec parent, BlockChoice.Decoupled choice) {
    BlockSpec own = parent.block(choice.layer());
    BlockSpec spec = choice.spec();
    Score attention =
        spec.attention().equals(own.attention())
            ? Score.NONE
            : score(new Candidate.Attention(choice.layer(), spec.attention()));
    Score ffn =
        spec.ffn().equals(own.ffn())
            ? Score.NONE
            : score(new Candidate.Ffn(choice.layer(), spec.ffn()));
    return attention.plus(ffn);
  }

  /** Returns the predicted score of a whole child: the sum over its blocks. */
  public Score score(ModelSpec parent, Architecture architecture) {
    return architecture.choices().stream()
        .map(choice -> score(parent, choice))
        .reduce(Score.NONE, Score::plus);
  }

  /** Returns this table with the entries of {@code more}. */
  public ScoreTable with(ScoreTable more) {
    return new ScoreTable(merged(scores, more.scores), merged(leftOut, more.leftOut));
  }

  /**
   * Returns this table with a metric of the user's own, for example a weighted sum of others.
   *
   * @param name of the metric
   * @param degradation of each candidate, lower is better
   * @throws IllegalArgumentException if one is not finite, or the name is that of a metric which
   *     this library measures
   */
  public ScoreTable with(String name, ToDoubleFunction<Candidate> degradation) {
    return with(
        new Score.Metric(name),
        candidate -> {
          double value = degradation.applyAsDouble(candidate);
          checkArgument(
              Double.isFinite(value), "%s of %s (%s) must be finite", name, candidate.id(), value);
          return new Score.Measure(value, 0);
        });
  }

  /**
   * Returns this table with own scores.
   *
   * @param parent what the candidates stand in for
   * @throws IllegalArgumentException if a candidate of this table has no own score, or there is one
   *     of something that is neither a candidate nor a pair of candidates
   */
  public ScoreTable with(ModelSpec parent, OwnScores more) {
    more.check(parent, Sets.union(scores.keySet(), leftOut.keySet()), scores.keySet());
    return with(more.metric(), more::measure);
  }

  private ScoreTable with(Score.Metric metric, Function<Candidate, Score.Measure> measure) {
    Score.checkOwn(metric);
    return new ScoreTable(
        ImmutableMap.copyOf(
            Maps.transformEntries(
                scores, (candidate, score) -> score.with(metric, measure.apply(candidate)))),
        leftOut);
  }

  private static <T> ImmutableMap<Candidate, T> merged(
      Map<Candidate, T> some, Map<Candidate, T> more) {
    return ImmutableMap.<Candidate, T>builder().putAll(some).putAll(more).buildKeepingLast();
  }
}
