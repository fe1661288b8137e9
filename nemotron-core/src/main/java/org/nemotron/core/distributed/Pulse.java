package org.nemotron.core.distributed;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Sends this rank's beat and looks for the others', every second, by a connection and a thread of
 * its own.
 */
final class Pulse implements AutoCloseable {
  private final int rank;
  private final int size;
  private final SharedStore store;
  private final RankBeats beats;
  private final Runnable onFailure;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          new ThreadFactoryBuilder().setNameFormat("pulse-%d").setDaemon(true).build());
  private volatile String position = "the start";
  private long number;
  private boolean failed;

  /**
   * Begins to beat.
   *
   * @param onFailure called once, when another rank is gone
   */
  Pulse(int rank, int size, SharedStore store, RankBeats beats, Runnable onFailure) {
    this.rank = rank;
    this.size = size;
    this.store = store;
    this.beats = beats;
    this.onFailure = onFailure;
    beat();
    var unused = thread.scheduleWithFixedDelay(this::beat, 1, 1, TimeUnit.SECONDS);
  }

  void at(String where) {
    position = where;
  }

  /** A store that does not answer counts as silence of all. */
  private void beat() {
    String[] seen = new String[size];
    Arrays.fill(seen, "");
    try {
      store.set("beat/" + rank, RankBeats.beat(number++, position));
      for (int other = 0; other < size; other++) {
        if (other != rank) {
          seen[other] = store.get("beat/" + other).orElse("");
          Optional<String> end = store.get("end/" + other);
          int ended = other;
          end.ifPresent(how -> beats.ended(ended, how));
        }
      }
      for (int other = 0; other < size; other++) {
        if (!seen[other].isEmpty()) {
          beats.look(other, seen[other]);
        }
      }
    } catch (RankFailureException e) {
      beats.noNews();
    }
    if (!failed && beats.failure().isPresent()) {
      failed = true;
      onFailure.run();
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
