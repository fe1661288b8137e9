package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.HashSet;
import java.util.Set;

/** The checks of a {@link SearchProblem}; each message names the layer and the candidate. */
final class ProblemChecks {
  private ProblemChecks() {}

  static void checkLayers(ImmutableList<ImmutableList<Alternative>> layers) {
    checkArgument(!layers.isEmpty(), "a search problem must have at least one layer");
    for (int layer = 0; layer < layers.size(); layer++) {
      checkArgument(!layers.get(layer).isEmpty(), "layer %s has no candidate", layer);
      Set<String> ids = new HashSet<>();
      for (Alternative candidate : layers.get(layer)) {
        checkArgument(
            ids.add(candidate.id()),
            "layer %s, candidate %s: the id must be unique within its layer",
            layer,
            candidate.id());
        checkNumbers(layer, candidate, Double.MAX_VALUE / (2 * layers.size()));
        checkArgument(
            candidate.covers() <= layers.size() - layer,
            "layer %s, candidate %s: covers (%s) must end within the %s layers",
            layer,
            candidate.id(),
            candidate.covers(),
            layers.size());
      }
    }
  }

  /**
   * @param largest sums of numbers up to this are finite
   */
  private static void checkNumbers(int layer, Alternative candidate, double largest) {
    checkArgument(
        Double.isFinite(candidate.score()),
        "layer %s, candidate %s: score (%s) must be a finite number",
        layer,
        candidate.id(),
        candidate.score());
    checkArgument(
        Math.abs(candidate.score()) <= largest,
        "layer %s, candidate %s: score (%s) is too large to be added up over the layers",
        layer,
        candidate.id(),
        candidate.score());
    checkArgument(
        Double.isFinite(candidate.standardError()) && candidate.standardError() >= 0,
        "layer %s, candidate %s: standardError (%s) must be a finite number, not negative",
        layer,
        candidate.id(),
        candidate.standardError());
    candidate
        .costs()
        .forEach(
            (cost, value) -> {
              checkArgument(
                  Double.isFinite(value),
                  "layer %s, candidate %s: cost %s (%s) must be a finite number",
                  layer,
                  candidate.id(),
                  cost,
                  value);
              checkArgument(
                  Math.abs(value) <= largest,
                  "layer %s, candidate %s: cost %s (%s) is too large to be added up over the layers",
                  layer,
                  candidate.id(),
                  cost,
                  value);
            });
  }

  static void checkCosts(
      ImmutableList<ImmutableList<Alternative>> layers,
      ImmutableMap<String, Double> fixedCosts,
      ImmutableList<Budget> budgets) {
    ImmutableSet<String> known =
        layers.stream()
            .flatMap(ImmutableList::stream)
            .flatMap(candidate -> candidate.costs().keySet().stream())
            .collect(ImmutableSet.toImmutableSet());
    for (int layer = 0; layer < layers.size(); layer++) {
      for (Alternative candidate : layers.get(layer)) {
        for (String cost : known) {
          checkArgument(
              candidate.costs().containsKey(cost),
              "layer %s, candidate %s: cost %s is missing, every candidate must have it",
              layer,
              candidate.id(),
              cost);
        }
      }
    }
    fixedCosts.forEach(
        (cost, value) ->
            checkArgument(
                known.contains(cost) && Double.isFinite(value),
                "fixed cost %s (%s) must be a finite number and one of the candidates' costs %s",
                cost,
                value,
                known));
    for (Budget budget : budgets) {
      checkArgument(
          known.contains(budget.cost()),
          "budget %s: the cost must be one of the candidates' costs %s",
          budget.cost(),
          known);
    }
  }

  static void checkRules(
      ImmutableList<ImmutableList<Alternative>> layers, ImmutableList<Rule> rules) {
    for (Rule rule : rules) {
      if (rule instanceof Rule.Pin pin) {
        checkExists(layers, pin);
      } else if (rule instanceof Rule.KindCount count) {
        checkExists(layers, count);
      }
    }
    checkCovered(AllowedAlternatives.of(layers, rules));
  }

  private static void checkExists(ImmutableList<ImmutableList<Alternative>> layers, Rule.Pin pin) {
    checkArgument(
        pin.layer() < layers.size()
            && layers.get(pin.layer()).stream()
                .anyMatch(candidate -> candidate.id().equals(pin.id())),
        "layer %s, candidate %s: there is no such candidate to force or forbid",
        pin.layer(),
        pin.id());
  }

  private static void checkExists(
      ImmutableList<ImmutableList<Alternative>> layers, Rule.KindCount count) {
    ImmutableSet<String> kinds =
        layers.stream()
            .flatMap(ImmutableList::stream)
            .flatMap(candidate -> candidate.kinds().stream())
            .collect(ImmutableSet.toImmutableSet());
    checkArgument(
        kinds.contains(count.kind()),
        "kind %s: a rule's kind must be one of the candidates' kinds %s",
        count.kind(),
        kinds);
  }

  /** Checks that a chain of permitted candidates leads from the first layer past the last. */
  private static void checkCovered(AllowedAlternatives allowed) {
    boolean[] reached = new boolean[allowed.layers() + 1];
    reached[0] = true;
    int furthest = 0;
    for (int layer = 0; layer < allowed.layers(); layer++) {
      if (reached[layer]) {
        furthest = layer;
        for (Alternative candidate : allowed.at(layer)) {
          reached[layer + candidate.covers()] = true;
        }
      }
    }
    if (!reached[allowed.layers()]) {
      checkNoGapBefore(allowed, furthest);
      throw new IllegalArgumentException(
          String.format(
              "layer %d: forced and forbidden candidates leave nothing that can stand here",
              furthest));
    }
  }

  /** Checks that no candidate covers the layers up to one in which nothing can stand. */
  private static void checkNoGapBefore(AllowedAlternatives allowed, int empty) {
    for (int layer = 0; layer < empty; layer++) {
      for (Alternative candidate : allowed.at(layer)) {
        checkArgument(
            candidate.covers() == 1 || layer + candidate.covers() != empty,
            "layer %s, candidate %s: covers (%s) leaves a gap, nothing that is permitted can stand "
                + "in layer %s",
            layer,
            candidate.id(),
            candidate.covers(),
            empty);
      }
    }
  }
}
