package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nemotron.core.eval.mtbench.Verdicts.Choice;
import org.nemotron.core.eval.mtbench.Verdicts.Pair;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.Interval;
import org.nemotron.core.eval.stats.PairedComparison;
import org.nemotron.core.eval.stats.PairedItems;

/**
 * The decisions of a category, or of all.
 *
 * @param category its name; {@link GradeSummary#ALL} for all
 * @param wins how often the child did better, in both orders
 * @param ties how often neither did, or the orders differed
 * @param losses how often the parent did better, in both orders
 * @param contradictory how many of the ties are such because the orders differed
 * @param undecided how many pairs lack a decision; they are in no figure
 * @param winRate the share of the child's wins, ties counting half, with its interval by a
 *     bootstrap of questions; NaN where nothing is decided
 * @param firstPlace the share of decisions for a model that went to the one shown first: half, of a
 *     judge that favors no place; NaN where there are none
 */
public record PairSummary(
    String category,
    int wins,
    int ties,
    int losses,
    int contradictory,
    int undecided,
    Interval winRate,
    double firstPlace) {

  /** Returns the summary of each category, by name, and that of all at the end. */
  public static ImmutableList<PairSummary> of(Verdicts verdicts, Bootstrap bootstrap) {
    TreeMap<String, List<Pair>> categories =
        verdicts.pairs().stream()
            .collect(Collectors.groupingBy(Pair::category, TreeMap::new, Collectors.toList()));
    return Stream.concat(
            categories.entrySet().stream().map(one -> of(one.getKey(), one.getValue(), bootstrap)),
            Stream.of(of(GradeSummary.ALL, verdicts.pairs(), bootstrap)))
        .collect(ImmutableList.toImmutableList());
  }

  private static PairSummary of(String category, List<Pair> pairs, Bootstrap bootstrap) {
    return new PairSummary(
        category,
        count(pairs, Choice.CHILD),
        count(pairs, Choice.TIE),
        count(pairs, Choice.PARENT),
        (int) pairs.stream().filter(Pair::isContradictory).count(),
        count(pairs, Choice.NONE),
        winRate(category, pairs, bootstrap),
        firstPlace(pairs));
  }

  private static int count(List<Pair> pairs, Choice outcome) {
    return (int) pairs.stream().filter(pair -> pair.outcome() == outcome).count();
  }

  /** The child's share less the parent's, in a comparison of both, is twice the rate less one. */
  private static Interval winRate(String category, List<Pair> pairs, Bootstrap bootstrap) {
    Map<Integer, Double> shares =
        pairs.stream()
            .filter(pair -> pair.outcome() != Choice.NONE)
            .collect(
                Collectors.groupingBy(
                    Pair::question, TreeMap::new, Collectors.averagingDouble(PairSummary::share)));
    if (shares.isEmpty()) {
      return new Interval(Double.NaN, Double.NaN, Double.NaN);
    }
    double[] ofChild = shares.values().stream().mapToDouble(Double::doubleValue).toArray();
    double[] ofParent = shares.values().stream().mapToDouble(share -> 1 - share).toArray();
    Interval difference =
        PairedComparison.of(
                new PairedItems(
                    category,
                    ImmutableDoubleArray.copyOf(ofParent),
                    ImmutableDoubleArray.copyOf(ofChild),
                    0),
                bootstrap)
            .difference();
    return new Interval(
        (difference.value() + 1) / 2, (difference.low() + 1) / 2, (difference.high() + 1) / 2);
  }

  private static double share(Pair pair) {
    return switch (pair.outcome()) {
      case CHILD -> 1;
      case TIE, NONE -> 0.5;
      case PARENT -> 0;
    };
  }

  private static double firstPlace(List<Pair> pairs) {
    long first = 0;
    long decisions = 0;
    for (Pair pair : pairs) {
      first += pair.parentFirst() == Choice.PARENT ? 1 : 0;
      first += pair.childFirst() == Choice.CHILD ? 1 : 0;
      decisions += isForOne(pair.parentFirst()) ? 1 : 0;
      decisions += isForOne(pair.childFirst()) ? 1 : 0;
    }
    return decisions == 0 ? Double.NaN : (double) first / decisions;
  }

  private static boolean isForOne(Choice choice) {
    return choice == Choice.PARENT || choice == Choice.CHILD;
  }
}
