package org.nemotron.core.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What one kind of closeable promises.
 *
 * @param type the public type
 * @param make opens one
 * @param use what can be done with it while it is open; does nothing where there is nothing to do
 * @param refusal what is said to {@code use} after close; empty where there is nothing to do
 * @param elsewhere what is said to another thread that closes it; empty where it may
 */
public record CloseableCase(
    Class<?> type,
    Supplier<? extends AutoCloseable> make,
    Consumer<AutoCloseable> use,
    String refusal,
    String elsewhere) {
  private static final String OTHER = "other";

  /** Returns one that any thread may use and close. */
  public static <T extends AutoCloseable> CloseableCase of(
      Class<T> type, Supplier<? extends T> make, Consumer<? super T> use, String refusal) {
    return new CloseableCase(type, make, made -> use.accept(type.cast(made)), refusal, "");
  }

  /** Returns one that has nothing to use. */
  public static <T extends AutoCloseable> CloseableCase ofNothing(
      Class<T> type, Supplier<? extends T> make) {
    return of(type, make, made -> {}, "");
  }

  /**
   * Returns this case of a closeable that only its own thread may close.
   *
   * @param sentence what another is told; {@code %s} stands for the name of its own thread
   */
  public CloseableCase onItsThreadOnly(String sentence) {
    String refused = String.format(sentence, Thread.currentThread().getName(), OTHER);
    return new CloseableCase(type, make, use, refusal, refused);
  }

  public void assertClosesTwice() throws Exception {
    AutoCloseable made = make.get();
    made.close();
    assertThatCode(made::close).doesNotThrowAnyException();
  }

  public void assertRefusesUseAfterClose() throws Exception {
    AutoCloseable made = make.get();
    use.accept(made);
    made.close();
    assertRefuses(made);
  }

  private void assertRefuses(AutoCloseable made) {
    if (refusal.isEmpty()) {
      assertThatCode(() -> use.accept(made)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> use.accept(made))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(refusal);
    }
  }

  /** Another thread uses it and closes it, and then nobody may use it; or it is told off. */
  public void assertKeepsItsThreadRule() throws Exception {
    AutoCloseable made = make.get();
    if (elsewhere.isEmpty()) {
      assertThat(
              thrownElsewhere(
                  () -> {
                    use.accept(made);
                    made.close();
                  }))
          .isEmpty();
      assertRefuses(made);
      return;
    }
    assertThat(thrownElsewhere(made::close).orElseThrow())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(elsewhere);
    use.accept(made);
    made.close();
  }

  /** Something that may throw anything. */
  private interface Work {
    void run() throws Exception;
  }

  private static Optional<Throwable> thrownElsewhere(Work work) throws InterruptedException {
    ExecutorService other = Executors.newSingleThreadExecutor(run -> new Thread(run, OTHER));
    Future<Boolean> done =
        other.submit(
            () -> {
              work.run();
              return true;
            });
    other.shutdown();
    try {
      assertThat(done.get()).isTrue();
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.ofNullable(e.getCause());
    }
  }

  @Override
  public String toString() {
    return type.getSimpleName();
  }
}
