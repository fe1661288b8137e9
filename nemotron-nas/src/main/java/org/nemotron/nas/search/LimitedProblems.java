package org.nemotron.nas.search;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * Solves one problem under several limits within one time limit: each in turn with a share of the
 * time, then again those for which that was too short, until nothing is open or the time is over.
 *
 * <p>A bound under a looser limit holds under a tighter one, a path under a tighter one fits under
 * a looser one.
 */
final class LimitedProblems {
  private final KnownPaths known;
  private final Deadline deadline;
  private final List<One> all = new ArrayList<>();

  /** One problem, and what is known of it. */
  private static final class One {
    private final PathProblem problem;
    private final int[] looser;
    private double bound = Double.NEGATIVE_INFINITY;
    private boolean impossible;
    private Duration given = Duration.ZERO;

    /** Whether more time would help: the solver did not give up by itself. */
    private boolean wantsTime = true;

    One(PathProblem problem, int[] looser) {
      this.problem = problem;
      this.looser = looser;
    }
  }

  LimitedProblems(KnownPaths known, Deadline deadline) {
    this.known = known;
    this.deadline = deadline;
  }

  /**
   * Adds a problem, solves it for the first time and returns its number.
   *
   * @param looser the numbers of problems whose paths include those of this one
   * @param left how many problems, this one included, share the time that is left
   */
  int add(PathProblem problem, int left, int... looser) {
    One one = new One(problem, looser);
    all.add(one);
    if (!deadline.isPast() || all.size() == 1) {
      solve(one, deadline.shared(left));
    }
    return all.size() - 1;
  }

  /** Solves again those that are open, the one that had least time first, each for longer. */
  void useRest() {
    while (!deadline.isPast()) {
      List<One> open = all.stream().filter(this::isOpen).toList();
      Optional<One> next = open.stream().min(Comparator.comparing(one -> one.given));
      if (next.isEmpty()) {
        return;
      }
      Duration share = deadline.left().dividedBy(open.size());
      Duration longer = next.get().given.multipliedBy(2);
      solve(next.get(), deadline.atMost(share.compareTo(longer) > 0 ? share : longer));
    }
  }

  private boolean isOpen(One one) {
    return one.wantsTime && !isImpossible(one) && !known.isProven(one.problem, bound(one));
  }

  private void solve(One one, Deadline until) {
    if (isImpossible(one)) {
      return;
    }
    SolverAnswer answer = known.solve(one.problem, bound(one), until);
    one.wantsTime = until.isPast();
    one.given = one.given.plus(until.elapsed());
    if (answer instanceof SolverAnswer.Best best) {
      one.bound = best.bound();
    } else if (answer instanceof SolverAnswer.Stopped stopped) {
      one.bound = stopped.bound();
    } else {
      one.impossible = true;
    }
  }

  private boolean isImpossible(One one) {
    boolean impossible = one.impossible;
    for (int looser : one.looser) {
      impossible |= isImpossible(all.get(looser));
    }
    return impossible;
  }

  private double bound(One one) {
    double bound = one.bound;
    for (int looser : one.looser) {
      bound = Math.max(bound, bound(all.get(looser)));
    }
    return bound;
  }

  /** Returns what is known by now of the problem of this number. */
  SolverAnswer answer(int number) {
    One one = all.get(number);
    return isImpossible(one) ? new SolverAnswer.None() : known.answer(one.problem, bound(one));
  }
}
