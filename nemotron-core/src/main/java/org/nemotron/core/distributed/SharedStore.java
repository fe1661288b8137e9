package org.nemotron.core.distributed;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.global.torch_gloo;
import org.nemotron.core.tensor.NativeScope;

/**
 * One connection to the key-value store that all ranks share: LibTorch's, in a file or over TCP.
 *
 * <p>Every call is made by a thread of its own, and waited for no longer than {@link #SECONDS}: a
 * machine that is gone without a word would hold a connection for ever. Calls of several threads
 * are made one after the other.
 */
final class SharedStore implements AutoCloseable {
  /** Longer than a call may take. */
  private static final int SECONDS = 30;

  /** A store over TCP refuses values of more than 8 MiB. */
  private static final int PIECE = 4 << 20;

  private static final String SEPARATOR = ":";

  private final String place;
  private final Store store;
  private final ExecutorService thread;

  private SharedStore(String place, Store store, ExecutorService thread) {
    this.place = place;
    this.store = store;
    this.thread = thread;
  }

  /**
   * Opens a connection, or serves the store where {@code serves}.
   *
   * @param patienceMillis how long to wait for the server
   * @throws RankFailureException if there is no server
   */
  static SharedStore open(RankEnvironment environment, boolean serves, long patienceMillis) {
    String unused = Loader.load(torch_gloo.class);
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            new ThreadFactoryBuilder().setNameFormat("store-%d").setDaemon(true).build());
    String place = place(environment.rendezvous());
    try (NativeScope scope = NativeScope.open()) {
      Store store = NativeScope.keep(opened(environment, serves, patienceMillis));
      return new SharedStore(place, store, thread);
    } catch (RuntimeException e) {
      thread.shutdown();
      throw new RankFailureException(
          "rank "
              + environment.rank()
              + " of "
              + environment.size()
              + ": the store at "
              + place
              + (serves ? " cannot be served (" : " cannot be reached (")
              + firstLine(e)
              + ").\nMaybe rank 0 has not started, or another program has the port.",
          e);
    }
  }

  private static String place(Rendezvous rendezvous) {
    if (rendezvous instanceof Rendezvous.InFile inFile) {
      return inFile.file();
    }
    return rendezvous instanceof Rendezvous.OverTcp tcp ? tcp.host() + ":" + tcp.port() : "";
  }

  private static Store opened(RankEnvironment environment, boolean serves, long patienceMillis) {
    if (environment.rendezvous() instanceof Rendezvous.InFile inFile) {
      return counted("", new FileStore(inFile.file(), environment.size()));
    }
    Rendezvous.OverTcp tcp = (Rendezvous.OverTcp) environment.rendezvous();
    TCPStoreOptions options = new TCPStoreOptions();
    options.port((short) tcp.port()); // a uint16 of C++ in a short: its bits count
    options.isServer(serves);
    options.waitWorkers(
        false); // the bindings cannot set how many: ranks wait for each other's keys
    options.timeout(new Milliseconds(patienceMillis));
    Store whole = counted("", new TCPStore(tcp.host(), options));
    return tcp.prefix().isEmpty() ? whole : counted(tcp.prefix(), whole);
  }

  /**
   * Returns {@code store}, or a view of it under {@code prefix}, with its owners counted. The
   * constructors of stores make C++ objects that nobody counts, so that LibTorch ends the process
   * when they are handed to it a second time; what a method returns is counted.
   */
  private static Store counted(String prefix, Store store) {
    PrefixStore view = new PrefixStore(prefix, store);
    return prefix.isEmpty() ? givenTo(view, store) : givenTo(new PrefixStore("", view), view);
  }

  /** Leaves {@code bare} to C++, also when the scope closes that it was made in. */
  private static Store givenTo(PrefixStore view, Store bare) {
    Store kept = bare.retainReference();
    kept.deallocate(false);
    return view.getUnderlyingStore();
  }

  /** Returns a view of this store for a group that keeps its own keys under {@code prefix}. */
  Store forGroup(String prefix) {
    return counted(prefix, store);
  }

  /** Sets a key; a long text is cut, and the key set when all pieces are there. */
  void set(String key, String text) {
    String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8);
    int pieces = (encoded.length() + PIECE - 1) / PIECE;
    for (int piece = 1; piece < pieces; piece++) {
      put(key + "#" + piece, piece(encoded, piece));
    }
    put(key, pieces + SEPARATOR + piece(encoded, 0));
  }

  private static String piece(String text, int piece) {
    return text.substring(piece * PIECE, Math.min(text.length(), (piece + 1) * PIECE));
  }

  private void put(String key, String text) {
    Object unused =
        call(
            key,
            () -> {
              store.set(key, text);
              return key;
            });
  }

  /** Returns what a key was set to, if it was. */
  Optional<String> get(String key) {
    Optional<String> first = look(key);
    if (first.isEmpty()) {
      return first;
    }
    int separator = first.get().indexOf(SEPARATOR);
    int pieces = Integer.parseInt(first.get().substring(0, separator));
    StringBuilder text = new StringBuilder(first.get().substring(separator + 1));
    for (int piece = 1; piece < pieces; piece++) {
      text.append(look(key + "#" + piece).orElseThrow());
    }
    return Optional.of(URLDecoder.decode(text.toString(), StandardCharsets.UTF_8));
  }

  private Optional<String> look(String key) {
    return call(
        key,
        () -> {
          if (!store.check(new StringVector(key))) {
            return Optional.empty();
          }
          try (BytePointer text = store.get_to_str(new BytePointer(key))) {
            return Optional.of(text.getString());
          }
        });
  }

  /** Adds 1 to a counter and returns its value. */
  long count(String key) {
    return call(key, () -> store.add(key, 1));
  }

  private <T> T call(String key, Callable<T> work) {
    Future<T> future =
        thread.submit(
            () -> {
              try (NativeScope scope = NativeScope.open()) {
                return work.call();
              }
            });
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get(SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          interrupted = true; // a call is short; who waits for a rank looks at the interrupt
        }
      }
    } catch (TimeoutException e) {
      throw new RankFailureException(
          "the store at " + place + " has not answered for " + SECONDS + " s (" + key + ")", e);
    } catch (ExecutionException e) {
      throw new RankFailureException(
          "the store at " + place + " does not answer (" + key + ": " + firstLine(e) + ")", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static String firstLine(Throwable fault) {
    Throwable last =
        fault instanceof ExecutionException && fault.getCause() != null ? fault.getCause() : fault;
    return String.valueOf(last.getMessage()).lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    thread.shutdown();
    NativeScope.release(store);
  }
}
