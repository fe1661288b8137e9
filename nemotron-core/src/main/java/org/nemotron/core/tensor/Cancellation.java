package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Throwables;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * The end of long work before it is done: training, scoring and measuring all look, between two
 * steps, whether their thread is interrupted or a condition of the caller's holds, and then throw a
 * {@link CancellationException}. An interrupt stays set.
 *
 * <pre>{@code
 * try (Cancellation whileOpen = Cancellation.when(stopped::get)) {
 *   trained = distiller.distill(library, candidates, data);
 * }
 * }</pre>
 *
 * <p>A condition holds for work that the opening thread begins until this object is closed; it adds
 * to those around it. Closed by the thread that opened it, innermost first; closing twice is
 * harmless.
 */
public final class Cancellation implements AutoCloseable {
  private static final ThreadLocal<BooleanSupplier> CONDITION =
      ThreadLocal.withInitial(() -> Cancellation::never);

  private final BooleanSupplier enclosing;
  private final Thread owner = Thread.currentThread();
  private boolean closed;

  private Cancellation(BooleanSupplier enclosing) {
    this.enclosing = enclosing;
  }

  private static boolean never() {
    return false;
  }

  /**
   * Lets work of this thread end as soon as {@code cancelled} is true, too.
   *
   * @param cancelled evaluated often, by several threads
   */
  public static Cancellation when(BooleanSupplier cancelled) {
    BooleanSupplier enclosing = CONDITION.get();
    CONDITION.set(() -> cancelled.getAsBoolean() || enclosing.getAsBoolean());
    return new Cancellation(enclosing);
  }

  /**
   * Returns the condition under which work that this thread has begun is to end, its interrupt
   * included; any thread may evaluate it.
   */
  public static BooleanSupplier condition() {
    Thread thread = Thread.currentThread();
    BooleanSupplier condition = CONDITION.get();
    return () -> thread.isInterrupted() || condition.getAsBoolean();
  }

  /**
   * Does nothing, unless the work of this thread is to end.
   *
   * @throws CancellationException if so; an interrupt stays set
   */
  public static void check() {
    if (Thread.currentThread().isInterrupted()) {
      throw interrupted();
    }
    if (CONDITION.get().getAsBoolean()) {
      throw new CancellationException("cancelled by the caller");
    }
  }

  /**
   * Returns {@code fault}, which reading or writing a file has met.
   *
   * @throws CancellationException if an interrupt is the reason: it closes the file
   */
  public static <T extends IOException> T explaining(T fault) {
    if (Throwables.getRootCause(fault) instanceof ClosedByInterruptException) {
      CancellationException cancelled = interrupted();
      cancelled.initCause(fault);
      throw cancelled;
    }
    return fault;
  }

  private static CancellationException interrupted() {
    return new CancellationException(
        "cancelled: thread " + Thread.currentThread().getName() + " was interrupted");
  }

  @Override
  public void close() {
    checkState(
        Thread.currentThread() == owner,
        "a cancellation opened on thread %s must be closed there, not on %s",
        owner.getName(),
        Thread.currentThread().getName());
    if (!closed) {
      closed = true;
      CONDITION.set(enclosing);
    }
  }
}
