package org.nemotron.nas.score;

import com.google.common.collect.ImmutableList;
import com.google.common.math.PairedStatsAccumulator;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Seed;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;

/**
 * Checks the assumption behind the search: that the scores of replacements add up.
 *
 * <p>For pairs of candidates in different layers, the sum of their scores is compared with the
 * measured KL of the parent with both in place.
 */
public final class AdditivityAuditor {
  private final ModelEvaluator evaluator;

  /**
   * Makes an auditor that measures with {@code evaluator}, on the text that scores were made on.
   */
  public AdditivityAuditor(ModelEvaluator evaluator) {
    this.evaluator = evaluator;
  }

  /**
   * One pair.
   *
   * @param first a candidate
   * @param second a candidate of a later layer
   * @param predictedKl the sum of their scores, in nats
   * @param measuredKl of the parent with both in place, in nats
   */
  public record Pair(Candidate first, Candidate second, double predictedKl, double measuredKl) {}

  /**
   * The result of an audit.
   *
   * @param pairs the sample
   * @param correlation Pearson's, of prediction and measurement over the pairs; 0 when there are
   *     too few pairs, or all are alike
   */
  public record Audit(ImmutableList<Pair> pairs, double correlation) {}

  /**
   * Returns the comparison for {@code count} random pairs of candidates that replace one layer
   * each; for none where all candidates stand in one layer.
   *
   * @param scores of candidates of {@code library}; those without one are not audited
   */
  public Audit audit(BlockLibrary library, ScoreTable scores, int count, Seed seed) {
    List<Candidate> single = new ArrayList<>();
    library.candidates().stream()
        .filter(c -> c.layers() == 1 && scores.scores().containsKey(c))
        .forEach(single::add);
    boolean pairsExist = single.stream().mapToInt(Candidate::layer).distinct().count() > 1;
    SplittableRandom random = seed.random();
    List<List<Candidate>> pairs = new ArrayList<>();
    List<HeterogeneousModel> hybrids = new ArrayList<>();
    try {
      while (pairsExist && pairs.size() < count) {
        Candidate one = single.get(random.nextInt(single.size()));
        Candidate other = single.get(random.nextInt(single.size()));
        if (one.layer() < other.layer()) {
          pairs.add(List.of(one, other));
          hybrids.add(library.assemble(both(library.parent().spec(), one, other)));
        }
      }
      return compared(pairs, scores, evaluator.evaluate(library.parent(), hybrids));
    } finally {
      hybrids.forEach(HeterogeneousModel::close);
    }
  }

  private static Architecture both(ModelSpec parent, Candidate one, Candidate other) {
    Architecture second = Architecture.ofOne(parent, other);
    return Architecture.ofOne(parent, one).with(second.choices().get(other.layer()));
  }

  private static Audit compared(
      List<List<Candidate>> pairs, ScoreTable scores, ImmutableList<ModelQuality> measured) {
    PairedStatsAccumulator both = new PairedStatsAccumulator();
    ImmutableList.Builder<Pair> audited = ImmutableList.builder();
    for (int index = 0; index < pairs.size(); index++) {
      Candidate one = pairs.get(index).get(0);
      Candidate other = pairs.get(index).get(1);
      double predicted = scores.score(one).klNats() + scores.score(other).klNats();
      double kl = measured.get(index).klNats();
      both.add(predicted, kl);
      audited.add(new Pair(one, other, predicted, kl));
    }
    return new Audit(audited.build(), correlation(both));
  }

  private static double correlation(PairedStatsAccumulator both) {
    boolean varies =
        both.count() > 1
            && both.xStats().populationVariance() > 0
            && both.yStats().populationVariance() > 0;
    return varies ? both.pearsonsCorrelationCoefficient() : 0;
  }
}
