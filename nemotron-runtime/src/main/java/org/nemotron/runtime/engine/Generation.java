package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import com.google.common.collect.AbstractIterator;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Streams;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.sampling.Sampled;

/**
 * A generation under way: its tokens as they come, and its result.
 *
 * <p>Safe for use by several threads; the stream, as tokens or as text, goes to one of them.
 */
public final class Generation {
  private final Runnable onCancel;
  private final Runnable checkMayWait;
  private final BlockingQueue<Optional<StreamPart>> parts = new LinkedBlockingQueue<>();
  private final CompletableFuture<GenerationResult> result = new CompletableFuture<>();
  private final Supplier<CompletableFuture<GenerationResult>> outside =
      Suppliers.memoize(this::completedOutside);
  private volatile boolean cancelled;
  private boolean streamed;

  /** Receives what comes on the engine's thread, instead of the queue. */
  private @Nullable TokenListener direct;

  /**
   * Begins without tokens.
   *
   * @param onCancel called when the caller gives up
   * @param checkMayWait throws where this thread is the one that generates
   */
  Generation(Runnable onCancel, Runnable checkMayWait) {
    this.onCancel = onCancel;
    this.checkMayWait = checkMayWait;
  }

  /**
   * Passes each token to {@code listener} as it comes, on this thread, and returns the result. An
   * exception of the listener cancels the generation, and is thrown here. To be called once, and
   * not beside {@link #pieces}.
   *
   * @throws GenerationFailedException as {@link #await} does
   */
  @CanIgnoreReturnValue
  public GenerationResult follow(TokenListener listener) {
    Stream<StreamPart> stream = stream();
    try {
      stream.forEach(part -> part.passTo(listener));
    } finally {
      cancel();
    }
    return await();
  }

  /**
   * Returns the text in pieces, as they come; joined they are the result's text. The stream ends
   * with the generation, and throws what {@link #await} throws if that failed. Closing the stream
   * cancels a generation that has not ended. To be called once, and not beside {@link #follow}.
   */
  public Stream<String> pieces() {
    return stream().onClose(this::cancel).map(StreamPart::text).filter(text -> !text.isEmpty());
  }

  /**
   * Passes each token to {@code listener} as it comes, on the engine's thread, which every other
   * request waits for: the listener must not block. Tokens that came before are passed on this
   * thread. An exception of the listener cancels the generation, and nothing more is passed. The
   * result comes by {@link #future}, after the last token. To be called once, and not beside {@link
   * #follow} or {@link #pieces}. What waits for this generator is refused on its own thread.
   */
  public void listen(TokenListener listener) {
    checkNotNull(listener, "a listener must not be null");
    synchronized (this) {
      take();
      direct = listener;
      for (Optional<StreamPart> part = parts.poll(); part != null; part = parts.poll()) {
        part.ifPresent(this::passOn);
      }
    }
  }

  private synchronized void take() {
    checkState(!streamed, "the stream of this generation has been taken before");
    streamed = true;
  }

  private Stream<StreamPart> stream() {
    take();
    return Streams.stream(iterator());
  }

  private synchronized void pass(StreamPart part) {
    if (direct == null) {
      parts.add(Optional.of(part));
    } else {
      passOn(part);
    }
  }

  private void passOn(StreamPart part) {
    if (direct != null && !cancelled) {
      try {
        part.passTo(direct);
      } catch (RuntimeException | Error e) {
        cancel();
        throw CallersFault.of(e);
      }
    }
  }

  private Iterator<StreamPart> iterator() {
    return new AbstractIterator<>() {
      @Override
      protected @Nullable StreamPart computeNext() {
        Optional<StreamPart> part = nextPart();
        if (part.isPresent()) {
          return part.orElseThrow();
        }
        GenerationResult unused = await();
        return endOfData();
      }
    };
  }

  private Optional<StreamPart> nextPart() {
    checkMayWait.run();
    try {
      return parts.take();
    } catch (InterruptedException e) {
      cancel();
      throw GenerationFailedException.interrupted(e);
    }
  }

  /**
   * Returns the result when the generation has ended; that of a cancelled one has the tokens
   * generated until then. An interrupt of this thread cancels the generation.
   *
   * @throws GenerationFailedException if it failed, or this thread was interrupted, which it is
   *     then still
   * @throws IllegalStateException if this is the thread that generates, as in {@link #listen}
   */
  public GenerationResult await() {
    if (!result.isDone()) {
      checkMayWait.run();
    }
    return GenerationFailedException.join(result, this::cancel);
  }

  /**
   * Returns the result to come; it fails with the exception that {@link #await} throws. It
   * completes on a thread of the {@linkplain CompletableFuture#defaultExecutor usual} pool, where
   * what depends on it may wait, for this generator too. A future that ends before, as by {@code
   * cancel} or {@code orTimeout}, cancels the generation. {@code get(timeout, unit)} does not: only
   * that wait ends, as with every future. {@link GenerationRequest.Builder#maxTime} ends an answer
   * with what it has.
   */
  public CompletableFuture<GenerationResult> future() {
    CompletableFuture<GenerationResult> future = (result.isDone() ? result : outside.get()).copy();
    CompletableFuture<GenerationResult> unused = future.whenComplete((ended, failure) -> cancel());
    return future;
  }

  /** The result again, completed by another thread than the engine's. */
  private CompletableFuture<GenerationResult> completedOutside() {
    CompletableFuture<GenerationResult> completed = new CompletableFuture<>();
    CompletableFuture<GenerationResult> unused =
        result.whenCompleteAsync(
            (ended, failure) -> {
              if (failure == null) {
                completed.complete(ended);
              } else {
                completed.completeExceptionally(failure);
              }
            });
    return completed;
  }

  /** Ends the generation at the next token; does nothing when it has ended. */
  public void cancel() {
    if (!result.isDone()) {
      cancelled = true;
      onCancel.run();
    }
  }

  boolean isCancelled() {
    return cancelled;
  }

  /** Adds the log-probabilities of the prompt to the stream. */
  void addPrompt(ImmutableList<Sampled> prompt) {
    pass(new StreamPart.Scored(prompt));
  }

  /** Adds a token to the stream. */
  void add(GeneratedToken token) {
    pass(new StreamPart.Token(token));
  }

  /** Adds the text behind the last token to the stream. */
  void addRest(String text) {
    if (!text.isEmpty()) {
      pass(new StreamPart.Rest(text));
    }
  }

  void end(GenerationResult ended) {
    result.complete(ended);
    parts.add(Optional.empty());
  }

  void fail(Throwable reason) {
    result.completeExceptionally(GenerationFailedException.of(reason));
    parts.add(Optional.empty());
  }
}
