package org.nemotron.nas.search;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Generates problems of up to six layers and six candidates, feasible or not. */
public final class SmallProblems {
  static final String MEMORY = "memoryBytes";
  static final String LATENCY = "latencyNanos";
  static final String PARAMETERS = "parameters";
  private static final List<String> COSTS = List.of(MEMORY, LATENCY, PARAMETERS);

  private SmallProblems() {}

  /** Returns problems with budgets, ranges, covering candidates, fixed costs and rules. */
  public static Arbitrary<SearchProblem> any() {
    return Arbitraries.randomValue(random -> problem(random, true));
  }

  /** Returns problems with budgets, ranges, covering candidates and fixed costs only. */
  public static Arbitrary<SearchProblem> withoutRules() {
    return Arbitraries.randomValue(random -> problem(random, false));
  }

  /** Returns problems with one to three budgets, whose costs and limits are tenths. */
  static Arbitrary<SearchProblem> ofTenths() {
    return Arbitraries.randomValue(
        random -> {
          int layers = 1 + random.nextInt(6);
          SearchProblem.Builder builder = SearchProblem.builder();
          for (int layer = 0; layer < layers; layer++) {
            List<Alternative> candidates = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(5); i++) {
              ImmutableMap<String, Double> costs =
                  ImmutableMap.of(
                      MEMORY, 0.1 * random.nextInt(9), LATENCY, 0.7 * (1 + random.nextInt(3)));
              candidates.add(Alternative.of("c" + i, random.nextDouble(), costs));
            }
            builder.layer(candidates);
          }
          return builder
              .budget(Budget.atMost(MEMORY, 0.1 * random.nextInt(4 * layers + 1)))
              .budget(Budget.atMost(LATENCY, 0.7 * random.nextInt(3 * layers + 1)))
              .build();
        });
  }

  /** Returns problems with three budgets of which few can be met together, and no rules. */
  static Arbitrary<SearchProblem> tight() {
    return Arbitraries.randomValue(
        random -> {
          SearchProblem loose = problem(random, false);
          int layers = loose.layers().size();
          double fixed = loose.fixedCosts().getOrDefault(MEMORY, 0.0);
          double first = layers * (1 + 5 * random.nextDouble());
          double second = layers * (1 + 5 * random.nextDouble());
          return loose.toBuilder()
              .budgets(
                  List.of(
                      Budget.between(MEMORY, fixed + Math.min(first, second), fixed + first + 1),
                      Budget.atMost(LATENCY, layers * (1 + 4 * random.nextDouble())),
                      Budget.atLeast(PARAMETERS, layers * 2 * random.nextDouble())))
              .build();
        });
  }

  private static SearchProblem problem(Random random, boolean rules) {
    boolean whole = random.nextInt(3) == 0;
    boolean covering = random.nextInt(3) == 0;
    int layers = 1 + random.nextInt(6);
    SearchProblem.Builder builder = SearchProblem.builder();
    List<List<Alternative>> all = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      List<Alternative> candidates = new ArrayList<>();
      int count = 1 + random.nextInt(6);
      for (int i = 0; i < count; i++) {
        int covers =
            covering && random.nextInt(3) == 0
                ? 1 + random.nextInt(Math.min(3, layers - layer))
                : 1;
        candidates.add(candidate("c" + i, random, whole).covering(covers));
      }
      all.add(candidates);
      builder.layer(candidates);
    }
    builder.fixedCosts(ImmutableMap.of(MEMORY, (double) random.nextInt(20)));
    int budgets = 1 + random.nextInt(3);
    for (int i = 0; i < budgets; i++) {
      builder.budget(budget(COSTS.get(i), layers, random, whole));
    }
    if (rules) {
      addRules(builder, all, random);
    }
    return builder.build();
  }

  private static Alternative candidate(String id, Random random, boolean whole) {
    Alternative candidate =
        Alternative.of(
                id,
                number(random, 10, whole),
                ImmutableMap.of(
                    MEMORY, number(random, 10, whole),
                    LATENCY, number(random, 10, whole),
                    PARAMETERS, number(random, 4, whole) - 2))
            .withStandardError(random.nextInt(2) * random.nextDouble());
    return random.nextBoolean() ? candidate.ofKinds("light") : candidate;
  }

  private static double number(Random random, int below, boolean whole) {
    return whole ? random.nextInt(below) : below * random.nextDouble();
  }

  private static Budget budget(String cost, int layers, Random random, boolean whole) {
    double middle = cost.equals(PARAMETERS) ? 0 : cost.equals(MEMORY) ? 5 * layers + 8 : 4 * layers;
    double first = middle + number(random, 6 * layers, whole) - 3 * layers;
    double second = middle + number(random, 6 * layers, whole) - 3 * layers;
    return switch (random.nextInt(5)) {
      case 0 -> Budget.atLeast(cost, first);
      case 1 -> Budget.between(cost, Math.min(first, second), Math.max(first, second));
      default -> Budget.atMost(cost, first);
    };
  }

  private static void addRules(
      SearchProblem.Builder builder, List<List<Alternative>> all, Random random) {
    boolean plain = all.stream().flatMap(List::stream).allMatch(arc -> arc.covers() == 1);
    boolean light = all.stream().flatMap(List::stream).anyMatch(arc -> !arc.kinds().isEmpty());
    if (light && random.nextInt(3) == 0) {
      builder.rule(Rule.atMost("light", random.nextInt(all.size() + 1)));
    }
    if (light && random.nextInt(4) == 0) {
      builder.rule(Rule.atLeast("light", random.nextInt(all.size() + 1)));
    }
    if (plain && random.nextInt(3) == 0) {
      builder.rule(Rule.force(random.nextInt(all.size()), "c0"));
    }
    int layer = random.nextInt(all.size());
    if (plain && random.nextInt(3) == 0 && all.get(layer).size() > 2) {
      builder.rule(Rule.forbid(layer, "c" + (all.get(layer).size() - 1)));
    }
  }
}
