package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.SearchOutcome.Ending;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.SearchOutcome.OutOfTime;

final class OutcomeJsonTest {
  private static final AskedLimit MEMORY = new AskedLimit("memory", false, true, 5);
  private static final AskedLimit NOOPS = new AskedLimit("noop", true, false, 3);
  private static final Duration HALF_A_SECOND = Duration.ofMillis(500);
  private static final ImmutableMap<String, Double> COSTS = ImmutableMap.of("memory", 3.0);
  private static final String PROVEN =
      "\"choices\":[\"a\",\"b\"],\"score\":2.0,\"bound\":2.0,\"gap\":0.0,\"costs\":{\"memory\":3.0}";

  private static Solution solution(double bound, double standardError) {
    Alternative first = Alternative.of("a", 1, COSTS).withStandardError(standardError);
    return new Solution(
        ImmutableList.of(new Choice(0, first), new Choice(1, Alternative.of("b", 1, COSTS))),
        2,
        bound,
        Math.abs(2 - bound) / 2,
        COSTS);
  }

  @Test
  void write_found_hasEverySolution() {
    ImmutableList<Solution> solutions = ImmutableList.of(solution(2, 0), solution(1, 0.25));
    assertThat(OutcomeJson.write(new Found(solutions, Ending.CANCELLED, HALF_A_SECOND)))
        .isEqualTo(
            "{\"status\":\"found\",\"seconds\":0.5,\"ending\":\"CANCELLED\",\"solutions\":[{"
                + PROVEN
                + "},{\"choices\":[\"a\",\"b\"],\"score\":2.0,\"bound\":1.0,\"gap\":0.5,"
                + "\"standardError\":0.25,\"costs\":{\"memory\":3.0}}]}");
  }

  @Test
  void write_boundIsInfinite_isLeftOutWithTheGap() {
    Solution unproven = solution(Double.NEGATIVE_INFINITY, 0);
    assertThat(
            OutcomeJson.write(
                new Found(ImmutableList.of(unproven), Ending.OUT_OF_TIME, HALF_A_SECOND)))
        .contains("\"score\":2.0,\"costs\"");
  }

  @Test
  void write_infeasible_namesBudgetClashAndRepairs() {
    Infeasible infeasible =
        new Infeasible(
            ImmutableList.of(MEMORY, NOOPS),
            20,
            ImmutableList.of(),
            ImmutableMap.of(NOOPS, 1.0),
            HALF_A_SECOND);
    assertThat(OutcomeJson.write(infeasible))
        .isEqualTo(
            "{\"status\":\"infeasible\",\"seconds\":0.5,"
                + "\"clash\":[{\"cost\":\"memory\",\"atMost\":5.0},{\"kind\":\"noop\",\"atLeast\":3}],"
                + "\"nearest\":20.0,\"repairs\":[{\"kind\":\"noop\",\"atLeast\":1}]}");
  }

  @Test
  void write_infeasibleBecauseOfPins_namesThemAsTheProblemDoes() {
    Infeasible infeasible =
        new Infeasible(
            ImmutableList.of(MEMORY),
            20,
            ImmutableList.of(new Rule.Force(1, "a"), new Rule.Forbid(2, "b")),
            ImmutableMap.of(),
            HALF_A_SECOND);
    assertThat(OutcomeJson.write(infeasible))
        .endsWith(
            "\"clash\":[{\"cost\":\"memory\",\"atMost\":5.0}],\"nearest\":20.0,\"pins\":[{\"layer\":1,\"force\":\"a\"},"
                + "{\"layer\":2,\"forbid\":\"b\"}],\"repairs\":[]}");
  }

  @Test
  void write_unfinished_saysWhy() {
    assertThat(OutcomeJson.write(new SearchOutcome.Cancelled(1.5, HALF_A_SECOND)))
        .startsWith("{\"status\":\"cancelled\",");
    assertThat(OutcomeJson.write(new SearchOutcome.OutOfMemory(1.5, HALF_A_SECOND)))
        .startsWith("{\"status\":\"outOfMemory\",");
  }

  @Test
  void write_unexplained_hasNoNearest() {
    Infeasible infeasible =
        new Infeasible(
            ImmutableList.of(), Double.NaN, ImmutableList.of(), ImmutableMap.of(), HALF_A_SECOND);
    assertThat(OutcomeJson.write(infeasible))
        .isEqualTo("{\"status\":\"infeasible\",\"seconds\":0.5,\"clash\":[],\"repairs\":[]}");
  }

  @Test
  void write_outOfTime_hasTheBoundIfThereIsOne() {
    assertThat(OutcomeJson.write(new OutOfTime(1.5, HALF_A_SECOND)))
        .isEqualTo("{\"status\":\"outOfTime\",\"seconds\":0.5,\"bound\":1.5}");
    assertThat(OutcomeJson.write(new OutOfTime(Double.NEGATIVE_INFINITY, HALF_A_SECOND)))
        .isEqualTo("{\"status\":\"outOfTime\",\"seconds\":0.5}");
  }

  @Test
  void write_frontier_hasALimitAndASolutionPerPoint() {
    Frontier frontier =
        new Frontier(
            "memory",
            ImmutableList.of(new Frontier.Point(4, solution(2, 0))),
            true,
            ImmutableList.of("memory: open"),
            HALF_A_SECOND);
    assertThat(OutcomeJson.write(frontier))
        .isEqualTo(
            "{\"cost\":\"memory\",\"complete\":true,\"seconds\":0.5,"
                + "\"unproven\":[\"memory: open\"],\"points\":[{\"limit\":4.0,"
                + PROVEN
                + "}]}");
  }

  @Test
  void write_sensitivity_hasAnEntryPerEndOfABudget() {
    double none = Double.POSITIVE_INFINITY;
    double unknown = Double.NaN;
    Sensitivity sensitivity =
        new Sensitivity(
            solution(2, 0),
            ImmutableList.of(
                new Sensitivity.Entry("memory", 4, true, 0.5, 6, 1, 3, 7),
                new Sensitivity.Entry("latency", 8, false, 0, none, 2, 9, none),
                new Sensitivity.Entry("latency", 9, true, 0, unknown, unknown, 9, unknown)),
            false,
            HALF_A_SECOND);
    assertThat(OutcomeJson.write(sensitivity))
        .isEqualTo(
            "{\"complete\":false,\"seconds\":0.5,\"solution\":{"
                + PROVEN
                + "},\"budgets\":[{\"cost\":\"memory\",\"atMost\":4.0,\"scorePerUnit\":0.5,"
                + "\"betterLimit\":6.0,\"betterScore\":1.0,\"worseLimit\":3.0,\"worseScore\":7.0},"
                + "{\"cost\":\"latency\",\"atLeast\":8.0,\"scorePerUnit\":0.0,"
                + "\"betterScore\":2.0,\"worseLimit\":9.0},"
                + "{\"cost\":\"latency\",\"atMost\":9.0,\"scorePerUnit\":0.0,"
                + "\"betterLimit\":null,\"betterScore\":null,\"worseLimit\":9.0,"
                + "\"worseScore\":null}]}");
  }
}
