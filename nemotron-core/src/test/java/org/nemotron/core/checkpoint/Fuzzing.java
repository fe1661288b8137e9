package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Base64;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * Feeds a reader with {@link Mutants}: each must be read or refused with the reader's documented
 * exception, in time, and without taking much more memory than the file has.
 *
 * <p>The system property {@code fuzz.mutants} is their number: the Maven profile {@code slow} sets
 * it to 10,000, {@code fuzz} to a million.
 */
public final class Fuzzing {
  private static final int MUTANTS = Integer.getInteger("fuzz.mutants", 1000);
  private static final long SEED = Long.getLong("fuzz.seed", 1);

  /** Generous, since the machine may be busy: a reader takes about 0.0001 s. */
  private static final long LIMIT_NANOS = 10_000_000_000L;

  /** The first mutants load classes. */
  private static final int WARM_UP = 100;

  /** Buffers, messages and stack traces, whatever the size of the file. */
  public static final long OVERHEAD_BYTES = 2 << 20;

  /** Reads a mutant. */
  interface Reader {
    void read(byte[] mutant) throws IOException;
  }

  private final Class<? extends IOException> documented;
  private final Reader reader;
  private final AtomicLong begin = new AtomicLong();

  private Fuzzing(Class<? extends IOException> documented, Reader reader) {
    this.documented = documented;
    this.reader = reader;
  }

  /** Feeds a reader that throws nothing but {@link CheckpointFormatException}. */
  static void run(Mutants mutants, Reader reader) {
    run(mutants, CheckpointFormatException.class, reader);
  }

  /** Feeds a reader that throws nothing but {@code documented}. */
  static void run(Mutants mutants, Class<? extends IOException> documented, Reader reader) {
    new Fuzzing(documented, reader).run(mutants);
  }

  private void run(Mutants mutants) {
    Thread watched = Thread.currentThread();
    Thread watchdog = new Thread(() -> watch(watched), "fuzzing watchdog");
    watchdog.setDaemon(true);
    begin.set(System.nanoTime());
    watchdog.start();
    SplittableRandom random = new SplittableRandom(SEED);
    int refused = 0;
    try {
      for (int number = 0; number < MUTANTS; number++) {
        refused += isRefused(mutants.next(random), number) ? 1 : 0;
      }
    } finally {
      watchdog.interrupt();
    }
    // Else the mutants are not what they should be.
    assertThat(refused).isBetween(MUTANTS / 20, MUTANTS - MUTANTS / 100);
  }

  private boolean isRefused(byte[] mutant, int number) {
    long allocated = allocatedBytes();
    begin.set(System.nanoTime());
    boolean refused = false;
    try {
      reader.read(mutant);
    } catch (IOException e) {
      assertThat(e).as("mutant %s: %s", number, shown(mutant)).isInstanceOf(documented);
      refused = true;
    } catch (RuntimeException | Error e) {
      throw new AssertionError("mutant " + number + ": " + shown(mutant), e);
    }
    if (number < WARM_UP) {
      return refused;
    }
    assertThat(allocatedBytes() - allocated)
        .as("bytes allocated for mutant %s of %s bytes: %s", number, mutant.length, shown(mutant))
        .isLessThan(2L * mutant.length + OVERHEAD_BYTES);
    return refused;
  }

  /** A reader that hangs cannot be stopped, but the process can. */
  private void watch(Thread watched) {
    try {
      while (System.nanoTime() - begin.get() < LIMIT_NANOS) {
        Thread.sleep(200);
      }
    } catch (InterruptedException e) {
      return;
    }
    System.err.println("A mutant took too long at " + Arrays.toString(watched.getStackTrace()));
    Runtime.getRuntime().halt(1);
  }

  private static String shown(byte[] mutant) {
    return mutant.length > 1 << 14 ? "(long)" : Base64.getEncoder().encodeToString(mutant);
  }

  public static long allocatedBytes() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
