package org.nemotron.core.tensor;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an object is made of and must close: gathered while it is made, so that the parts made so
 * far are closed when a later one fails, and held by the object afterwards.
 *
 * <pre>{@code
 * Engine() {
 *   try (Parts made = new Parts()) {
 *     this.device = made.add(open(), Device::close);
 *     this.model = made.add(device.prepare(), Model::close); // a failure closes the device
 *     this.parts = made.complete();
 *   }
 * }
 * }</pre>
 *
 * <p>Parts are closed last first. Used by one thread at a time, which may change; closing twice is
 * harmless.
 */
public final class Resources implements AutoCloseable {
  private final Deque<Runnable> closings = new ArrayDeque<>();

  /** Begins with no parts. */
  public Resources() {}

  /** Adds {@code part}, which {@code close} closes, and returns it. */
  @CanIgnoreReturnValue
  public <T> T add(T part, Consumer<? super T> close) {
    closings.push(() -> close.accept(part));
    return part;
  }

  /** Returns a holder of all parts, and leaves this one without. */
  public Resources complete() {
    Resources held = new Resources();
    held.closings.addAll(closings);
    closings.clear();
    return held;
  }

  /**
   * Closes the parts, the last one first.
   *
   * @throws RuntimeException the first that a part threw, once all have been closed
   */
  @Override
  public void close() {
    RuntimeException first = null;
    while (!closings.isEmpty()) {
      first = closed(closings.pop(), first);
    }
    if (first != null) {
      throw first;
    }
  }

  private static @Nullable RuntimeException closed(
      Runnable closing, @Nullable RuntimeException first) {
    try {
      closing.run();
      return first;
    } catch (RuntimeException e) {
      if (first == null) {
        return e;
      }
      first.addSuppressed(e);
      return first;
    }
  }
}
