package org.nemotron.examples.shell;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * The end of a command by Ctrl-C or a signal: its thread is interrupted, which cancels its work,
 * and the process waits until it has ended. Without that, LibTorch would be taken down while
 * threads compute with it.
 */
public final class SignalledExit implements AutoCloseable {
  /** A command that does not look for interrupts is not waited for longer. */
  private static volatile Duration longest = Duration.ofMinutes(1);

  private final Thread command = Thread.currentThread();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final PrintStream err;

  private SignalledExit(PrintStream err) {
    this.err = err;
  }

  /** Returns the guard of the command that this thread runs, to be closed when it has ended. */
  static SignalledExit guarding(PrintStream err) {
    SignalledExit guard = new SignalledExit(err);
    Runtime.getRuntime().addShutdownHook(new Thread(guard::end, "nemotron-exit"));
    return guard;
  }

  /** Sets how long the process waits for its command to end, once a signal has come. */
  public static void waitsFor(Duration time) {
    longest = time;
  }

  private void end() {
    if (ended.getCount() > 0) {
      err.println(Shell.NAME + "ending, as soon as the work under way allows");
      command.interrupt();
      boolean unused = Uninterruptibles.awaitUninterruptibly(ended, longest);
    }
  }

  @Override
  public void close() {
    ended.countDown();
  }
}
