package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkState;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * The owner of the native objects made while it is open: they are freed when it closes.
 *
 * <p>A tensor belongs to the innermost open scope of its thread until it is {@linkplain #keep
 * kept}; a kept tensor belongs to the object that holds it, which is {@link AutoCloseable} and
 * {@linkplain #release releases} it. Every forward pass, training step and measurement opens a
 * scope.
 *
 * <p>A scope belongs to the thread that opened it and closes there, innermost first; closing it
 * twice is harmless. {@link LeakTracing} finds scopes and objects that nobody closes.
 */
public final class NativeScope implements AutoCloseable {
  /*
   * JavaCPP counts references to a native object. A scope holds one reference to all that is
   * attached to it and gives it back on close; keep() adds one and release() gives it back. Never
   * PointerScope.detach: it frees the object when the scope holds the last reference.
   */
  private final Thread thread = Thread.currentThread();
  private final @Nullable PointerScope enclosing = PointerScope.getInnerScope();
  private final PointerScope scope = new PointerScope();
  private final LeakTracing.Trace trace = LeakTracing.made(this, () -> "a NativeScope");
  private boolean open = true;

  private NativeScope() {}

  /**
   * Opens a scope on this thread, inside the innermost one that is open.
   *
   * @throws MissingNativesException if there are no native libraries
   */
  public static NativeScope open() {
    Natives.load();
    return new NativeScope();
  }

  /**
   * Returns what {@code work} returns, owned by the scope around this call; all else that it makes
   * is freed. Without a scope around it, the garbage collector frees both.
   */
  public static <T extends Pointer> T only(Supplier<T> work) {
    if (PointerScope.getInnerScope() == null) {
      return work.get();
    }
    try (NativeScope scope = open()) {
      return scope.handOver(work.get());
    }
  }

  /**
   * Takes a share in {@code object}, so that it outlives its scope, and returns it. Each call is to
   * be matched by one {@link #release}.
   */
  @CanIgnoreReturnValue
  public static <T extends Pointer> T keep(T object) {
    object.retainReference();
    LeakTracing.kept(object);
    return object;
  }

  /** Gives back a share taken by {@link #keep}; the last one frees the object. */
  public static void release(Pointer object) {
    LeakTracing.released(object);
    object.releaseReference();
  }

  /**
   * Hands {@code object} over to the enclosing scope, so that it outlives this one, and returns it.
   *
   * @throws IllegalStateException if no scope encloses this one, or this one is closed, or was
   *     opened on another thread
   */
  public <T extends Pointer> T handOver(T object) {
    checkState(open, "this scope is closed");
    checkThread();
    PointerScope outer = enclosing;
    checkState(outer != null, "no scope encloses this one; keep the object instead");
    outer.attach(object);
    return object;
  }

  /**
   * Frees what this scope owns; does nothing when closed already.
   *
   * @throws IllegalStateException on another thread than the one that opened it
   */
  @Override
  public void close() {
    if (!open) {
      return;
    }
    checkThread();
    open = false;
    trace.closed();
    scope.close();
  }

  private void checkThread() {
    checkState(
        Thread.currentThread() == thread,
        "a scope opened on thread %s must be closed there, not on %s",
        thread.getName(),
        Thread.currentThread().getName());
  }
}
