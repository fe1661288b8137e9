package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.SearchOutcome.Ending;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.SearchOutcome.OutOfTime;

/** What the values of this package refuse, and the values that they just allow. */
final class SearchChecksTest {
  private static final Alternative PLAIN = Alternative.of("a", 1, ImmutableMap.of("memory", 2.0));

  private static void assertRefused(ThrowingCallable made, String sentence) {
    assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(sentence);
  }

  @Test
  void budget_emptyOrUnboundedRange_isRefused() {
    double infinity = Double.POSITIVE_INFINITY;
    assertRefused(() -> Budget.atMost("", 1), "the cost of a budget must not be empty");
    assertRefused(
        () -> Budget.between("memory", 2, 1),
        "budget memory: atLeast (2.0) must not exceed atMost (1.0)");
    assertRefused(
        () -> Budget.atLeast("memory", infinity),
        "budget memory: the range from Infinity to Infinity holds no number");
    assertRefused(
        () -> Budget.atMost("memory", -infinity),
        "budget memory: the range from -Infinity to -Infinity holds no number");
    assertRefused(
        () -> Budget.atMost("memory", infinity), "budget memory: atLeast or atMost must be given");
  }

  @Test
  void allows_bothEnds_belongToTheRange() {
    Budget budget = Budget.between("memory", 1, 2);
    assertThat(budget.allows(1)).isTrue();
    assertThat(budget.allows(2)).isTrue();
    assertThat(budget.allows(Math.nextDown(1.0))).isFalse();
    assertThat(budget.allows(Math.nextUp(2.0))).isFalse();
    assertThat(Budget.between("memory", 1, 1).allows(1)).isTrue();
  }

  @Test
  void rule_layerOrRangeOutOfOrder_isRefused() {
    assertRefused(
        () -> Rule.forbid(-1, "a"), "layer (-1) of a forbidden candidate must not be negative");
    assertRefused(
        () -> Rule.force(-1, "a"), "layer (-1) of a forced candidate must not be negative");
    assertRefused(() -> Rule.atMost("", 1), "the kind of a rule must not be empty");
    assertRefused(
        () -> new Rule.KindCount("light", 2, 1),
        "kind light: the range from 2 to 1 layers must be in order and not negative");
    assertRefused(
        () -> new Rule.KindCount("light", -1, 1),
        "kind light: the range from -1 to 1 layers must be in order and not negative");
    assertThat(new Rule.KindCount("light", 0, 0)).isEqualTo(Rule.atMost("light", 0));
  }

  @Test
  @SuppressWarnings("NullAway") // what callers without a null checker may do
  void builder_null_isRefusedByName() {
    SearchProblem.Builder builder = SearchProblem.builder();
    assertNull(() -> builder.layer((Alternative) null), "a candidate of a layer must not be null");
    assertNull(
        () -> builder.layer((List<Alternative>) null),
        "the candidates of a layer must not be null");
    assertNull(() -> builder.layers(null), "layers must not be null");
    assertNull(() -> builder.budget(null), "a budget must not be null");
    assertNull(() -> builder.budgets(null), "budgets must not be null");
    assertNull(() -> builder.budgets(Arrays.asList((Budget) null)), "a budget must not be null");
    assertNull(() -> builder.rule(null), "a rule must not be null");
    assertNull(() -> builder.rules(null), "rules must not be null");
    assertNull(() -> builder.rules(Arrays.asList((Rule) null)), "a rule must not be null");
  }

  @Test
  @SuppressWarnings("NullAway") // what callers without a null checker may do
  void ofKinds_nullOrEmpty_isRefused() {
    assertNull(() -> PLAIN.ofKinds((String) null), "candidate a: a kind must not be null");
    assertRefused(() -> PLAIN.ofKinds(""), "candidate a: a kind must not be empty");
  }

  @Test
  @SuppressWarnings("NullAway") // what callers without a null checker may do
  void search_nullProblem_isRefused() {
    PuzzleSearch search = PuzzleSearch.create();
    String sentence = "the problem must not be null";
    assertNull(() -> search.solve(null), sentence);
    assertNull(() -> search.sensitivity(null), sentence);
    assertNull(() -> search.confidence(null), sentence);
    assertNull(() -> search.frontier(null, "memory", 2), sentence);
    assertNull(() -> search.grid(null, "memory", 2, "latency", 2), sentence);
  }

