package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

final class LimitedProblemsTest {
  /** One layer: the arcs 0 and 1 of objective 0 and 1 and cost 1 and 0. */
  private static final PathProblem PROBLEM =
      PathProblem.of(LayerGraph.of(new int[] {0, 0}, new int[] {1, 1}, 1), new double[] {0, 1});

  private static final Constraint COST = Constraint.onCost("ms", new double[] {1, 0}, 0);
  private static final Duration SHORT = Duration.ofMillis(50);

  /** Answers in turn, and remembers how much time it was given. */
  private static final class Stub implements Solver {
    private final List<SolverAnswer> answers;
    private final boolean usesAllTime;
    private final List<Duration> given = new ArrayList<>();

    Stub(boolean usesAllTime, SolverAnswer... answers) {
      this.usesAllTime = usesAllTime;
      this.answers = List.of(answers);
    }

    @Override
    public SolverAnswer solve(PathProblem problem, Deadline deadline, SolveListener listener) {
      given.add(deadline.left());
      while (usesAllTime && !deadline.isPast()) {
        Thread.onSpinWait();
      }
      return answers.get(Math.min(given.size(), answers.size()) - 1);
    }
  }

  private static LimitedProblems problems(Solver solver, Duration limit) {
    Deadline deadline = Deadline.startingNow(limit, Deadline.NEVER);
    return new LimitedProblems(
        new KnownPaths(solver, 0, deadline, SearchListener.SILENT), deadline);
  }

  private static PathProblem within(double limit) {
    return PROBLEM.plus(COST.upTo(limit));
  }

  private static final SolverAnswer NOTHING = new SolverAnswer.Stopped(-1);

  @Test
  void add_firstFoundNothing_triesTheOthersToo() {
    Stub solver = new Stub(false, NOTHING, new SolverAnswer.Best(Path.of(1), 1));
    LimitedProblems problems = problems(solver, Duration.ofDays(1));
    int loose = problems.add(PROBLEM, 2);
    int tight = problems.add(within(0), 1, loose);
    assertThat(problems.answer(tight)).isEqualTo(new SolverAnswer.Best(Path.of(1), 1));
    // What fits under the tighter limit fits here too.
    assertThat(problems.answer(loose)).isEqualTo(new SolverAnswer.Best(Path.of(1), -1));
  }

  @Test
  void add_severalAreLeft_getsItsShareOfTheTime() {
    Stub solver = new Stub(false, NOTHING);
    LimitedProblems problems = problems(solver, Duration.ofDays(4));
    int first = problems.add(PROBLEM, 4);
    int unused = problems.add(within(0), 2, first);
    assertThat(solver.given.get(0)).isBetween(Duration.ofHours(23), Duration.ofDays(1));
    assertThat(solver.given.get(1)).isBetween(Duration.ofHours(47), Duration.ofDays(2));
  }

  @Test
  void add_looserIsImpossible_isImpossibleWithoutASearch() {
    Stub solver = new Stub(false, new SolverAnswer.None());
    LimitedProblems problems = problems(solver, Duration.ofDays(1));
    int tight = problems.add(within(0), 1, problems.add(PROBLEM, 2));
    assertThat(problems.answer(tight)).isEqualTo(new SolverAnswer.None());
    assertThat(solver.given).hasSize(1);
  }

  @Test
  void useRest_timeWasTooShort_triesAgainForLongerUntilTheTimeIsOver() {
    Stub solver = new Stub(true, NOTHING);
    LimitedProblems problems = problems(solver, SHORT);
    int unused = problems.add(PROBLEM, 8);
    problems.useRest();
    assertThat(solver.given).hasSizeGreaterThan(1);
    assertThat(solver.given.get(1)).isGreaterThan(solver.given.get(0));
  }

  @Test
  void useRest_solverGaveUpByItself_doesNotAskAgain() {
    Stub solver = new Stub(false, NOTHING);
    LimitedProblems problems = problems(solver, Duration.ofDays(1));
    int unused = problems.add(PROBLEM, 8);
    problems.useRest();
    assertThat(solver.given).hasSize(1);
  }
}
