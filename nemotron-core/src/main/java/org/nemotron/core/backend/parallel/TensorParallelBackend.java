package org.nemotron.core.backend.parallel;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.nemotron.core.distributed.RankFailureException;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.spec.ModelSpec;

/**
 * Several devices of one process that compute the steps of a model together, each with a slice of
 * every layer.
 *
 * <p>Every device has a thread, its <em>rank</em>, which packs the slice and makes every step.
 */
public final class TensorParallelBackend implements InferenceBackend {
  private final ImmutableList<String> names;
  private final Duration patience;
  private final RankThreads threads;
  private final List<RankGroup> groups = new ArrayList<>();
  private final ImmutableList<RankBackend> ranks;
  private boolean closed;

  /**
   * Opens the devices.
   *
   * @param names of the devices, one for each rank
   * @param open opens the device of a rank, on the rank's thread
   * @param patience how long a rank may keep the others waiting until their step fails
   * @param spinNanos how long a rank's thread looks for the next step before it sleeps
   */
  public TensorParallelBackend(
      List<String> names, IntFunction<RankBackend> open, Duration patience, long spinNanos) {
    checkArgument(names.size() > 1, "ranks (%s) must be several", names.size());
    this.names = ImmutableList.copyOf(names);
    this.patience = patience;
    this.threads = new RankThreads(names.size(), spinNanos);
    try {
      this.ranks = together(group(), open);
    } catch (RuntimeException e) {
      threads.close();
      throw e;
    }
  }

  private RankGroup group() {
    return new RankGroup(names, patience);
  }

  /** Makes something on each rank; where one fails, what the others have made is closed. */
  private <T extends AutoCloseable> ImmutableList<T> together(
      RankGroup group, IntFunction<? extends T> made) {
    return new MadeTogether<T>(threads, group).all(made);
  }

  @Override
  public WeightFormat bestFormat() {
    return ranks.get(0).bestFormat();
  }

  @Override
  public int usualRows() {
    return ranks.get(0).usualRows();
  }

  /** Returns the memory of the rank that needs most: a page has room on every rank. */
  @Override
  public long bytesPerPage(ModelSpec spec, KvFormat format) {
    SlicePlan plan = plan(spec);
    long most = 0;
    for (int rank = 0; rank < ranks.size(); rank++) {
      most = Math.max(most, ranks.get(rank).bytesPerPage(new RankShare(plan, rank), format));
    }
    return most;
  }

  private SlicePlan plan(ModelSpec spec) {
    return new SlicePlan(spec, ranks.size());
  }

  @Override
  public InferenceModel prepare(
      ModelSpec spec, WeightSource weights, ModelFormat format, int maxRows) {
    checkState(!closed, "this device is closed");
    SlicePlan plan = plan(spec);
    RankShare unused = new RankShare(plan, 0); // refuses what no rank can serve
    RankGroup group = group();
    groups.add(group);
    WeightSource shared = new LockedWeights(weights);
    ImmutableList<InferenceModel> models;
    try {
      models =
          together(
              group,
              rank ->
                  ranks
                      .get(rank)
                      .prepare(
                          new RankShare(plan, rank),
                          new RankMember(group, rank),
                          shared,
                          format,
                          maxRows));
    } catch (RankFailureException e) {
      if (e.getCause() != null && !(e.getCause() instanceof RankFailureException)) {
        Throwables.throwIfUnchecked(e.getCause()); // what is wrong is not the rank
      }
      throw e;
    }
    return new ParallelModel(spec, models, threads, group);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        threads.finish(
            group(),
            groups.stream().anyMatch(RankGroup::isBroken),
            rank -> ranks.get(rank).close());
      } finally {
        threads.close();
      }
    }
  }
}