  @Test
  void permits_forcedInLayerTwo_keepsOutWhatReachesIt() {
    Rule forced = Rule.force(2, "a");
    assertThat(forced.permits(2, PLAIN)).isTrue();
    assertThat(forced.permits(2, Alternative.of("b", 1, PLAIN.costs()))).isFalse();
    assertThat(forced.permits(1, PLAIN)).isTrue();
    assertThat(forced.permits(1, PLAIN.covering(2))).isFalse();
    assertThat(forced.permits(3, Alternative.of("b", 1, PLAIN.costs()))).isTrue();
  }

  @Test
  void permits_forbiddenInLayerTwo_concernsThatCandidateThere() {
    Rule forbidden = Rule.forbid(2, "a");
    assertThat(forbidden.permits(2, PLAIN)).isFalse();
    assertThat(forbidden.permits(1, PLAIN)).isTrue();
    assertThat(forbidden.permits(2, Alternative.of("b", 1, PLAIN.costs()))).isTrue();
  }

  @Test
  void alternative_withoutNameOrLayer_isRefused() {
    assertRefused(
        () -> Alternative.of("", 1, PLAIN.costs()), "the id of a candidate must not be empty");
    assertRefused(() -> PLAIN.covering(0), "candidate a: covers (0) must be at least 1");
  }

  @Test
  void alternative_changedInOnePart_keepsTheRest() {
    Alternative full = new Alternative("a", 1, 0.5, PLAIN.costs(), 2).ofKinds("light");
    assertThat(PLAIN.withStandardError(0.5).covering(2).ofKinds("light")).isEqualTo(full);
    assertThat(full.withScore(7))
        .isEqualTo(new Alternative("a", 7, 0.5, PLAIN.costs(), 2, full.kinds()));
  }

  @Test
  void tieBreak_standardErrorsNotCountable_areRefused() {
    assertRefused(
        () -> new TieBreak("memory", -1),
        "standardErrors (-1.0) must be a finite number, not negative");
    assertRefused(
        () -> new TieBreak("memory", Double.POSITIVE_INFINITY),
        "standardErrors (Infinity) must be a finite number, not negative");
  }

  @Test
  void solution_boundAboveTheScoreOrNegativeGap_isRefused() {
    ImmutableList<Choice> choices = ImmutableList.of(new Choice(0, PLAIN));
    assertRefused(
        () -> new Solution(choices, 1, 2, 0, PLAIN.costs()),
        "bound (2.0) must not exceed score (1.0)");
    assertRefused(
        () -> new Solution(choices, 1, 0, -1, PLAIN.costs()), "gap (-1.0) must not be negative");
    assertThat(new Solution(choices, 1, 1, 0, PLAIN.costs()).ids()).containsExactly("a");
  }

  @Test
  void standardError_severalAlternatives_addAsSquares() {
    ImmutableList<Choice> choices =
        ImmutableList.of(
            new Choice(0, PLAIN.withStandardError(3)), new Choice(1, PLAIN.withStandardError(4)));
    assertThat(new Solution(choices, 2, 2, 0, PLAIN.costs()).standardError()).isEqualTo(5);
  }

  @Test
  void differentLayers_coveringChoice_countsAllItsLayers() {
    Solution apart =
        new Solution(
            ImmutableList.of(new Choice(0, PLAIN.covering(2)), new Choice(2, PLAIN)),
            2,
            2,
            0,
            PLAIN.costs());
    Solution other =
        new Solution(
            ImmutableList.of(new Choice(0, PLAIN), new Choice(1, PLAIN), new Choice(2, PLAIN)),
            3,
            3,
            0,
            PLAIN.costs());
    assertThat(apart.differentLayers(other)).isEqualTo(2);
    assertThat(other.differentLayers(apart)).isEqualTo(2);
    assertThat(apart.differentLayers(apart)).isZero();
  }

  @Test
  void found_nothing_isRefused() {
    assertRefused(
        () -> new Found(ImmutableList.of(), Ending.COMPLETE, Duration.ZERO),
        "a search that found something must hold a solution");
  }

  @Test
  void orElseThrow_nothingFound_saysWhy() {
    SearchOutcome outcome = new OutOfTime(1, Duration.ofSeconds(3));
    assertThatThrownBy(outcome::orElseThrow)
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("no architecture was found: the search ran out of time after 3 s");
  }

  @Test
  void sentence_severalClash_namesTheOthers() {
    Infeasible infeasible =
        new Infeasible(
            ImmutableList.of(
                new AskedLimit("memory", false, true, 24e6),
                new AskedLimit("light", true, false, 3)),
            25.5e6,
            ImmutableList.of(new Rule.Forbid(2, "a")),
            ImmutableMap.of(),
            Duration.ZERO);
    assertThat(infeasible.sentence())
        .isEqualTo(
            "memory at most 24,000,000 cannot be met: the least that an architecture can have is"
                + " 25,500,000, given at least 3 layers of kind light and candidate a forbidden in"
                + " layer 2");
  }

