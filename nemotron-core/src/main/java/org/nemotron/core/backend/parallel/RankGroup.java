package org.nemotron.core.backend.parallel;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.distributed.RankFailureException;

/**
 * The ranks of one model in one process: where they meet and what they hand to each other there.
 *
 * <p>Each rank comes to the same exchanges in the same order. A rank that does not come in time, or
 * has failed, ends the exchange of all others with its name, and every later one: ranks that have
 * not gone through the same steps must not go on.
 *
 * <p>Safe for use by several threads.
 */
public final class RankGroup {
  private final ImmutableList<String> names;
  private final Duration patience;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final NavigableMap<Integer, Object> handed = new TreeMap<>();
  private final String[] positions;
  private final AtomicLongArray begun;
  private ImmutableList<Object> last = ImmutableList.of();
  private long round;

  /** What broke the group; read without the lock by ranks that wait for a GPU. */
  private volatile @Nullable RankFailureException failure;

  /**
   * Makes a group.
   *
   * @param names of the ranks' devices, which tell how many ranks there are
   * @param patience how long a rank may keep the others waiting
   */
  public RankGroup(ImmutableList<String> names, Duration patience) {
    checkArgument(!names.isEmpty(), "a group must have a rank");
    this.names = names;
    this.patience = patience;
    this.positions = new String[names.size()];
    this.begun = new AtomicLongArray(names.size());
    Arrays.fill(positions, "its beginning");
  }

  /** Returns a group of one rank, which waits for nobody. */
  public static RankGroup alone() {
    return new RankGroup(ImmutableList.of("alone"), Duration.ZERO);
  }

  ImmutableList<String> names() {
    return names;
  }

  /** Returns how many ranks there are. */
  public int size() {
    return names.size();
  }

  /** Returns how long a rank may keep the others waiting. */
  public Duration patience() {
    return patience;
  }

  /**
   * Waits for all ranks, and returns what each of them has handed over, in the order of the ranks.
   *
   * @param at what this exchange is, for messages
   * @param own not changed by this rank before its next but one exchange
   * @throws RankFailureException if a rank has failed, or is late
   */
  public <T> ImmutableList<T> exchange(int rank, String at, T own) {
    lock.lock();
    try {
      checkWhole();
      verify(!handed.containsKey(rank), "rank %s came twice to %s", rank, at);
      handed.put(rank, own);
      positions[rank] = at;
      if (handed.size() == size()) {
        complete(at);
      } else {
        awaitOthers(rank, at);
      }
      @SuppressWarnings("unchecked") // all ranks hand over the same type
      ImmutableList<T> all = (ImmutableList<T>) last;
      return all;
    } finally {
      lock.unlock();
    }
  }

  private void complete(String at) {
    for (String position : positions) {
      verify(position.equals(at), "one rank is at %s, another at %s", at, position);
    }
    last = ImmutableList.copyOf(handed.values());
    handed.clear();
    round++;
    changed.signalAll();
  }

  private void awaitOthers(int rank, String at) {
    long own = round;
    long left = patience.toNanos();
    while (round == own) {
      checkWhole();
      if (left <= 0) {
        fail(late(rank, at));
      } else {
        try {
          left = changed.awaitNanos(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          fail(new RankFailureException(name(rank) + " was interrupted at " + at, e));
        }
      }
    }
  }

  private RankFailureException late(int rank, String at) {
    for (int other = 0; other < size(); other++) {
      if (!handed.containsKey(other)) {
        return late(other, rank, at);
      }
    }
    throw new IllegalStateException("no rank is missing at " + at);
  }

  private RankFailureException late(int missing, int rank, String at) {
    return new RankFailureException(
        name(missing)
            + " has not come to "
            + at
            + " within "
            + patience.toSeconds()
            + " s; rank "
            + rank
            + " waits for it. It was last at "
            + positions[missing]
            + ".");
  }

  /** Returns what a rank is called in messages: {@code rank 1 of 2 (cuda:1)}. */
  public String name(int rank) {
    return "rank " + rank + " of " + size() + " (" + names.get(rank) + ")";
  }

  /** Notes where a rank is, for messages. */
  public void at(int rank, String position) {
    lock.lock();
    try {
      positions[rank] = position;
    } finally {
      lock.unlock();
    }
  }

  /** Ends all exchanges, since {@code rank} has failed. */
  public void failed(int rank, Throwable cause) {
    lock.lock();
    try {
      fail(
          new RankFailureException(
              name(rank) + " failed behind " + positions[rank] + ": " + cause.getMessage(), cause));
    } finally {
      lock.unlock();
    }
  }

  /** Ends all exchanges, since {@code rank} keeps the others waiting. */
  public void late(int rank) {
    lock.lock();
    try {
      fail(
          new RankFailureException(
              name(rank)
                  + " has not ended its step "
                  + patience.toSeconds()
                  + " s after another rank. It was last at "
                  + positions[rank]
                  + "."));
    } finally {
      lock.unlock();
    }
  }

  /** Notes that a rank has begun so many pieces of work, for which it waits now. */
  public void begun(int rank, long pieces) {
    begun.set(rank, pieces);
  }

  /**
   * Ends all exchanges, since a piece of work of {@code rank} has not ended in time: it waits for a
   * rank that has not begun it, or that does not come forward.
   *
   * @throws RankFailureException always
   */
  public void lateWork(int rank, long piece) {
    lock.lock();
    try {
      fail(new RankFailureException(lateSentence(rank, piece)));
    } finally {
      lock.unlock();
    }
    checkWhole();
  }

  private String lateSentence(int rank, long piece) {
    for (int other = 0; other < size(); other++) {
      if (begun.get(other) < piece) {
        return name(other)
            + " has not begun what "
            + name(rank)
            + " has waited for since "
            + patience.toSeconds()
            + " s. It was last at "
            + positions[other]
            + ".";
      }
    }
    return name(rank)
        + " has waited for its step for "
        + patience.toSeconds()
        + " s; all ranks have begun it. Maybe a GPU stands still, or a link between two.";
  }

  private void fail(RankFailureException reason) {
    if (failure == null) {
      failure = reason;
    }
    changed.signalAll();
  }

  /** Returns whether a rank has failed, or was late. */
  public boolean isBroken() {
    return failure != null;
  }

  /**
   * Checks that no rank has failed.
   *
   * @throws RankFailureException if one has, or was late; the message names it
   */
  public void checkWhole() {
    RankFailureException reason = failure;
    if (reason != null) {
      throw new RankFailureException(String.valueOf(reason.getMessage()), reason.getCause());
    }
  }
}
