package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

final class KnownPathsTest {
  private static final Duration DAY = Duration.ofDays(1);

  /** One layer: the arcs 0, 1 and 2 of objective 0, 1, 2 and cost 2, 1, 0. */
  private static final PathProblem PROBLEM =
      PathProblem.of(
          LayerGraph.of(new int[] {0, 0, 0}, new int[] {1, 1, 1}, 1), new double[] {0, 1, 2});

  private static final Constraint COST = Constraint.onCost("ms", new double[] {2, 1, 0}, 0);

  /** Answers always the same, and counts how often it is asked. */
  private static final class Stub implements Solver {
    private final SolverAnswer answer;
    private int asked;

    Stub(SolverAnswer answer) {
      this.answer = answer;
    }

    @Override
    public SolverAnswer solve(PathProblem problem, Deadline deadline, SolveListener listener) {
      asked++;
      return answer;
    }
  }

  private static final Deadline NEVER = Deadline.startingNow(DAY, Deadline.NEVER);

  private static KnownPaths known(Solver solver) {
    return new KnownPaths(solver, 0, NEVER, SearchListener.SILENT);
  }

  private static PathProblem within(double limit) {
    return PROBLEM.plus(COST.upTo(limit));
  }

  @Test
  void solve_solverFindsNothingInTime_answersWithTheBestKnownPathThatFits() {
    KnownPaths known = known(new Stub(new SolverAnswer.Stopped(-1)));
    known.add(Path.of(0));
    known.add(Path.of(2));
    known.add(Path.of(1));
    assertThat(known.solve(within(1), -2, NEVER)).isEqualTo(new SolverAnswer.Best(Path.of(1), -1));
    assertThat(known.solve(within(0), -0.5, NEVER))
        .isEqualTo(new SolverAnswer.Best(Path.of(2), -0.5));
  }

  @Test
  void solve_nothingKnownFits_isStopped() {
    KnownPaths known = known(new Stub(new SolverAnswer.Stopped(-1)));
    known.add(Path.of(0));
    assertThat(known.solve(within(1), -2, NEVER)).isEqualTo(new SolverAnswer.Stopped(-1));
  }

  @Test
  void solve_solverFindsSomethingWorse_keepsTheKnownPathAndTheBetterBound() {
    KnownPaths known = known(new Stub(new SolverAnswer.Best(Path.of(2), 0.5)));
    known.add(Path.of(1));
    assertThat(known.solve(within(1), 0, NEVER)).isEqualTo(new SolverAnswer.Best(Path.of(1), 0.5));
  }

  @Test
  void solve_knownPathReachesTheBound_asksNoSolver() {
    Stub solver = new Stub(new SolverAnswer.None());
    KnownPaths known = known(solver);
    known.add(Path.of(1));
    assertThat(known.solve(within(1), 1, NEVER)).isEqualTo(new SolverAnswer.Best(Path.of(1), 1));
    assertThat(solver.asked).isZero();
  }
}
