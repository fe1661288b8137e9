package org.nemotron.examples.crash;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Multiset;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which calls that need room on the disk are refused: below a directory, each call that has not
 * been refused before, once. So a job that is begun again after each refusal meets a full disk at
 * every such call that it makes, and comes to its end.
 */
final class RefusedWrites {
  /** What the operating system says. */
  static final String REASON = "No space left on device";

  /** A call that needs room. */
  enum Call {
    MAKE_DIRECTORY,
    OPEN,
    WRITE,
    SYNC,
    RENAME
  }

  /**
   * A refused call.
   *
   * @param file below the directory, without the endings of temporary names
   * @param time which time it is, from 1, that the job makes or opens this file
   */
  record Refused(Call call, String file, int time) {}

  private record Made(Call call, String file) {}

  private final ImmutableSet<Call> calls;
  private final Set<Refused> refused = new LinkedHashSet<>();
  private final Multiset<Made> made = HashMultiset.create();
  private Optional<Path> directory = Optional.empty();
  private Optional<Refused> latest = Optional.empty();

  /** Makes what refuses these calls and no others. */
  RefusedWrites(Set<Call> calls) {
    this.calls = ImmutableSet.copyOf(calls);
  }

  /** Refuses the next call below {@code directory} that has not been refused before. */
  synchronized void arm(Path directory) {
    this.directory = Optional.of(directory);
    latest = Optional.empty();
    made.clear();
  }

  /** Refuses nothing more. */
  synchronized void disarm() {
    directory = Optional.empty();
  }

  /** Returns what has been refused since {@link #arm}. */
  synchronized Optional<Refused> latest() {
    return latest;
  }

  /** Returns all that has been refused. */
  synchronized Set<Refused> all() {
    return refused;
  }

  /** Returns whether {@code call} on {@code file} is to be refused; that is then done. */
  synchronized boolean refuses(Call call, Path file) {
    if (directory.isEmpty() || !file.startsWith(directory.get())) {
      return false;
    }
    String name = directory.get().relativize(file).toString();
    if (name.equals("metrics.jsonl")) {
      return false; // a run goes on without it
    }
    Refused candidate = candidate(call, name.replaceAll("\\.[0-9]+-[0-9]+\\.partial", ""));
    if (latest.isPresent()) {
      return call == Call.MAKE_DIRECTORY && latest.get().file().equals(candidate.file());
    }
    if (calls.contains(call) && refused.add(candidate)) {
      latest = Optional.of(candidate);
    }
    return latest.isPresent();
  }

  private Refused candidate(Call call, String file) {
    boolean open = call == Call.WRITE || call == Call.SYNC;
    Made counted = new Made(open ? Call.OPEN : call, file);
    if (!open) {
      made.add(counted);
    }
    return new Refused(call, file, made.count(counted));
  }

  /** Throws what the operating system would, if {@code call} on {@code file} is to be refused. */
  void check(Call call, Path file) throws IOException {
    if (refuses(call, file)) {
      throw new FileSystemException(file.toString(), null, REASON);
    }
  }
}
