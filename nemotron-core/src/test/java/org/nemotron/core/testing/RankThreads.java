package org.nemotron.core.testing;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.distributed.RankEnvironment;
import org.nemotron.core.distributed.RankEnvironment.Launcher;
import org.nemotron.core.distributed.Rendezvous;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;

/** Ranks that are threads of this process, over Gloo. */
public final class RankThreads {
  private static final int TWO_HOURS = 7_200;

  private RankThreads() {}

  /** What a rank does. */
  public interface Work<T> {
    /** Does it. */
    T with(Communicator ranks) throws Exception;
  }

  /** Returns what each rank makes, by rank; the first failure is thrown as it was. */
  public static <T> ImmutableList<T> run(int size, Work<T> work) throws Exception {
    return run(size, rank -> ImmutableMap.of(), work);
  }

  /** The same with an identity of each rank. */
  public static <T> ImmutableList<T> run(
      int size, IntFunction<ImmutableMap<String, String>> identities, Work<T> work)
      throws Exception {
    return run(size, identities, TWO_HOURS, work);
  }

  /** The same with another patience with ranks that stand still. */
  public static <T> ImmutableList<T> run(int size, int lateSeconds, Work<T> work) throws Exception {
    return run(size, rank -> ImmutableMap.of(), lateSeconds, work);
  }

  private static <T> ImmutableList<T> run(
      int size, IntFunction<ImmutableMap<String, String>> identities, int lateSeconds, Work<T> work)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(size);
    Path directory = Files.createTempDirectory("ranks");
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        RankEnvironment environment = environment(directory, rank, size);
        ImmutableMap<String, String> identity = identities.apply(rank);
        futures.add(threads.submit(() -> one(environment, identity, lateSeconds, work)));
      }
      ImmutableList.Builder<T> results = ImmutableList.builder();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results.build();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      threads.shutdown();
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve("store"));
    Files.delete(directory);
  }

  /** Returns the environment of a rank that meets the others in a file. */
  public static RankEnvironment environment(Path directory, int rank, int size) {
    return new RankEnvironment(
        Launcher.TORCHRUN,
        rank,
        size,
        rank,
        size,
        new Rendezvous.InFile(directory.resolve("store").toString()));
  }

  private static <T> T one(
      RankEnvironment environment,
      ImmutableMap<String, String> identity,
      int lateSeconds,
      Work<T> work)
      throws Exception {
    try (Communicator ranks = Communicator.open(environment, Device.CPU, identity, lateSeconds)) {
      try (NativeScope scope = NativeScope.open()) {
        return work.with(ranks);
      } catch (Exception e) {
        ranks.failed(String.valueOf(e.getMessage()));
        throw e;
      }
    }
  }
}
