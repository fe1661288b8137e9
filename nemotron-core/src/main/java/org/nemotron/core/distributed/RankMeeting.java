package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.nemotron.core.tensor.Cancellation;

/** The start: all ranks come, each once, and all want the same. */
final class RankMeeting {
  private static final String SIZE = "number of ranks";
  private static final long PAUSE_MILLIS = 20;

  private final RankEnvironment environment;
  private final SharedStore store;
  private final long patienceMillis;

  RankMeeting(RankEnvironment environment, SharedStore store, long patienceMillis) {
    this.environment = environment;
    this.store = store;
    this.patienceMillis = patienceMillis;
  }

  /**
   * Waits until all ranks are there.
   *
   * @throws RankFailureException if one does not come, or has the rank of another
   * @throws IllegalArgumentException if one has another identity than rank 0
   */
  void meet(ImmutableMap<String, String> identity) {
    int rank = environment.rank();
    if (store.count("come/" + rank) > 1) {
      throw new RankFailureException(
          "two processes are rank "
              + rank
              + " of "
              + environment.size()
              + ".\nMaybe another run meets at the same place, or this one was started twice.");
    }
    ImmutableMap<String, String> own =
        ImmutableMap.<String, String>builder()
            .put(SIZE, Integer.toString(environment.size()))
            .putAll(identity)
            .buildOrThrow();
    store.set("identity/" + rank, Joiner.on('\n').withKeyValueSeparator('\t').join(own));
    Map<String, String> first = identityOf(0);
    for (int other = 0; other < environment.size(); other++) {
      checkSame(other, identityOf(other), first);
    }
  }

  private static void checkSame(
      int other, Map<String, String> identity, Map<String, String> first) {
    List<String> different = new ArrayList<>();
    first.forEach(
        (name, value) -> {
          String here = identity.getOrDefault(name, "none");
          if (!here.equals(value)) {
            different.add(name + " (" + here + " instead of " + value + ")");
          }
        });
    checkArgument(
        different.isEmpty(),
        "rank %s has another %s than rank 0.\n"
            + "Maybe its machine has other files, or another version of this library.",
        other,
        Joiner.on(", another ").join(different));
  }

  private Map<String, String> identityOf(int other) {
    long start = System.nanoTime();
    while (true) {
      Optional<String> text = store.get("identity/" + other);
      if (text.isPresent()) {
        return Splitter.on('\n').withKeyValueSeparator('\t').split(text.get());
      }
      Cancellation.check();
      long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      if (waited > patienceMillis) {
        throw new RankFailureException(
            String.format(
                "rank %d of %d has not come within %d s, as rank %d saw.%n"
                    + "Maybe it was not started, or meets elsewhere.",
                other, environment.size(), patienceMillis / 1000, environment.rank()));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
    }
  }
}
