package org.nemotron.core.tensor;

import static com.google.common.collect.ImmutableList.toImmutableList;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.MapMaker;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Finds native memory that was forgotten: scopes and holders that became garbage before they were
 * closed, and objects that became garbage before the last of their {@linkplain NativeScope#keep
 * shares} was given back. Each is reported once, with the place where it was opened, made or kept.
 *
 * <p>On with {@code -Dnemotron.traceLeaks=true}; reports are warnings of the {@link System.Logger}
 * called {@code org.nemotron.leaks}. A report comes when the garbage collector has found the
 * object; {@link #open} lists what is still in use at any time. A stack trace is taken for every
 * scope and every holder, so that everything is slower; without the property nothing is noted.
 */
public final class LeakTracing {
  /** The system property that switches tracing on when the first scope is opened. */
  public static final String PROPERTY = "nemotron.traceLeaks";

  private static final @Nullable LeakTracing RUNNING =
      Boolean.getBoolean(PROPERTY) ? new LeakTracing(LeakTracing::warn) : null;

  /** What is noted about one object, by its maker. */
  @FunctionalInterface
  interface Trace {
    /** Stands for nothing noted. */
    Trace NONE = () -> {};

    /** Says that the object was closed. */
    void closed();
  }

  private final Cleaner cleaner = Cleaner.create();
  private final Consumer<String> reports;
  private final Set<Opened> open = ConcurrentHashMap.newKeySet();
  private final Map<Pointer, Shares> shares = new MapMaker().weakKeys().makeMap();

  /** Makes one that calls {@code reports}, on a thread of its own. */
  LeakTracing(Consumer<String> reports) {
    this.reports = reports;
  }

  private static void warn(String report) {
    System.getLogger("org.nemotron.leaks").log(System.Logger.Level.WARNING, report);
  }

  /**
   * Returns a description of every scope, holder and kept object that is in use now, with the place
   * where it was made; nothing where tracing is off.
   */
  public static ImmutableList<String> open() {
    LeakTracing running = RUNNING;
    return running == null ? ImmutableList.of() : running.descriptions();
  }

  /** Notes that {@code owner} was made, where tracing is on. */
  static Trace made(Object owner, Supplier<String> what) {
    LeakTracing running = RUNNING;
    return running == null ? Trace.NONE : running.watch(owner, what.get());
  }

  /** Notes a share in {@code object}, where tracing is on. */
  static void kept(Pointer object) {
    LeakTracing running = RUNNING;
    if (running != null) {
      running.share(object);
    }
  }

  /** Notes that a share in {@code object} was given back, where tracing is on. */
  static void released(Pointer object) {
    LeakTracing running = RUNNING;
    if (running != null) {
      running.unshare(object);
    }
  }

  /** Watches {@code owner}, which is made by the caller and must be closed. */
  Trace watch(Object owner, String what) {
    Opened opened = new Opened(what, "closed");
    open.add(opened);
    Cleaner.Cleanable end = cleaner.register(owner, () -> forgotten(opened));
    return () -> {
      open.remove(opened);
      end.clean();
    };
  }

  /** Watches {@code object}, in which the caller took a share. */
  void share(Pointer object) {
    shares.computeIfAbsent(object, this::watched).add();
  }

  private Shares watched(Pointer object) {
    Shares made = new Shares(object.getClass().getSimpleName());
    Cleaner.Cleanable unused =
        cleaner.register(object, () -> made.left().forEach(kept -> reports.accept(kept.report())));
    return made;
  }

  /** Ends to watch one share in {@code object}. */
  void unshare(Pointer object) {
    Shares of = shares.get(object);
    if (of != null) {
      of.remove();
    }
  }

  private void forgotten(Opened opened) {
    if (open.remove(opened)) {
      reports.accept(opened.report());
    }
  }

  /** Returns what is in use. */
  ImmutableList<String> descriptions() {
    return Stream.concat(
            open.stream(), shares.values().stream().flatMap(all -> all.left().stream()))
        .map(Opened::description)
        .collect(toImmutableList());
  }

  /** The shares in one object. They are alike: the last one taken is given back first. */
  private static final class Shares {
    private final String what;

    @GuardedBy("this")
    private final List<Opened> taken = new ArrayList<>();

    Shares(String what) {
      this.what = what;
    }

    synchronized void add() {
      taken.add(new Opened("a kept " + what, "released"));
    }

    synchronized void remove() {
      if (!taken.isEmpty()) {
        taken.remove(taken.size() - 1);
      }
    }

    synchronized ImmutableList<Opened> left() {
      return ImmutableList.copyOf(taken);
    }
  }

  /** Something that must come to an end, and where it began. */
  private static final class Opened {
    private final String what;
    private final String ending;
    private final String thread = Thread.currentThread().getName();
    private final StackTraceElement[] place = new Throwable().getStackTrace();

    Opened(String what, String ending) {
      this.what = what;
      this.ending = ending;
    }

    String report() {
      return what + " was never " + ending + "; it was made on thread " + thread + place();
    }

    String description() {
      return what + ", made on thread " + thread + place();
    }

    private static boolean isOwn(String name) {
      String own = LeakTracing.class.getName();
      return name.equals(own) || name.startsWith(own + "$");
    }

    private String place() {
      return Stream.of(place)
          .dropWhile(frame -> isOwn(frame.getClassName()))
          .map(frame -> "\n\tat " + frame)
          .collect(Collectors.joining());
    }
  }
}
