package org.nemotron.core.backend.cpu;

import org.nemotron.core.tensor.CoreLeases;
import org.nemotron.core.tensor.CpuThreads;

/**
 * A team as one model uses it: as many of its threads as are of use, and as there are cores for.
 */
final class LeasedTeam {
  /** Longer after a step threads may be asleep. */
  private static final long AWAKE_NANOS = 2_000_000;

  private final ThreadTeam team;
  private final CoreLeases.Party cores;
  private final TeamSize size;
  private long lastEnd;

  /** Takes a team and its party, which stay the caller's. */
  LeasedTeam(ThreadTeam team, CoreLeases.Party cores) {
    this(team, cores, TeamSize.upTo(team.count(), CpuThreads.quota()));
  }

  LeasedTeam(ThreadTeam team, CoreLeases.Party cores, TeamSize size) {
    this.team = team;
    this.cores = cores;
    this.size = size;
  }

  /** Returns how many threads compute at most. */
  int count() {
    return team.count();
  }

  /** Does {@code work}, a step of {@code rows}, and learns from how long it takes. */
  void step(int rows, ThreadTeam.Work work) {
    int threads = cores.begin(size.choose(rows));
    try {
      long start = System.nanoTime();
      team.run(threads, work);
      long end = System.nanoTime();
      if (start - lastEnd < AWAKE_NANOS) { // else the time is that of waking threads up
        size.took(rows, threads, end - start);
      }
      lastEnd = end;
    } finally {
      cores.end();
    }
  }

  /** Does {@code work} of another kind for {@code rows}. */
  void run(int rows, ThreadTeam.Work work) {
    leased(size.choose(rows), work);
  }

  /** Does {@code work} with all threads that there are cores for, so that it can be compared. */
  void runAll(ThreadTeam.Work work) {
    leased(team.count(), work);
  }

  /** Waits for threads that compute what is of no use any more: before memory is given back. */
  void awaitHelpers() {
    team.awaitHelpers();
  }

  private void leased(int most, ThreadTeam.Work work) {
    int threads = cores.begin(most);
    try {
      team.run(threads, work);
    } finally {
      cores.end();
    }
  }
}
