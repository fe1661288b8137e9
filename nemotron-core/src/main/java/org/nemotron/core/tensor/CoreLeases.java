package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The cores of this process, leased to those who compute: engines, meters, training.
 *
 * <p>Each is a <em>party</em>, which asks for cores for a short piece of work and gives them back
 * after it. One alone has all cores. Parties at work at the same time have equal shares, and what
 * one does not want the others have; so that a party which asks often does not displace one that
 * asks seldom. Each has one core at least, without waiting, as the thread that asks computes
 * itself: where that makes more threads than cores, the operating system divides the cores among
 * them. A second core and more are leased only while there are cores that nobody has.
 *
 * <p>Safe for use by several threads.
 */
public final class CoreLeases {
  /** A party counts as at work for so long after its last piece of work. */
  private static final long LINGER_NANOS = 2_000_000;

  private static final CoreLeases OF_PROCESS =
      new CoreLeases(CpuThreads.available(), System::nanoTime);

  private final int cores;
  private final LongSupplier clock;
  private final List<Party> parties = new ArrayList<>();

  CoreLeases(int cores, LongSupplier clock) {
    checkArgument(cores > 0, "cores (%s) must be positive", cores);
    this.cores = cores;
    this.clock = clock;
  }

  /** Returns the leases of this process's {@linkplain CpuThreads#available() cores}. */
  public static CoreLeases ofProcess() {
    return OF_PROCESS;
  }

  /** Returns leases of other cores than there are, which concern no other leases. */
  public static CoreLeases of(int cores) {
    return new CoreLeases(cores, System::nanoTime);
  }

  /** Returns a party that has no cores yet; to be closed. */
  public Party join() {
    return new Party();
  }

  /** Who computes now and then. Closing gives back what it has; closing twice is harmless. */
  public final class Party implements AutoCloseable {
    private int leased;
    private int wanted;
    private long lastEnd;
    private boolean closed;

    private Party() {}

    /**
     * Leases cores until {@link #end}, without waiting for any.
     *
     * @param most how many are of use
     * @return how many there are for it, from 1 to {@code most}
     */
    public int begin(int most) {
      checkArgument(most > 0, "cores (%s) must be positive", most);
      synchronized (CoreLeases.this) {
        checkState(!closed, "this party is closed");
        checkState(leased == 0, "a party has its cores until it ends");
        leased = Math.min(most, allowed(this, most));
        return leased;
      }
    }

    /** Gives back the cores of {@link #begin}. */
    public void end() {
      synchronized (CoreLeases.this) {
        leased = 0;
        lastEnd = clock.getAsLong();
      }
    }

    /**
     * Leases one more core for the thread that asks, until {@link #leave}: waits while the others
     * need theirs and another thread of this party has one. Alone it does not wait.
     *
     * @param most how many threads of this party ask
     */
    void enter(int most) {
      boolean interrupted = false;
      synchronized (CoreLeases.this) {
        register(this);
        wanted = most;
        while (leased > 0 && othersAtWork(this) && leased >= allowed(this, most)) {
          try {
            CoreLeases.this.wait(1);
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
        leased++;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    void leave() {
      synchronized (CoreLeases.this) {
        leased--;
        lastEnd = clock.getAsLong();
        CoreLeases.this.notifyAll();
      }
    }

    @Override
    public void close() {
      synchronized (CoreLeases.this) {
        closed = true;
        leased = 0;
        parties.remove(this);
        CoreLeases.this.notifyAll();
      }
    }
  }

  /** Returns how many cores are leased. */
  synchronized int leased() {
    return parties.stream().mapToInt(party -> party.leased).sum();
  }

  private boolean othersAtWork(Party asking) {
    return atWork(asking).size() > 1;
  }

  private void register(Party party) {
    if (!parties.contains(party)) {
      parties.add(party);
    }
  }

  /** Returns how many cores {@code asking} may have, which wants {@code most}; at least 1. */
  private int allowed(Party asking, int most) {
    asking.wanted = most;
    register(asking);
    int others = parties.stream().filter(party -> party != asking).mapToInt(p -> p.leased).sum();
    return Math.max(1, Math.min(share(asking), cores - others));
  }

  private ImmutableList<Party> atWork(Party asking) {
    long since = clock.getAsLong() - LINGER_NANOS;
    return parties.stream()
        .filter(party -> party == asking || party.leased > 0 || party.lastEnd - since > 0)
        .sorted(Comparator.comparingInt(party -> party.wanted))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns the share of {@code asking}: those who want least have it first. */
  private int share(Party asking) {
    int left = cores;
    List<Party> atWork = atWork(asking);
    for (int index = 0; index < atWork.size(); index++) {
      int even = left / (atWork.size() - index);
      int share = Math.min(atWork.get(index).wanted, even);
      if (atWork.get(index) == asking) {
        return share;
      }
      left -= share;
    }
    throw new AssertionError("who asks is at work");
  }
}
