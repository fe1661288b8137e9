package org.nemotron.nas.search;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/**
 * Generates tables as people round them: costs and scores are small whole numbers, so that many
 * architectures have the same sums.
 */
public final class WholeNumberTables {
  private WholeNumberTables() {}

  /**
   * Returns equal layers with a hundred rounded candidates and one that keeps all three budgets
   * when it stands in every layer. A user's search of twenty layers found nothing.
   */
  public static SearchProblem withOneThatFits(int layers) {
    List<Alternative> candidates = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      ImmutableMap<String, Number> costs =
          ImmutableMap.of(
              "ms", Math.round(i / 10.0),
              "mb", Math.round(i * 7 % 100 / 10.0),
              "p", Math.round(i * 13 % 100 / 10.0));
      candidates.add(Alternative.of("c" + i, Math.round(10 - i / 10.0), costs));
    }
    candidates.add(Alternative.of("ok", 7, ImmutableMap.of("ms", 3, "mb", 3, "p", 3)));
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < layers; layer++) {
      builder.layer(candidates);
    }
    return builder
        .budget(Budget.atMost("ms", 4.08 * layers))
        .budget(Budget.atMost("mb", 4.0 * layers))
        .budget(Budget.between("p", 2.5 * layers, 4.5 * layers))
        .build();
  }

  /** Returns tables of up to five layers of up to eight candidates, feasible or not. */
  static Arbitrary<SearchProblem> small() {
    return Arbitraries.randomValue(
        random -> table(random, 1 + random.nextInt(5), 1 + random.nextInt(8), 6, 0.1));
  }

  /**
   * Returns a table of 5 to 64 layers of 3 to 62 candidates whose budgets a random architecture
   * keeps, some from both sides, within a fiftieth of its costs.
   */
  public static SearchProblem large(long seed) {
    Random random = new Random(seed);
    return table(random, 5 + random.nextInt(60), 3 + random.nextInt(60), 1, 0.02);
  }

  /**
   * Returns a table with one to four budgets about the costs of a random architecture.
   *
   * @param astray by how much the middle of each budget may lie off those costs
   * @param slack the half width of each budget, as a share of the costs
   */
  private static SearchProblem table(
      Random random, int layers, int candidates, int astray, double slack) {
    int budgets = 1 + random.nextInt(4);
    int greatest = 1 + random.nextInt(12);
    boolean equal = random.nextBoolean();
    boolean correlated = random.nextInt(3) == 0;
    boolean covering = random.nextInt(4) == 0;
    long layerSeed = random.nextLong();
    double[] planted = new double[budgets];
    int plantedUpTo = 0;
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < layers; layer++) {
      Random numbers = equal ? new Random(layerSeed) : random;
      List<Alternative> all = new ArrayList<>();
      for (int i = 0; i < candidates; i++) {
        int covers = covering && layer < layers - 1 && i % 7 == 3 ? 2 : 1;
        all.add(candidate("c" + i, numbers, budgets, greatest, correlated, covers));
      }
      builder.layer(all);
      if (layer == plantedUpTo) {
        Alternative chosen = all.get(random.nextInt(candidates));
        for (int cost = 0; cost < budgets; cost++) {
          planted[cost] += chosen.costs().getOrDefault(name(cost), 0.0);
        }
        plantedUpTo += chosen.covers();
      }
    }
    for (int cost = 0; cost < budgets; cost++) {
      double middle = planted[cost] + random.nextInt(astray) - random.nextInt(astray);
      double half = Math.floor(slack * planted[cost]);
      builder.budget(
          random.nextBoolean()
              ? Budget.between(name(cost), middle - half, middle + half)
              : Budget.atMost(name(cost), middle + half));
    }
    return builder.build();
  }

  private static Alternative candidate(
      String id, Random numbers, int budgets, int greatest, boolean correlated, int covers) {
    ImmutableMap.Builder<String, Number> costs = ImmutableMap.builder();
    int sum = 0;
    for (int cost = 0; cost < budgets; cost++) {
      int value = numbers.nextInt(greatest + 1);
      sum += value;
      costs.put(name(cost), value * covers);
    }
    int score = correlated ? greatest * budgets - sum : numbers.nextInt(greatest + 1);
    return Alternative.of(id, score * covers, costs.buildOrThrow()).covering(covers);
  }

  private static String name(int cost) {
    return "cost" + cost;
  }
}
