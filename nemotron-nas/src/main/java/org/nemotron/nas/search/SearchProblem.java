package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The alternatives that each layer may hold, and the budgets and rules of the whole architecture.
 *
 * <p>An architecture is a chain of alternatives that covers every layer once. Its score is the sum
 * of their scores, which the search minimizes; each of its costs is the fixed cost plus the sum of
 * theirs, rounded once, whatever the order of the layers.
 *
 * @param layers the alternatives that may stand in each layer; one that covers k layers is listed
 *     in the first of them
 * @param fixedCosts costs that every architecture has, 0 for those not named
 * @param budgets the bounds on its costs
 * @param rules further constraints
 * @param solutions how many solutions to find
 * @param minDifferentLayers in how many layers a solution must differ from every earlier one; with
 *     more than there are layers, only one solution exists
 */
public record SearchProblem(
    ImmutableList<ImmutableList<Alternative>> layers,
    ImmutableMap<String, Double> fixedCosts,
    ImmutableList<Budget> budgets,
    ImmutableList<Rule> rules,
    int solutions,
    int minDifferentLayers) {

  /** Checks every number and name, and that some chain of candidates covers the layers. */
  public SearchProblem {
    ProblemChecks.checkLayers(layers);
    ProblemChecks.checkCosts(layers, fixedCosts, budgets);
    ProblemChecks.checkRules(layers, rules);
    checkArgument(solutions >= 1, "solutions (%s) must be at least 1", solutions);
    checkArgument(
        minDifferentLayers >= 1, "minDifferentLayers (%s) must be at least 1", minDifferentLayers);
  }

  /** Returns a builder of an empty problem. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from this problem. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    layers.forEach(builder::layer);
    return builder
        .fixedCosts(fixedCosts)
        .budgets(budgets)
        .rules(rules)
        .solutions(solutions)
        .minDifferentLayers(minDifferentLayers);
  }

  /** Returns the names of the costs that every candidate has. */
  public ImmutableSet<String> costNames() {
    return layers.get(0).get(0).costs().keySet();
  }

  /** Returns the rules that force or forbid a candidate. */
  ImmutableList<Rule.Pin> pins() {
    return rules.stream()
        .filter(Rule.Pin.class::isInstance)
        .map(Rule.Pin.class::cast)
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns this problem with other pins. */
  SearchProblem withPins(List<Rule.Pin> pins) {
    ImmutableList.Builder<Rule> all = ImmutableList.builder();
    rules.stream().filter(rule -> !(rule instanceof Rule.Pin)).forEach(all::add);
    return toBuilder().rules(all.addAll(pins).build()).build();
  }

  /** Collects the parts of a {@link SearchProblem}. */
  public static final class Builder {
    private final ImmutableList.Builder<ImmutableList<Alternative>> layers =
        ImmutableList.builder();
    private ImmutableMap<String, Double> fixedCosts = ImmutableMap.of();
    private ImmutableList<Budget> budgets = ImmutableList.of();
    private ImmutableList<Rule> rules = ImmutableList.of();
    private int solutions = 1;
    private int minDifferentLayers = 1;

    private Builder() {}

    /** Adds the next layer with the alternatives that may stand in it. */
    @CanIgnoreReturnValue
    public Builder layer(Collection<Alternative> alternatives) {
      checkNotNull(alternatives, "the candidates of a layer must not be null");
      alternatives.forEach(one -> checkNotNull(one, "a candidate of a layer must not be null"));
      layers.add(ImmutableList.copyOf(alternatives));
      return this;
    }

    /** Adds the next layer with the alternatives that may stand in it. */
    @CanIgnoreReturnValue
    public Builder layer(Alternative... alternatives) {
      checkNotNull(alternatives, "the candidates of a layer must not be null");
      return layer(Arrays.asList(alternatives));
    }

    /** Adds several layers. */
    @CanIgnoreReturnValue
    public Builder layers(List<? extends Collection<Alternative>> newLayers) {
      checkNotNull(newLayers, "layers must not be null");
      newLayers.forEach(this::layer);
      return this;
    }

    /** Sets the costs that every architecture has; none unless set. */
    @CanIgnoreReturnValue
    public Builder fixedCosts(Map<String, ? extends Number> costs) {
      checkNotNull(costs, "fixedCosts must not be null");
      fixedCosts = CostMaps.of("fixedCosts", costs);
      return this;
    }

    /** Adds a budget. */
    @CanIgnoreReturnValue
    public Builder budget(Budget budget) {
      checkNotNull(budget, "a budget must not be null");
      budgets = ImmutableList.<Budget>builder().addAll(budgets).add(budget).build();
      return this;
    }

    /** Replaces the budgets set so far. */
    @CanIgnoreReturnValue
    public Builder budgets(Collection<Budget> newBudgets) {
      checkNotNull(newBudgets, "budgets must not be null");
      newBudgets.forEach(one -> checkNotNull(one, "a budget must not be null"));
      budgets = ImmutableList.copyOf(newBudgets);
      return this;
    }

    /** Adds a rule. */
    @CanIgnoreReturnValue
    public Builder rule(Rule rule) {
      checkNotNull(rule, "a rule must not be null");
      rules = ImmutableList.<Rule>builder().addAll(rules).add(rule).build();
      return this;
    }

    /** Replaces the rules set so far. */
    @CanIgnoreReturnValue
    public Builder rules(Collection<Rule> newRules) {
      checkNotNull(newRules, "rules must not be null");
      newRules.forEach(one -> checkNotNull(one, "a rule must not be null"));
      rules = ImmutableList.copyOf(newRules);
      return this;
    }

    /** Sets how many solutions to find; 1 unless set. */
    @CanIgnoreReturnValue
    public Builder solutions(int count) {
      checkArgument(count >= 1, "solutions (%s) must be at least 1", count);
      solutions = count;
      return this;
    }

    /** Sets in how many layers a solution must differ from every earlier one; 1 unless set. */
    @CanIgnoreReturnValue
    public Builder minDifferentLayers(int count) {
      checkArgument(count >= 1, "minDifferentLayers (%s) must be at least 1", count);
      minDifferentLayers = count;
      return this;
    }

    /** Returns the problem, checked as a whole. */
    public SearchProblem build() {
      return new SearchProblem(
          layers.build(), fixedCosts, budgets, rules, solutions, minDifferentLayers);
    }
  }
}