  @Test
  void sentence_limitFromBelow_namesTheGreatest() {
    assertThat(infeasible(new AskedLimit("ms", false, false, 6), 5.25).sentence())
        .isEqualTo(
            "ms at least 6 cannot be met: the greatest that an architecture can have is 5.25");
  }

  @Test
  void sentence_nearestLooksLikeTheLimit_showsAllDigits() {
    assertThat(infeasible(new AskedLimit("ms", false, true, 0.3), 0.30000000000000004).sentence())
        .endsWith("the least that an architecture can have is 0.30000000000000004");
  }

  @Test
  void sentence_noTimeForAnExplanation_saysSo() {
    assertThat(
            new Infeasible(
                    ImmutableList.of(),
                    Double.NaN,
                    ImmutableList.of(),
                    ImmutableMap.of(),
                    Duration.ZERO)
                .sentence())
        .isEqualTo(
            "no architecture respects every budget and rule; which of them clash was not found");
  }

  private static Infeasible infeasible(AskedLimit limit, double nearest) {
    return new Infeasible(
        ImmutableList.of(limit), nearest, ImmutableList.of(), ImmutableMap.of(), Duration.ZERO);
  }

  @Test
  void inWords_numbersOfAnySize_readWell() {
    assertThat(new AskedLimit("bytes", false, true, 24e9).inWords())
        .isEqualTo("bytes at most 24,000,000,000");
    assertThat(new AskedLimit("ms", false, false, 1234.5).inWords())
        .isEqualTo("ms at least 1,234.5");
    assertThat(new AskedLimit("ms", false, true, -0.125).inWords()).isEqualTo("ms at most -0.125");
    assertThat(new AskedLimit("ms", false, true, 1e300).inWords()).isEqualTo("ms at most 1.0E300");
    assertThat(new AskedLimit("noop", true, true, 20).inWords())
        .isEqualTo("at most 20 layers of kind noop");
  }

  @Test
  void alternative_costsOfWholeNumbers_areTakenAsTheyAre() {
    assertThat(Alternative.of("a", 1, Map.of("memory", 2))).isEqualTo(PLAIN);
    assertThat(
            SearchProblem.builder()
                .layer(PLAIN)
                .fixedCosts(Map.of("memory", 3L))
                .build()
                .fixedCosts())
        .containsExactly(Map.entry("memory", 3.0));
  }

  @Test
  @SuppressWarnings("NullAway") // nulls are what this test is about
  void alternative_nullIdOrCosts_isRefused() {
    assertNull(
        () -> Alternative.of(null, 1, PLAIN.costs()), "the id of a candidate must not be null");
    assertNull(() -> Alternative.of("a", 1, null), "candidate a: costs must not be null");
    Map<String, Double> costs = new HashMap<>();
    costs.put("memory", null);
    assertNull(() -> Alternative.of("a", 1, costs), "candidate a: cost memory must not be null");
    assertNull(
        () -> SearchProblem.builder().fixedCosts(costs),
        "fixedCosts: cost memory must not be null");
    assertNull(() -> Rule.force(0, null), "the id of a forced candidate must not be null");
    assertNull(() -> Rule.forbid(0, null), "the id of a forbidden candidate must not be null");
    assertNull(() -> Rule.atMost(null, 1), "the kind of a rule must not be null");
    assertNull(() -> Budget.atMost(null, 1), "the cost of a budget must not be null");
  }

  private static void assertNull(ThrowingCallable made, String sentence) {
    assertThatThrownBy(made).isInstanceOf(NullPointerException.class).hasMessage(sentence);
  }

  @Test
  void problem_countsBelowOne_areRefused() {
    assertRefused(() -> SearchProblem.builder().solutions(0), "solutions (0) must be at least 1");
    assertRefused(
        () -> SearchProblem.builder().minDifferentLayers(0),
        "minDifferentLayers (0) must be at least 1");
    ImmutableList<ImmutableList<Alternative>> layers = ImmutableList.of(ImmutableList.of(PLAIN));
    assertRefused(
        () ->
            new SearchProblem(
                layers, ImmutableMap.of(), ImmutableList.of(), ImmutableList.of(), 0, 1),
        "solutions (0) must be at least 1");
    assertRefused(
        () ->
            new SearchProblem(
                layers, ImmutableMap.of(), ImmutableList.of(), ImmutableList.of(), 1, 0),
        "minDifferentLayers (0) must be at least 1");
    assertRefused(
        () -> SearchProblem.builder().build(), "a search problem must have at least one layer");
  }
}
